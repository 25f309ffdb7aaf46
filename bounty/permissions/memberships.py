"""What ties a reader to a competition: duties, a team, having entered. Asked in one query for a whole page.

A page asks many times who its reader is (may they see this, do they serve here, which team is theirs). Where a view has
bound the answer to its competition (`bind`), bounty/permissions/rules.py reads it from there; everywhere else it asks
the database as ever. Bound for pages that only read: what a request changes, it must ask anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from bounty.models import Competition, Participation, Role, TeamMember

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

_PUBLISHED = (Competition.Status.OPEN, Competition.Status.PAUSED, Competition.Status.CLOSED)
# Three small answers in one journey to the database; table names are our models' own.
_ASKED = (
    f"SELECT 'role', kind FROM {Role._meta.db_table} WHERE competition_id = %s AND user_id = %s "  # noqa: S608
    f"UNION ALL SELECT 'team', CAST(team_id AS text) FROM {TeamMember._meta.db_table} "
    "WHERE competition_id = %s AND user_id = %s "
    "UNION ALL SELECT 'entered', CASE WHEN accepted_terms_at IS NULL THEN '' ELSE 'accepted' END "
    f"FROM {Participation._meta.db_table} WHERE competition_id = %s AND user_id = %s"
)


@dataclass(frozen=True)
class Ties:
    """One reader and one competition. `reader` is None for who is not logged in, or whose account is shut."""

    reader: int | None = None
    roles: frozenset[str] = frozenset()
    team: int | None = None
    entered: bool = False
    accepted_terms: bool = False


def ask(user: Person, competition: Competition) -> Ties:
    """One query; none for strangers."""
    if not (user.is_authenticated and user.is_active):
        return Ties()
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, [competition.pk, user.pk] * 3)
        rows = cursor.fetchall()
    found = {what: value for what, value in rows if what != "role"}
    return Ties(
        user.pk,
        frozenset(value for what, value in rows if what == "role"),
        int(found["team"]) if "team" in found else None,
        "entered" in found,
        found.get("entered") == "accepted",
    )


def bind(user: Person, competition: Competition) -> None:
    """Ask now, for everything that is asked about this reader and this very object later."""
    competition.ties = ask(user, competition)


def bound(user: Person, competition: Competition) -> Ties | None:
    """What was bound for this reader; None where nothing was."""
    ties = competition.ties
    reader = user.pk if user.is_authenticated and user.is_active else None
    return ties if ties is not None and ties.reader == reader else None


def may_view(user: Person, competition: Competition, ties: Ties) -> bool:
    """As `Competition.objects.visible_to` has it, for one whose ties are known."""
    public = competition.visibility == Competition.Visibility.PUBLIC and not competition.rehearsal
    if public and competition.status in _PUBLISHED:
        return True
    if not user.is_authenticated:
        return False
    if user.is_superuser or competition.organiser_id == user.pk or ties.roles:
        return True
    return ties.entered and competition.status != Competition.Status.PREPARING
