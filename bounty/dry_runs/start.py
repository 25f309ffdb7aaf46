"""Starting a dry run, sending it to the evaluating workers, and submitting it.

After the close a dry run is practice: it runs on the secret rows as a submission does, and is measured on practice
rows. Nothing is asked of the ledger, no points are counted, no board moves, and like every dry run it is deleted
after a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.ledger import allowance
from bounty.models import Competition, DryRun, Submission
from bounty.models.memberships import Membership
from bounty.models.stored_files import StoredFile
from bounty.permissions import rules
from bounty.permissions.memberships import membership_or_load
from bounty.submissions import dispatch, practice_failures
from bounty.submissions import submit as submissions_submit
from bounty.submissions.parse import NewSubmission, SubmissionParts, recognise_parts
from bounty.submissions.uploads import Upload
from evaluator import artifacts as paths

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from bounty.models import Team

# Behind every submission that waits on the same queue.
LOWEST_PRIORITY = 9
# A person has one at a time, and so many in so long; the site holds so many that have not ended.
MOST_IN_PERIOD, PERIOD = 12, timedelta(minutes=10)
MOST_WAITING = 30


def start_dry_run(
    competition: Competition, author: User, data: NewSubmission, now: datetime | None = None
) -> DryRun:
    """Create a dry run with its files, and queue it on commit.

    Raises Refusal with the form's field and how to mend it; nothing is kept then.
    """
    now = now or timezone.now()
    check_may_start(competition, author, now)
    parts = recognise_parts(competition, data)
    _check_failures(competition, author, parts)
    with transaction.atomic():
        _lock_author(author)
        check_may_start(competition, author, now)
        run = DryRun.objects.create(
            competition=competition,
            author=author,
            group_kind=parts.group_kind,
            expression=data.expression.strip() if parts.expression else "",
            words=parts.expression.words() if parts.expression else "",
            patch_kind=parts.patch_kind,
            learner=data.learner if parts.patch_kind == Submission.PatchKind.FIT else "",
            description=data.description.strip(),
            wants_gpu=data.wants_gpu,
            supersedes=data.supersedes,
            practice=competition.is_closed,
            queued_at=now,
        )
        run.files = _store(run, parts)
        run.save(update_fields=["files"])
        send_dry_run(run)
    return run


def reproduce_failure(submission: Submission, author: User, now: datetime | None = None) -> DryRun:
    """Create a dry run of a failed submission, from its stored files; raises Refusal."""
    now = now or timezone.now()
    if submission.state != Submission.State.FAILED:
        raise Refusal(_("Only a submission that could not be run is run again dry."))
    copied = (
        "group_kind",
        "expression",
        "words",
        "patch_kind",
        "learner",
        "files",
        "description",
        "wants_gpu",
    )
    with transaction.atomic():
        _lock_author(author)
        check_may_start(submission.competition, author, now)
        run = DryRun.objects.create(
            competition=submission.competition,
            author=author,
            reproduces=submission,
            queued_at=now,
            **{name: getattr(submission, name) for name in copied},
        )
        send_dry_run(run)
    return run


def dry_run_refusal(
    person: User | AnonymousUser, competition: Competition, membership: Membership | None = None
) -> str:
    """The reason why this person cannot start a dry run here; "" where they can.

    After the close only those who entered before it can.
    """
    known = membership_or_load(person, competition, membership)
    if not competition.is_closed:
        return rules.submit_refusal(person, competition, known)
    if not rules.is_participant(person, competition, known) or not rules.can_view(person, competition, known):
        return _("This competition is closed. Who entered it before can still practise.")
    ban = competition.bans.filter(user=person.pk or 0).first()
    if ban is not None:
        return _("A moderator has excluded you from this competition: %(why)s") % {"why": ban.reason}
    return ""


def _check_ceiling(competition: Competition, author: User) -> None:
    """Raises Refusal where this person was told as many noised figures of practice rows as one may be."""
    if competition.is_closed and allowance.practice_left(competition, author) == 0:
        raise Refusal(
            _(
                "You were told %(most)s verdicts and results of practice about secret practice rows, as many as one "
                "person may be told in this competition: more would say who is among them."
            )
            % {"most": competition.verdicts_per_person}
        )


def _check_failures(competition: Competition, author: User, parts: SubmissionParts) -> None:
    """Raises Refusal where this person's code failed on practice rows as often as one person's may."""
    if competition.is_closed and practice_failures.hold_reason(
        competition, author, parts.group_kind, parts.patch_kind
    ):
        raise Refusal(
            _(
                "Your code failed on practice rows as often as one person's may: each failure says something about "
                "secret people. Groups written as expressions can still be tried."
            )
        )


def check_may_start(competition: Competition, author: User, now: datetime) -> None:
    """Raises Refusal where this person may not start a dry run here, or starts too many at once."""
    if reason := dry_run_refusal(author, competition):
        raise Refusal(reason)
    _check_ceiling(competition, author)
    own = DryRun.objects.filter(author=author)
    if own.filter(state__in=DryRun.UNFINISHED).exists():
        raise Refusal(_("A dry run of yours has not ended yet. Wait for it, then start the next one."))
    if own.filter(created_at__gte=now - PERIOD).count() >= MOST_IN_PERIOD:
        minutes = int(PERIOD.total_seconds() // 60)
        words = ngettext(
            "That were %(most)d dry runs in %(minutes)d minute. Wait a little, or try it at home.",
            "That were %(most)d dry runs in %(minutes)d minutes. Wait a little, or try it at home.",
            minutes,
        )
        raise Refusal(words % {"most": MOST_IN_PERIOD, "minutes": minutes})
    if DryRun.objects.filter(state__in=DryRun.UNFINISHED).count() >= MOST_WAITING:
        raise Refusal(_("Many dry runs are waiting already. Try again in a few minutes."))


def send_dry_run(run: DryRun) -> None:
    """Send the order to the evaluating workers' queue once the present transaction is committed."""
    message, queue = build_dry_run_order(run), dispatch.queue_of(run)
    transaction.on_commit(lambda: dispatch.send_order(message, queue, LOWEST_PRIORITY), robust=True)


def build_dry_run_order(run: DryRun) -> dict[str, Any]:
    """The evaluation order as JSON, without the secret rows; for practice, with them."""
    told = dispatch.build_order(run)
    if run.practice:
        return told
    del told["secret"]
    return {**told, "purpose": "dry_run"}


def submit_dry_run(run: DryRun, team: Team, author: User) -> Submission:
    """Create a submission of a dry run, with everything in it; raises Refusal."""
    file = {part: _stored_file(run, part) for part in ("group", "patch")}
    kinds = Submission.PatchKind
    in_a_file = run.patch_kind not in (kinds.NONE, kinds.FIT, kinds.SAME)
    expression = run.group_kind == Submission.GroupKind.EXPRESSION
    group_kind = run.group_kind if expression or run.group_kind == Submission.GroupKind.FIND else "file"
    data = NewSubmission(
        group_kind=group_kind,
        expression=run.expression if expression else "",
        group_file=file["group"],
        patch_kind="file" if in_a_file else run.patch_kind,
        learner=run.learner,
        patch_file=file["patch"],
        description=run.description,
        wants_gpu=run.wants_gpu,
        supersedes=run.supersedes,
    )
    return submissions_submit.create_submission(run.competition, team, author, data)


def _stored_file(run: DryRun, part: str) -> ContentFile | None:
    stored = run.stored_files.get(part)
    if stored is None:
        return None
    return ContentFile(artifacts.artifact_store().read_bytes(*stored.address), name=stored.filename)


def _lock_author(author: User) -> None:
    """Lock the person's row, so that two requests at once count one after the other."""
    User.objects.select_for_update().get(pk=author.pk)


def _store(run: DryRun, parts: SubmissionParts) -> dict[str, Any]:
    uploaded = {"group": parts.group, "patch": parts.patch}
    return {part: _write(run, part, file).to_json() for part, file in uploaded.items() if file is not None}


def _write(run: DryRun, part: str, upload: Upload) -> StoredFile:
    stored = artifacts.artifact_store().write_bytes(
        paths.upload(str(run.pk), part, upload.suffix), upload.content
    )
    return StoredFile.from_stored(stored, filename=upload.filename, kind=upload.kind)
