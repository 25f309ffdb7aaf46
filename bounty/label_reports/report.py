"""Label reports: participants report wrong labels of public rows.

Rows are named as everybody has them: the file (train or explore) and the row's number in it. Labels of secret rows are
no matter for a report: who could tell would have seen them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.core.cell_words import cell_in_words
from bounty.core.errors import Refusal
from bounty.discussion import permissions
from bounty.models import Competition, LabelReport, NoticeKind
from bounty.models.memberships import Membership
from bounty.notifications import notify_users, recipients
from bounty.permissions import rules
from bounty.permissions.memberships import membership_or_load
from bounty.submissions import screening

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

State = LabelReport.State
SPLITS = ("train", "explore")
# That one person may have waiting in one competition, and may send within a day.
MOST_OPEN, MOST_A_DAY = 100, 200


@dataclass(frozen=True)
class PublicRow:
    """A public row as a page shows it."""

    split: str
    number: int  # in the file, from 1
    row: int  # in the organiser's table, from 1
    label: str
    values: Sequence[tuple[str, str]]  # column and value, the value in words where the schema has them


def report_refusal(user: Person, competition: Competition, membership: Membership | None = None) -> str:
    """Why this person cannot report a label here; "" when they can."""
    known = membership_or_load(user, competition, membership)
    if why := permissions.write_refusal(user, competition, known):
        return why
    if not rules.is_participant(user, competition, known) and not rules.is_judge(user, competition, known):
        return _("Enter the competition and accept its terms before you report a label.")
    if competition.is_closed:
        return _("The competition is closed and its final points are known: labels stay.")
    if not competition.layout_json or not competition.tables:
        return _("The public rows are not there yet.")
    return ""


def public_row(competition: Competition, split: str, number: int) -> PublicRow | None:
    """The row of a public file; None where it has no such row, or the file is not public."""
    if split not in SPLITS:
        return None
    start, stop = competition.layout.ranges[split]
    if not 1 <= number <= stop - start:
        return None
    return _row(competition, split, number, start + number - 1)


def _row(competition: Competition, split: str, number: int, place: int) -> PublicRow:
    schema = competition.schema
    values = artifacts.read_public_table(competition).iloc[place]
    told = [
        (column.name, cell_in_words(values[column.name], column.codes, with_code=True))
        for column in schema.features
    ]
    label = cell_in_words(values[schema.label.name], {})
    return PublicRow(split, number, int(_row_numbers(competition)[place]), label, told)


def _row_numbers(competition: Competition) -> NDArray[np.int64]:
    """Number of each present row in the organiser's table, int64[rows]."""
    origin = competition.tables.origin
    if "rows" in origin:
        return artifacts.read_array(origin["rows"])
    # A competition from before this was stored names rows by their place, as corrections do.
    return np.arange(1, competition.layout.rows + 1, dtype=np.int64)


def current_row(report: LabelReport) -> PublicRow | None:
    """The reported row as it is now; None where it was taken out."""
    competition = report.competition
    places = np.flatnonzero(_row_numbers(competition)[: competition.layout.public] == report.row)
    if not len(places):
        return None
    place = int(places[0])
    for split in SPLITS:
        start, stop = competition.layout.ranges[split]
        if start <= place < stop:
            return _row(competition, split, place - start + 1, place)
    return None


def label_classes(competition: Competition) -> list[str]:
    """Classes of the label; [] where the label is a number."""
    return [str(each) for each in competition.schema.label.classes]


def send_report(
    competition: Competition, split: str, number: int, suggested: str, reason: str, by: User
) -> LabelReport:
    """Creates a label report and notifies the organisers. Raises PermissionDenied, Refusal with the field and how
    to mend it.
    """
    if why := report_refusal(by, competition):
        raise PermissionDenied(why)
    found = public_row(competition, split, number)
    if found is None:
        raise Refusal(_no_row(competition, split), "number")
    suggested, reason = suggested.strip(), reason.strip()
    _check_label(competition, found, suggested)
    if not reason:
        raise Refusal(_("Say why it looks wrong: the organiser has nothing else to go by."), "reason")
    if screening.is_abusive(reason):
        raise Refusal(_("It has words of contempt or threats; say it in others."), "reason")
    _check_rate(competition, by)
    try:
        with transaction.atomic():
            made = LabelReport.objects.create(
                competition=competition,
                reporter=by,
                split=split,
                number=number,
                row=found.row,
                label=found.label,
                suggested=suggested,
                reason=reason,
            )
            _tell_organisers(made)
    except IntegrityError:
        raise Refusal(_("You reported this row already; the organiser will look at it."), "number") from None
    return made


def _no_row(competition: Competition, split: str) -> str:
    if split not in SPLITS:
        return _("Only rows of train and explore can be reported: all others are secret.")
    start, stop = competition.layout.ranges[split]
    return _("The file %(file)s has %(rows)s rows, counted from 1 without the header.") % {
        "file": split,
        "rows": f"{stop - start:,}",
    }


def _check_label(competition: Competition, found: PublicRow, suggested: str) -> None:
    if not suggested:
        return
    known = label_classes(competition)
    if known and suggested not in known:
        raise Refusal(
            _("The label is one of %(names)s.") % {"names": ", ".join(known)},
            "suggested",
        )
    if not known:
        try:
            finite = bool(np.isfinite(float(suggested)))
        except ValueError:
            finite = False
        if not finite:
            raise Refusal(_("The label is a number."), "suggested")
    if suggested == found.label:
        raise Refusal(_("The row has this label already."), "suggested")


def _check_rate(competition: Competition, by: User) -> None:
    own = LabelReport.objects.filter(competition=competition, reporter=by)
    if own.filter(state=State.OPEN).count() >= MOST_OPEN:
        raise Refusal(
            _("%(most)d of your reports wait already; send more when some are answered.")
            % {"most": MOST_OPEN}
        )
    if own.filter(created_at__gt=timezone.now() - timedelta(hours=24)).count() >= MOST_A_DAY:
        raise Refusal(_("That were %(most)d reports within a day, which is the most.") % {"most": MOST_A_DAY})


def _tell_organisers(made: LabelReport) -> None:
    notify_users(
        NoticeKind.LABEL_REPORT,
        to=[user for user in recipients.organisers(made.competition) if user.pk != made.reporter_id],
        competition=made.competition,
        subject=lambda: (
            _("%(person)s reports a wrong label in “%(title)s”")
            % {"person": made.reporter.get_username(), "title": made.competition.title}
        ),
        body=made.reason,
        url=reverse("organise-labels", args=[made.competition.slug]),
    )
