"""Appeals against refusals, disqualifications and bans: once a decision, within 14 days, answered by another person
than the decider.

A decision that is taken back is undone as far as that is possible:

refusal           the submission goes on where it was: judged where it was evaluated already, evaluated otherwise
disqualification  it is judged again, against the present model, as if it had just been evaluated. It is not put back
                  into its old place: later patches were certified with and without it, and a place in the list is
                  earned by a certificate. A query that this asks counts like any other.
ban               it is lifted
After the close nothing is judged any more; the answer then clears the team's name and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.core import audit, localization
from bounty.core.errors import Refusal
from bounty.models import Appeal, Ban, Competition, Role, Submission, Team, TeamMember
from bounty.models.memberships import Membership
from bounty.moderation import decisions
from bounty.notifications.moderation import notify_answerers, notify_appeal_answered
from bounty.permissions import conflicts, rules
from bounty.submissions import dispatch, leases

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

State, Hold, Kind = Submission.State, Submission.Hold, Appeal.Kind
WITHIN = timedelta(days=14)
LONGEST = 4000
KIND_OF = {State.REFUSED: Kind.REFUSAL, State.DISQUALIFIED: Kind.DISQUALIFICATION}


@dataclass(frozen=True)
class Decision:
    """The decision that an appeal is against: when, by whom, and why."""

    at: datetime
    by: User | None
    reason: str


def decision_on(submission: Submission) -> Decision | None:
    """The refusal or disqualification of a submission; None where it was neither."""
    if submission.state not in KIND_OF:
        return None
    entries = LogEntry.objects.get_for_object(submission).filter(changes__state__1=submission.state)
    entry = entries.select_related("actor").order_by("-timestamp", "-pk").first()
    if entry is None:
        return Decision(submission.decided_at or submission.created_at, None, submission.moderator_reason)
    return Decision(entry.timestamp, entry.actor, submission.moderator_reason)


def appeal_refusal(user: User | AnonymousUser, submission: Submission, now: datetime | None = None) -> str:
    """Why this person cannot appeal for the submission, in words for them; "" when they can."""
    if not rules.is_member(user, submission.team):
        return _("Only the team can appeal.")
    decision = decision_on(submission)
    if decision is None:
        return _("Only a refusal or a disqualification can be appealed against.")
    if submission.appeals.filter(kind=KIND_OF[State(submission.state)]).exists():
        return _("Your team has appealed already; each decision is looked at again once.")
    return _too_late(decision.at, now)


def ban_appeal_refusal(ban: Ban, now: datetime | None = None) -> str:
    """Why the banned person cannot appeal, in words for them; "" when they can."""
    if ban.appeals.exists():
        return _("You have appealed already; each decision is looked at again once.")
    return _too_late(ban.created_at, now)


def file_appeal(submission: Submission, author: User, text: str, now: datetime | None = None) -> Appeal:
    """Creates an appeal of the team against the decision on its submission. Raises Refusal where that is not
    possible (any more).
    """
    if why := appeal_refusal(author, submission, now):
        raise Refusal(why)
    decision = decision_on(submission)
    assert decision is not None  # noqa: S101 - refusal asked for it
    return _create_appeal(
        text,
        competition=submission.competition,
        team=submission.team,
        kind=KIND_OF[State(submission.state)],
        submission=submission,
        decision_reason=decision.reason,
        decided_by=decision.by,
        author=author,
    )


def file_ban_appeal(ban: Ban, text: str, now: datetime | None = None) -> Appeal:
    """Creates an appeal of the banned person against the ban. Raises Refusal where that is not possible (any more)."""
    if why := ban_appeal_refusal(ban, now):
        raise Refusal(why)
    member = (
        TeamMember.objects.filter(competition=ban.competition, user=ban.user).select_related("team").first()
    )
    return _create_appeal(
        text,
        competition=ban.competition,
        team=member.team if member else None,
        kind=Kind.BAN,
        ban=ban,
        banned=ban.user,
        decision_reason=ban.reason,
        decided_by=ban.created_by,
        author=ban.user,
    )


def _create_appeal(text: str, **fields: Any) -> Appeal:
    text = text.strip()
    if not text:
        raise Refusal(_("Say what the decision got wrong: somebody reads it who did not take it."))
    if len(text) > LONGEST:
        raise Refusal(
            _("That is %(length)s characters; an appeal has at most %(most)s.")
            % {"length": len(text), "most": LONGEST}
        )
    try:
        with transaction.atomic():
            appeal = Appeal.objects.create(text=text, **fields)
            audit.record_change(
                appeal, appeal.author, {"state": ["", appeal.state]}, text, LogEntry.Action.CREATE
            )
            notify_answerers(appeal, answerers(appeal))
    except IntegrityError as error:
        raise Refusal(_("This decision was appealed against already.")) from error
    return appeal


def _too_late(decided: datetime, now: datetime | None) -> str:
    if (now or timezone.now()) - decided <= WITHIN:
        return ""
    return _("An appeal was possible for 14 days after the decision, until %(date)s.") % {
        "date": localization.format_date(decided + WITHIN)
    }


# --- answering ---------------------------------------------------------------------------------------------------
def answerers(appeal: Appeal) -> set[int]:
    """Ids of those who serve the competition and may answer: neither the decider, nor anybody with a conflict."""
    competition = appeal.competition
    serving = set(Role.objects.filter(competition=competition).values_list("user", flat=True))
    serving.add(competition.organiser_id)
    out = conflicts.people_in_conflict(_team(appeal))
    if not competition.rehearsal:
        members = TeamMember.objects.filter(competition=competition, user__in=serving)
        out |= set(members.values_list("user", flat=True))
    serving -= out | {appeal.decided_by_id or 0}
    return set(get_user_model().objects.filter(pk__in=serving, is_active=True).values_list("pk", flat=True))


def answer_refusal(user: User | AnonymousUser, appeal: Appeal, membership: Membership | None = None) -> str:
    """Why this person cannot answer the appeal, in words for them; "" when they can."""
    if why := rules.decision_refusal(user, appeal.competition, _team(appeal), membership):
        return why
    if appeal.decided_by_id != user.pk:
        return ""
    if answerers(appeal):
        return _("You took the decision yourself, so somebody else has to answer.")
    return _(
        "You took the decision yourself, and nobody else who could answer serves this competition: "
        "the organiser has to add another moderator."
    )


def answer_appeal(
    appeal: Appeal, by: User, *, overturn: bool, text: str, now: datetime | None = None
) -> None:
    """Upholds or overturns the decision, once, with words that the team reads.

    Raises PermissionDenied for whoever may not answer, Refusal without a reason or where it was answered.
    """
    now = now or timezone.now()
    if why := answer_refusal(by, appeal):
        raise PermissionDenied(why)
    if not (text := text.strip()):
        raise Refusal(_("Say why: the team reads it."))
    if len(text) > LONGEST:
        raise Refusal(_("An answer has at most %(most)s characters.") % {"most": LONGEST})
    state = Appeal.State.OVERTURNED if overturn else Appeal.State.UPHELD
    fields: dict[str, Any] = {"answer": text, "answered_by": by, "answered_at": now}
    with transaction.atomic():
        # Compare-and-set: of two who answer, one wins.
        waiting = Appeal.objects.filter(pk=appeal.pk, state=Appeal.State.OPEN)
        if not waiting.update(state=state, **fields):
            raise Refusal(_("This appeal was answered already."))
        audit.record_change(appeal, by, {"state": [Appeal.State.OPEN, state]}, text)
        appeal.refresh_from_db()
        if overturn:
            _undo_decision(appeal, by, now)
        notify_appeal_answered(appeal)


def describe_overturning(appeal: Appeal) -> str:
    """What taking the decision back does, in one sentence for whoever answers."""
    if appeal.kind == Kind.BAN:
        return _("The exclusion is lifted; the person can submit again.")
    if appeal.competition.is_closed:
        return _(
            "The competition is closed and nothing is judged any more: the answer clears the team's name."
        )
    if appeal.kind == Kind.REFUSAL:
        return _("It goes on where it was and is judged; it is not held again.")
    return _("It is judged again, against the present model; a certification query that this asks counts.")


def _undo_decision(appeal: Appeal, by: User, now: datetime) -> None:
    if appeal.kind == Kind.BAN:
        if appeal.ban is not None:
            decisions.lift_ban(appeal.ban, by)
        return
    submission = appeal.submission
    assert submission is not None  # noqa: S101 - such appeals are about one
    if not submission.competition.is_closed:
        _resume_submission(submission, by, now)


def _resume_submission(submission: Submission, by: User, now: datetime) -> None:
    before = submission.state
    if before not in KIND_OF:
        raise Refusal(_("The submission moved on meanwhile; look again."))
    fields: dict[str, Any] = {"hold": Hold.RELEASED, "moderator_reason": "", "decided_at": None, "stage": ""}
    if submission.outcomes.exists():
        moved = submission.move(before, State.JUDGING, lease_until=leases.lease_end(now), **fields)
        dispatch.send_for_judging(submission)
    else:
        # A new attempt: what the old one may still report is stale.
        moved = submission.move(before, State.QUEUED, attempt=submission.attempt + 1, queued_at=now, **fields)
        dispatch.send_for_evaluation(submission)
    if not moved:
        raise Refusal(_("The submission moved on meanwhile; look again."))
    audit.record_change(
        submission, by, {"state": [before, submission.state]}, _("An appeal took the decision back.")
    )


def _team(appeal: Appeal) -> Team | None:
    team = appeal.team
    if team is not None:
        team.competition = appeal.competition
    return team


def open_appeals(competition: Competition) -> Any:
    """Appeals that wait for an answer, oldest first."""
    waiting = competition.appeals.filter(state=Appeal.State.OPEN)
    return waiting.select_related("team", "submission", "banned", "decided_by", "author")
