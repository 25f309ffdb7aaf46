"""`Membership`, the value that says what one person is in one competition. bounty.permissions.memberships loads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Membership:
    """Roles, team and entry of one person in one competition; `user_id` is None for visitors and inactive accounts.

    `roles` holds what bounty.models.Role.Kind names; who made the competition is an organiser without a row.
    """

    competition_id: int
    user_id: int | None = None
    roles: frozenset[str] = frozenset()
    team_id: int | None = None
    entered: bool = False
    accepted_terms: bool = False
