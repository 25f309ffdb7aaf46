"""Creating, withdrawing and rejudging submissions: who may send what, how often and how large."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.core import artifacts, localization
from bounty.core.errors import Refusal
from bounty.ledger import allowance
from bounty.models import Competition, Submission
from bounty.models.stored_files import StoredFile
from bounty.notifications import events, moderation
from bounty.permissions import rules
from bounty.submissions import dispatch, leases, practice_failures, screening
from bounty.submissions.parse import NewSubmission, SubmissionParts, recognise_parts
from bounty.submissions.uploads import Upload
from evaluator import artifacts as paths

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from bounty.models import Team

__all__ = [
    "NewSubmission",
    "create_submission",
    "rejudging_refusal",
    "request_rejudging",
    "withdraw_submission",
]

State, PatchKind = Submission.State, Submission.PatchKind


def create_submission(
    competition: Competition,
    team: Team,
    author: User,
    data: NewSubmission,
    now: datetime | None = None,
    on_created: Callable[[Submission], None] | None = None,
) -> Submission:
    """Create a submission with its stored files, and queue its evaluation on commit.

    `on_created` is called in the same transaction: what it writes is kept with the submission, or not at all.

    Raises
    ------
    Refusal
        With the form's field and how to mend it. Nothing is kept and no quota is used.
    """
    now = now or timezone.now()
    # Files are read and recognised before the transaction: SQLite lets one writer in at a time.
    _check_author(competition, team, author, now)
    parts = recognise_parts(competition, data)
    reason = practice_failures.hold_reason(competition, author, parts.group_kind, parts.patch_kind)
    reason = reason or screening.hold_reason(competition, team, data.description, parts.expression)
    with transaction.atomic():
        # Serialises the numbers and the quota of this competition.
        competition = Competition.objects.select_for_update().get(pk=competition.pk)
        _check_author(competition, team, author, now)
        _supersede(team, data.supersedes, now)
        _check_quota(competition, team, now)
        submission = _insert_row(competition, team, author, data, parts, reason, now)
        submission.files = _store(submission, parts)
        submission.save(update_fields=["files"])
        if on_created is not None:
            on_created(submission)
        if submission.hold == Submission.Hold.HELD:
            events.notify_held(submission)
            moderation.notify_moderators(submission)
        practice_failures.send_or_wait(submission)
    return submission


def withdraw_submission(submission: Submission, now: datetime | None = None) -> None:
    """Withdraw a running submission; its quota is given back where no worker had started on it.

    Raises Refusal where it has ended already.
    """
    now = now or timezone.now()
    fields: dict[str, Any] = {"decided_at": now, "lease_until": None, "stage": ""}
    withdrawn = submission.move(State.QUEUED, State.WITHDRAWN, quota_returned=True, **fields)
    if not (withdrawn or submission.move(Submission.RUNNING, State.WITHDRAWN, **fields)):
        raise Refusal(
            _("%(submission)s has ended already, so it cannot be withdrawn.") % {"submission": submission}
        )
    dispatch.drop_order(submission)


def request_rejudging(submission: Submission, now: datetime | None = None) -> None:
    """Queue a submission that was not shown to be judged again, from its stored arrays.

    Raises Refusal where nothing has changed since its verdict.
    """
    now = now or timezone.now()
    if reason := rejudging_refusal(submission, now):
        raise Refusal(reason)
    with transaction.atomic():
        lease = leases.lease_end(now)
        if not submission.move(State.NOT_SHOWN, State.JUDGING, decided_at=None, lease_until=lease):
            raise Refusal(_("%(submission)s is being judged already.") % {"submission": submission})
        dispatch.send_for_judging(submission)


def rejudging_refusal(submission: Submission, now: datetime | None = None) -> str:
    """The reason why judging again makes no sense, in words for the team; "" where it does."""
    competition = submission.competition
    if submission.state != State.NOT_SHOWN:
        return _("Only a submission that is not shown yet can be judged again.")
    if not competition.is_open or _is_over(competition, now or timezone.now()):
        return _("The competition is not open.")
    verdict = getattr(submission, "verdict", None)
    if verdict is None:
        return _("It has no verdict yet.")
    if allowance.verdicts_left(submission.team, submission.author_id) == 0:
        return _told_enough(competition)
    if submission.is_finding:
        judged_against = (verdict.generation, verdict.head_number)
        head = competition.head()
        return (
            "" if judged_against != (head.generation, head.number) else _("The model has not changed since.")
        )
    block = competition.open_block()
    if block is not None and block.number > (verdict.block_number or 0):
        return ""
    head = competition.head()
    if (head.generation, head.number) != (verdict.generation, verdict.head_number):
        return ""
    return _(
        "Neither the model nor the certification rows have changed since, so the answer would be the same."
    )


def _is_over(competition: Competition, now: datetime) -> bool:
    return competition.closes_at is not None and competition.closes_at <= now


def _check_author(competition: Competition, team: Team, author: User, now: datetime) -> None:
    if reason := rules.submit_refusal(author, competition):
        raise Refusal(reason)
    # The sweep closes it a moment later: nothing slips in between.
    if _is_over(competition, now):
        raise Refusal(_("This competition is closed."))
    if team.competition_id != competition.pk or not rules.is_member(author, team):
        raise Refusal(_("Create or join a team in this competition before you submit."))


def _check_quota(competition: Competition, team: Team, now: datetime) -> None:
    # Each such failure weakens what everybody else can still have certified.
    if allowance.count_failures_on_secret(team) >= max(1, competition.queries_per_team):
        raise Refusal(
            _(
                "%(queries_per_team)s submissions of your team gave no result on the secret rows "
                "alone; more may not come. Ask the organiser to look at them."
            )
            % {"queries_per_team": competition.queries_per_team}
        )
    if allowance.verdicts_left(team) == 0:
        raise Refusal(_told_enough(competition))
    quota = allowance.daily_quota(team, now)
    if quota.possible_from is None:
        return
    said = {
        "most": competition.submissions_per_day,
        "at": localization.format_time_with_zone(quota.possible_from),
    }
    if quota.of_member:
        raise Refusal(
            _(
                "One of you has sent the %(most)s submissions of 24 hours for another team already, and takes that "
                "along. The next one is possible from %(at)s."
            )
            % said
        )
    raise Refusal(
        _("Your team has used its %(most)s submissions of 24 hours. The next one is possible from %(at)s.")
        % said
    )


def _told_enough(competition: Competition) -> str:
    return _(
        "Your team, or one of you, was told %(most)s verdicts about secret practice rows, as many as one person may be "
        "told in this competition: more would say who is among them."
    ) % {"most": competition.verdicts_per_person}


def _supersede(team: Team, older: Submission | None, now: datetime) -> None:
    if older is None:
        return
    if older.team_id != team.pk:
        raise Refusal(_("Only a submission of your own team can be replaced."))
    older.refresh_from_db(fields=["state"])
    if older.is_running:
        withdraw_submission(older, now)


def _insert_row(
    competition: Competition,
    team: Team,
    author: User,
    data: NewSubmission,
    parts: SubmissionParts,
    reason: str,
    now: datetime,
) -> Submission:
    last = competition.submissions.aggregate(last=Max("number"))["last"] or 0
    return Submission.objects.create(
        competition=competition,
        team=team,
        author=author,
        number=last + 1,
        description=data.description.strip(),
        group_kind=parts.group_kind,
        expression=data.expression.strip() if parts.expression else "",
        words=parts.expression.words() if parts.expression else "",
        patch_kind=parts.patch_kind,
        learner=data.learner if parts.patch_kind == PatchKind.FIT else "",
        wants_gpu=data.wants_gpu,
        hold=Submission.Hold.HELD if reason else Submission.Hold.NONE,
        hold_reason=reason[:300],
        held_at=now if reason else None,
        queued_at=now,
        supersedes=data.supersedes,
    )


def _store(submission: Submission, parts: SubmissionParts) -> dict[str, Any]:
    uploaded = {"group": parts.group, "patch": parts.patch}
    return {
        part: _write(submission, part, file).to_json() for part, file in uploaded.items() if file is not None
    }


def _write(submission: Submission, part: str, upload: Upload) -> StoredFile:
    path = paths.upload(str(submission.pk), part, upload.suffix)
    stored = artifacts.artifact_store().write_bytes(path, upload.content)
    return StoredFile.from_stored(stored, filename=upload.filename, kind=upload.kind)
