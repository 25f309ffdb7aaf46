"""Triage of findings: severity, embargo, and the answer of the model's owner.

An embargo hides what a finding says from public pages, boards, feeds and the API, by the rules of
bounty.permissions.visibility. That there is one, and its points, still count on the board: ranks must not depend on
a date.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.models import Competition, Submission, Triage
from bounty.models.memberships import Membership
from bounty.notifications import moderation, recipients
from bounty.permissions import rules
from bounty.permissions.memberships import membership_or_load

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

Severity, Answer = Triage.Severity, Triage.Answer
LONGEST_EMBARGO = timedelta(days=365)
LONGEST = 2000

# What each severity means, in words that moderators and readers share.
MEANINGS = {
    Severity.LOW: gettext_lazy("a little worse for this group, with small consequences"),
    Severity.MEDIUM: gettext_lazy("clearly worse for this group; people would notice"),
    Severity.HIGH: gettext_lazy("much worse for this group where it matters to people's lives"),
    Severity.CRITICAL: gettext_lazy("harm that is likely and grave; the model should not be used as it is"),
}


def shown_findings(competition: Competition) -> QuerySet[Submission]:
    """All findings that a verdict showed, those under an embargo too, for those who serve. Newest first."""
    found = competition.submissions.filter(state__in=Submission.SHOWN_FINDINGS)
    return found.select_related("team", "triage").order_by("-decided_at", "-number")


def untriaged_findings(competition: Competition) -> QuerySet[Submission]:
    """Shown findings without a severity."""
    return shown_findings(competition).filter(Q(triage=None) | Q(triage__severity=""))


def triage_of(submission: Submission) -> Triage:
    """The finding's triage; an unsaved one without answers where nobody has looked yet."""
    return getattr(submission, "triage", None) or Triage(submission=submission)


def triage_finding(
    submission: Submission,
    by: User,
    severity: str,
    embargo_until: datetime | None,
    now: datetime | None = None,
) -> Triage:
    """Writes a finding's severity, and its embargo until when it is hidden from the public (None: not, or not any
    longer).

    Raises PermissionDenied for whoever may not decide about its team, Refusal with what was wrong.
    """
    now = now or timezone.now()
    if why := rules.decision_refusal(by, submission.competition, submission.team):
        raise PermissionDenied(why)
    _check_finding(submission)
    if severity not in Severity:
        raise Refusal(_("Choose how severe it is: low, medium, high or critical."))
    if embargo_until is not None:
        _check_embargo(embargo_until, now)
    with transaction.atomic():
        triage, before = _lock_triage(submission)
        old = submission.embargo_until
        triage.severity, triage.triaged_by, triage.triaged_at = severity, by, now
        triage.save()
        submission.embargo_until = embargo_until
        Submission.objects.filter(pk=submission.pk).update(embargo_until=embargo_until)
        changes = {"severity": [before.severity, severity]}
        if old != embargo_until:
            changes["embargo_until"] = [_date(old), _date(embargo_until)]
        audit.record_change(submission, by, changes)
        moderation.notify_triaged(triage, recipients.organisers(submission.competition))
    return triage


def answer_refusal(
    user: User | AnonymousUser, competition: Competition, membership: Membership | None = None
) -> str:
    """Why this person cannot speak for the model's owner, in words for them; "" when they can."""
    known = membership_or_load(user, competition, membership)
    if why := rules.moderation_refusal(user, competition, known):
        return why
    if rules.may_organise(user, competition, known):
        return ""
    return _("Only an organiser answers for the model's owner.")


def answer_finding(
    submission: Submission,
    by: User,
    answer: str,
    text: str,
    fixed_in: int | None = None,
    now: datetime | None = None,
) -> Triage:
    """Writes the owner's answer, which everybody reads who may read about the finding. It can be given again.

    Raises PermissionDenied for whoever does not organise, Refusal with what was wrong.
    """
    if why := answer_refusal(by, submission.competition):
        raise PermissionDenied(why)
    _check_finding(submission)
    text = text.strip()
    _check_answer(submission.competition, answer, text, fixed_in)
    with transaction.atomic():
        triage, before = _lock_triage(submission)
        triage.answer, triage.answer_text = answer, text
        triage.fixed_in = fixed_in if answer == Answer.FIXED else None
        triage.answered_by, triage.answered_at = by, now or timezone.now()
        triage.save()
        audit.record_change(submission, by, {"answer": [before.answer, answer]}, text)
        moderation.notify_owner_answered(triage)
    return triage


def _check_finding(submission: Submission) -> None:
    if submission.state not in Submission.SHOWN_FINDINGS:
        raise Refusal(_("Only a finding that a verdict showed is triaged."))


def _check_embargo(until: datetime, now: datetime) -> None:
    if until <= now:
        raise Refusal(_("An embargo ends in the future; leave the date empty for none."))
    if until > now + LONGEST_EMBARGO:
        raise Refusal(_("An embargo lasts a year at most."))


def _check_answer(competition: Competition, answer: str, text: str, fixed_in: int | None) -> None:
    if answer not in Answer or answer == Answer.NONE:
        raise Refusal(_("Choose an answer."))
    if len(text) > LONGEST:
        raise Refusal(_("An answer has at most %(most)s characters.") % {"most": LONGEST})
    if answer == Answer.WONT_FIX and not text:
        raise Refusal(_("Say why it will not be fixed: everybody reads it."))
    if answer == Answer.FIXED:
        newest = competition.head().number
        if fixed_in is None or not 1 <= fixed_in <= newest:
            raise Refusal(
                _("Name the version of the model that fixed it, from 1 to %(newest)s.") % {"newest": newest}
                if newest
                else _("The model has no version yet that could have fixed it.")
            )


def _lock_triage(submission: Submission) -> tuple[Triage, Triage]:
    """The finding's triage, locked to be changed, and a copy of it as it was."""
    triage, _made = Triage.objects.select_for_update().get_or_create(submission=submission)
    triage.submission = submission
    submission.triage = triage
    return triage, Triage(severity=triage.severity, answer=triage.answer)


def _date(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""
