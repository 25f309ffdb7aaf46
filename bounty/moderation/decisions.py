"""Moderators' decisions: release, refuse, disqualify, ban. Each once, with person and reason in the audit trail.

Every function checks the person by itself (bounty.permissions.rules.decision_refusal): a page that forgot to ask must
not be enough, superusers who compete must not judge their rivals, and nobody decides where they have a conflict. Whom a
decision concerns is told of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.adjudication import disqualify as adjudication_disqualify
from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.models import Ban, Competition, Submission, Team, TeamMember
from bounty.notifications import moderation
from bounty.permissions import rules
from bounty.submissions import dispatch, leases

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State, Hold = Submission.State, Submission.Hold


def release_submission(submission: Submission, by: User) -> None:
    """Releases a held submission to be judged: now, where it was evaluated already, else as soon as it is.

    Raises Refusal where it is not held (any more), PermissionDenied for who may not moderate here.
    """
    _check(by, submission.competition, submission.team)
    with transaction.atomic():
        held = Submission.objects.awaiting_moderation().filter(pk=submission.pk)
        # Compare-and-set on the hold: of two moderators one wins. Evaluation reads the hold when it ends, so a
        # release before that moment needs no task of ours.
        if not held.update(hold=Hold.RELEASED):
            raise Refusal(_("%(submission)s is not held any more.") % {"submission": submission})
        submission.hold = Hold.RELEASED
        leases.judge_released(submission)
        audit.record_change(submission, by, {"hold": [Hold.HELD, Hold.RELEASED]})
        moderation.notify_released(submission)


def refuse_submission(submission: Submission, reason: str, by: User) -> None:
    """Ends a held submission with a reason that its team reads. Nothing of it is judged.

    Raises Refusal without a reason or where it is not held (any more), PermissionDenied as above.
    """
    _check(by, submission.competition, submission.team)
    reason = _require_reason(reason, _("Say why: the team reads it."))
    before = submission.state
    with transaction.atomic():
        # JUDGING is left out: a verdict in progress may already have asked its query.
        waiting = (State.QUEUED, State.EVALUATING, State.HELD, State.ERROR)
        fields = {"moderator_reason": reason, "decided_at": timezone.now(), "lease_until": None}
        if not submission.move(waiting, State.REFUSED, Q(hold=Hold.HELD), **fields):
            raise Refusal(_("%(submission)s is not held any more.") % {"submission": submission})
        dispatch.drop_order(submission)
        audit.record_change(submission, by, {"state": [before, State.REFUSED]}, reason)
        moderation.notify_refused(submission, reason)


def disqualify_submission(submission: Submission, reason: str, by: User) -> None:
    """Disqualifies a judged submission and rebuilds every model that it entered without it, by replay.

    Raises Refusal without a reason or for a submission that was never judged.
    """
    _check(by, submission.competition, submission.team)
    reason = _require_reason(reason, _("Say why: the team and the model's history name it."))
    before = submission.state
    if before not in Submission.JUDGED:
        raise Refusal(
            _("%(submission)s is %(state)s; only what was judged can be undone.")
            % {"submission": submission, "state": submission.get_state_display()}
        )
    with transaction.atomic():
        adjudication_disqualify.disqualify_submission(submission, reason, by)
        audit.record_change(submission, by, {"state": [before, State.DISQUALIFIED]}, reason)
        moderation.notify_disqualified(submission, reason)


def ban_person(competition: Competition, user: User, reason: str, by: User) -> Ban:
    """Bans a person from a competition: they can no longer submit. What they sent stays and is moderated as such.

    Raises Refusal without a reason, for a judge, or where the person is banned already.
    """
    _check(by, competition, _team_of(competition, user))
    reason = _require_reason(reason, _("Say why: the person reads it."))
    if why := ban_refusal(competition, user, by):
        raise Refusal(why)
    with transaction.atomic(), disable_auditlog():
        made, created = Ban.objects.get_or_create(
            competition=competition, user=user, defaults={"reason": reason, "created_by": by}
        )
        if not created:
            raise Refusal(_("%(user)s is banned already.") % {"user": user})
        audit.record_change(made, by, {"user": ["", user.get_username()]}, reason, LogEntry.Action.CREATE)
        moderation.notify_banned(made)
    return made


def ban_refusal(competition: Competition, user: User, by: User) -> str:
    """Why this person cannot be banned by that one, in words for the moderator; "" when they can."""
    if why := rules.decision_refusal(by, competition, _team_of(competition, user)):
        return why
    if rules.is_judge(user, competition):
        return _("%(user)s organises or moderates this competition; take the role away first.") % {
            "user": user
        }
    if Ban.objects.filter(competition=competition, user=user).exists():
        return _("%(user)s is banned already.") % {"user": user}
    return ""


def lift_ban(ban: Ban, by: User) -> None:
    """Deletes a ban: the person can submit again. Raises PermissionDenied."""
    _check(by, ban.competition, _team_of(ban.competition, ban.user))
    with transaction.atomic(), disable_auditlog():
        audit.record_change(ban, by, {"user": [ban.user.get_username(), ""]}, "", LogEntry.Action.DELETE)
        moderation.notify_ban_lifted(ban)
        ban.delete()


def count_queue(submissions: Any, now: datetime) -> dict[str, Any]:
    """Counts of the queue over the given Submission queryset, and the oldest wait as a datetime."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    held = submissions.awaiting_moderation()
    released = LogEntry.objects.get_for_objects(submissions.filter(hold=Hold.RELEASED)).filter(
        timestamp__gte=today, changes__hold__1=Hold.RELEASED
    )
    return {
        "held": held.count(),
        "oldest": held.order_by("held_at").values_list("held_at", flat=True).first(),
        "released_today": released.count(),
        "refused": submissions.filter(state=State.REFUSED).count(),
        "disqualified": submissions.filter(state=State.DISQUALIFIED).count(),
    }


def _check(by: User, competition: Competition, team: Team | None) -> None:
    if why := rules.decision_refusal(by, competition, team):
        raise PermissionDenied(why)


def _team_of(competition: Competition, user: User) -> Team | None:
    member = TeamMember.objects.filter(competition=competition, user=user).select_related("team").first()
    if member is None:
        return None
    member.team.competition = competition
    return member.team


def _require_reason(text: str, otherwise: str) -> str:
    if not (text := text.strip()):
        raise Refusal(otherwise)
    return text
