"""Certificates of a team or a member, true only as far as the decisions that they name still stand.

The page behind a code is written anew each time it is opened, so a printed sheet can be checked: what was disqualified,
rolled back or found wrong since is named there. Whoever may not view the competition reads numbers alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.core.errors import Refusal
from bounty.models import Certificate, Submission, Team
from bounty.permissions import rules, visibility
from bounty.scoring import leaderboard

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

State = Submission.State


@dataclass(frozen=True)
class CertificateLine:
    """One submission of a certificate. `secret`: an embargo hides what it says from this reader."""

    submission: Submission
    holds: bool
    printed: bool  # it was there when the certificate was issued
    secret: bool


@dataclass(frozen=True)
class CertificateStatus:
    """A certificate as it stands now, for one reader."""

    certificate: Certificate
    open_to_reader: bool
    lines: Sequence[CertificateLine]
    members: int
    points: float | None  # final ones; None before the close
    rank: int | None

    @property
    def holding(self) -> list[CertificateLine]:
        return [line for line in self.lines if line.holds]

    @property
    def lost(self) -> list[CertificateLine]:
        return [line for line in self.lines if not line.holds]

    @property
    def patches(self) -> int:
        return sum(not line.submission.is_finding for line in self.holding)

    @property
    def findings(self) -> int:
        return sum(line.submission.is_finding for line in self.holding)

    @property
    def added(self) -> bool:
        """Whether something came after it was issued: printed sheets do not have it yet."""
        return any(line.holds and not line.printed for line in self.lines)


def issue_certificate(
    team: Team, user: User, *, whole_team: bool, now: datetime | None = None
) -> Certificate:
    """Creates or renews a member's certificate, or the team's in a member's name; renewed it keeps its code and
    adds what came since.

    Raises PermissionDenied for whoever is not in the team, Refusal where there is nothing to certify.
    """
    if not rules.is_member(user, team):
        raise PermissionDenied(_("Only members of the team have its certificates made."))
    if team.competition.rehearsal:
        raise Refusal(_("A rehearsal is thrown away, so there is nothing to certify."))
    person = None if whole_team else user
    entries = [str(pk) for pk in _counting_submissions(team, person).values_list("pk", flat=True)]
    if not entries:
        raise Refusal(_("There is nothing to certify before a patch is accepted or a finding confirmed."))
    fields = {"entries": entries, "issued_at": now or timezone.now(), "competition": team.competition}
    try:
        with transaction.atomic():
            made, _created = Certificate.objects.update_or_create(team=team, user=person, defaults=fields)
    except IntegrityError:
        made = Certificate.objects.get(team=team, user=person)
    return made


def withdraw_certificate(certificate: Certificate, user: User) -> None:
    """Deletes a certificate, so that its code names nothing any more. Raises PermissionDenied for who is not named
    by it.
    """
    own = certificate.user_id == user.pk if certificate.user_id else rules.is_member(user, certificate.team)
    if not own:
        raise PermissionDenied(_("Only whom it names withdraws a certificate."))
    certificate.delete()


def find_certificate(code: str) -> Certificate | None:
    """The certificate of a code as it was typed: small letters and blanks do not matter. None where there is none."""
    rows = Certificate.objects.select_related("competition", "team", "user")
    found = rows.filter(code=code.strip().upper().replace(" ", "-")).first()
    if found is not None:
        found.team.competition = found.competition
    return found


def certificate_status(certificate: Certificate, reader: Person) -> CertificateStatus:
    """The certificate's entries that stand now and that no longer do, as far as this reader may read them."""
    competition, team = certificate.competition, certificate.team
    printed = set(certificate.entries)
    rows = {row.pk: row for row in _counting_submissions(team, certificate.user)}
    holds = set(rows)
    rows |= {row.pk: row for row in team.submissions.filter(pk__in=printed).exclude(pk__in=holds)}
    inside = rules.is_member(reader, team) or rules.is_judge(reader, competition)
    lines = []
    for row in sorted(rows.values(), key=lambda each: each.number):
        row.team, row.competition = team, competition
        hidden = not inside and visibility.is_embargoed(row)
        lines.append(CertificateLine(row, row.pk in holds, str(row.pk) in printed, hidden))
    points, rank = _final_points(team)
    return CertificateStatus(
        certificate, rules.can_view(reader, competition), lines, team.members.count(), points, rank
    )


def _counting_submissions(team: Team, user: User | None) -> QuerySet[Submission]:
    """Submissions that count now: the whole team's; for a person who left it, their own."""
    # Worse on practice rows alone is nothing to certify.
    rows = team.submissions.filter(state__in=(Submission.State.ACCEPTED, Submission.State.CONFIRMED))
    if user is not None and not rules.is_member(user, team):
        rows = rows.filter(Q(author=user))
    return rows.order_by("number")


def _final_points(team: Team) -> tuple[float | None, int | None]:
    if team.competition.final_opened_at is None:
        return None, None
    for rank, row in leaderboard.ranked_rows(team.competition):
        if row.team_id == team.pk and row.final:
            return row.points, rank
    return None, None
