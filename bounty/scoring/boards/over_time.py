"""Places of teams from version to version, from the credits of the present list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def places_by_version(running: Mapping[int, Sequence[float]]) -> dict[int, tuple[int | None, ...]]:
    """Returns each team's place after every version, from its running points (`queries.running_points`).

    None before its first points. A tie goes to who got there earlier, as on the board.
    """
    if not running:
        return {}
    teams = sorted(running)
    points = np.array([running[team] for team in teams])
    started = np.maximum.accumulate(points != 0, axis=1)
    steps = points.shape[1]
    # The version at which the present points were reached.
    moved = np.ones(points.shape, dtype=bool)
    moved[:, 1:] = points[:, 1:] != points[:, :-1]
    reached = np.maximum.accumulate(np.where(moved, np.arange(steps), 0), axis=1)
    found: dict[int, list[int | None]] = {team: [] for team in teams}
    for step in range(steps):
        order = np.lexsort((reached[:, step], -points[:, step], ~started[:, step]))
        rank = np.empty(len(teams), dtype=int)
        rank[order] = np.arange(1, len(teams) + 1)
        for n, team in enumerate(teams):
            found[team].append(int(rank[n]) if started[n, step] else None)
    return {team: tuple(line) for team, line in found.items()}
