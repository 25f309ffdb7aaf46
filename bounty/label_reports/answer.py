"""Organisers' answers to label reports: accepts them with a correction of the table, or rejects them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty import corrections
from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.label_reports.report import current_row
from bounty.models import Competition, LabelReport, NoticeKind, TableCorrection
from bounty.models.memberships import Membership
from bounty.notifications import notify_users
from bounty.permissions import rules
from bounty.permissions.memberships import membership_or_load

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

State = LabelReport.State
# That one correction takes: each of them is read again from the table.
MOST_AT_ONCE = 200


def answer_refusal(user: Person, competition: Competition, membership: Membership | None = None) -> str:
    """Why this person cannot answer label reports here; "" when they can. As for a correction: organisers who do
    not compete.
    """
    known = membership_or_load(user, competition, membership)
    if not rules.is_organiser(user, competition, known):
        return _("Only organisers correct the table.")
    return rules.moderation_refusal(user, competition, known)


def requested_correction(reports: Sequence[LabelReport]) -> corrections.Correction:
    """The correction of the table that these reports ask for. Raises Refusal where two of them disagree."""
    wanted: dict[int, str] = {}
    for report in reports:
        if wanted.setdefault(report.row, report.suggested) != report.suggested:
            raise Refusal(
                _(
                    "Two of these reports want different labels for row %(number)d of %(file)s; accept one of them."
                )
                % {"number": report.number, "file": report.split}
            )
    return corrections.Correction(
        mended={row: label for row, label in wanted.items() if label},
        withdrawn=[row for row, label in wanted.items() if not label],
    )


def preview_correction(
    competition: Competition, reports: Sequence[LabelReport]
) -> corrections.CorrectionPreview | None:
    """Preview of the correction that these reports ask for; None where the rows are so already. Raises Refusal."""
    waiting = _not_done(competition, reports)
    return corrections.preview_correction(competition, requested_correction(waiting)) if waiting else None


def accept_reports(
    competition: Competition, reports: Sequence[LabelReport], answer: str, by: User
) -> TableCorrection | None:
    """Corrects the table as these reports ask, and notifies their reporters. None where the rows are so already.

    Raises PermissionDenied, Refusal; nothing is written then.
    """
    answer = _check_answer(competition, reports, answer, by)
    waiting = _not_done(competition, reports)
    made = None
    if waiting:
        # Its own transaction, which ends before the files that it replaced go. Where this stops in between, accepting
        # the same reports again finds the rows as they should be.
        made = corrections.correct_table(competition, requested_correction(waiting), answer, by)
    _decide(reports, State.ACCEPTED, answer, by, made)
    return made


def reject_reports(competition: Competition, reports: Sequence[LabelReport], answer: str, by: User) -> None:
    """Rejects these reports with a reason; the labels stay. Raises PermissionDenied, Refusal."""
    _decide(reports, State.REJECTED, _check_answer(competition, reports, answer, by), by, None)


def _check_answer(competition: Competition, reports: Sequence[LabelReport], answer: str, by: User) -> str:
    if why := answer_refusal(by, competition):
        raise PermissionDenied(why)
    if any(report.reporter_id == by.pk for report in reports):
        raise Refusal(_("One of them is your own; somebody else has to answer it."))
    if not reports:
        raise Refusal(_("Choose the reports that you answer."))
    if not (answer := answer.strip()):
        raise Refusal(_("Say why: who reported it reads it, and the model’s history names a correction."))
    return answer


def _not_done(competition: Competition, reports: Sequence[LabelReport]) -> list[LabelReport]:
    """Those whose row is not yet as they ask: another report, or a correction by hand, may have come first."""
    left = []
    for report in reports:
        report.competition = competition
        now = current_row(report)
        if now is not None and now.label != report.suggested:
            left.append(report)
    return left


def _decide(
    reports: Sequence[LabelReport], state: str, answer: str, by: User, made: TableCorrection | None
) -> None:
    now: datetime = timezone.now()
    with transaction.atomic():
        for report in reports:
            waiting = LabelReport.objects.filter(pk=report.pk, state=State.OPEN)
            if not waiting.update(state=state, answer=answer, decided_by=by, decided_at=now, correction=made):
                continue
            audit.record_change(report, by, {"state": [State.OPEN, state]}, answer)
            _tell_reporter(report, state, answer)


def _tell_reporter(report: LabelReport, state: str, answer: str) -> None:
    def subject() -> str:
        said = {"number": report.number, "file": report.split}
        if state == State.ACCEPTED:
            return _("Row %(number)d of %(file)s was corrected, as you reported") % said
        return _("Row %(number)d of %(file)s stays as it is") % said

    notify_users(
        NoticeKind.LABEL_REPORT,
        to=[report.reporter],
        competition=report.competition,
        subject=subject,
        body=answer,
        url=reverse("labels", args=[report.competition.slug]),
    )
