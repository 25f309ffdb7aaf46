"""Memberships loaded from the database: of one person, of many people, of the reader of a page.

A page asks many times who its reader is (may they see this, do they serve here, which team is theirs): its view takes
`membership_of_reader`, one query a request, and passes it to the functions that ask. Where none is passed, they load
one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import connection

from bounty.models import Competition, Participation, Role, TeamMember
from bounty.models.memberships import Membership

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest

    Person = User | AnonymousUser

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def load_membership(user: Person, competition: Competition) -> Membership:
    """The person's membership, in one query; none for visitors and inactive accounts."""
    if not (user.is_authenticated and user.is_active):
        return Membership(competition.pk)
    return load_memberships([user], competition)[user.pk]


def load_memberships(users: Collection[User], competition: Competition) -> dict[int, Membership]:
    """The membership of each of these active people by the person's id, in one query."""
    roles: dict[int, set[str]] = {user.pk: set() for user in users}
    teams: dict[int, int] = {}
    entries: dict[int, bool] = {}
    for user, what, value in _rows(list(roles), competition):
        if what == "role":
            roles[user].add(value)
        elif what == "team":
            teams[user] = int(value)
        else:
            entries[user] = value == "accepted"
    if competition.organiser_id in roles:
        roles[competition.organiser_id].add(Role.Kind.ORGANISER.value)
    return {
        user: Membership(
            competition.pk, user, frozenset(kinds), teams.get(user), user in entries, entries.get(user, False)
        )
        for user, kinds in roles.items()
    }


def membership_of_reader(request: HttpRequest, competition: Competition) -> Membership:
    """The membership of the sender of a request, loaded once a request; anew each time where it may change
    something.
    """
    if request.method not in _SAFE_METHODS:
        return load_membership(request.user, competition)
    loaded: dict[tuple[int | None, int], Membership] = request.__dict__.setdefault("memberships", {})
    asked = (request.user.pk, competition.pk)
    if asked not in loaded:
        loaded[asked] = load_membership(request.user, competition)
    return loaded[asked]


def membership_or_load(user: Person, competition: Competition, passed: Membership | None) -> Membership:
    """The membership that was passed, where it is this person's in this competition; loaded otherwise."""
    reader = user.pk if user.is_authenticated and user.is_active else None
    if passed is not None and (passed.user_id, passed.competition_id) == (reader, competition.pk):
        return passed
    return load_membership(user, competition)


def _rows(users: list[int], competition: Competition) -> list[tuple[int, str, str]]:
    """Rows (person, "role" | "team" | "entered", value): three small answers in one journey to the database."""
    if not users:
        return []
    # Placeholders and the names of our own tables, nothing that anybody wrote.
    who = f"competition_id = %s AND user_id IN ({', '.join(['%s'] * len(users))})"
    statement = (
        f"SELECT user_id, 'role', kind FROM {Role._meta.db_table} WHERE {who} "  # noqa: S608
        f"UNION ALL SELECT user_id, 'team', CAST(team_id AS text) FROM {TeamMember._meta.db_table} WHERE {who} "
        "UNION ALL SELECT user_id, 'entered', CASE WHEN accepted_terms_at IS NULL THEN '' ELSE 'accepted' END "
        f"FROM {Participation._meta.db_table} WHERE {who}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [competition.pk, *users] * 3)
        return cursor.fetchall()
