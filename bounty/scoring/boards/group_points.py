"""Points of teams on a part of the practice rows.

The rule is the one of the whole board (evaluator.scoring.points): a version's drop in loss on a row goes to its fixer
and to the row's first finder. Restricted to a group it says what each team took away of the base model's loss there:
1,000 points would mean that no loss is left in the group.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from scipy import sparse

from bounty.core import artifacts
from bounty.core.measures import NORMAL_QUANTILE
from bounty.models import Competition, Submission
from bounty.scoring import credits
from evaluator.adjudication.noise import Noise
from evaluator.scoring import points

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CreditedRows:
    """Credits of each team on each practice row, summed over versions: `drops[t, i]` of team `teams[t]` on row i.

    `unit`: whom each row belongs to, from 0. `newest`: the newest version that moved each team's points; `confirmed`:
    the confirmed findings, which have shares. By these noise is keyed: what stays the same is not told anew.
    """

    teams: tuple[int, ...]
    drops: sparse.csr_matrix
    base: NDArray[np.float64]
    head: NDArray[np.float64]
    weights: NDArray[np.float64]
    unit: NDArray[np.int64]
    version: tuple[int, int] = (0, 0)  # generation and number of the head
    newest: tuple[int, ...] = ()
    confirmed: str = ""


@dataclass(frozen=True)
class GroupPoints:
    """One team's points on a group, with the half width of their 95% interval (normal, whole units)."""

    team_id: int
    points: float
    within: float


def no_noise(version: int) -> Noise:
    """The noise of what is told of a version, by its number, where figures are exact."""
    return Noise()


def load_credited_rows(competition: Competition) -> CreditedRows | None:
    """Returns the credits of the present list on practice rows; None before anything was accepted.

    Cached until the list or its counting findings change.
    """
    newest = competition.versions.current().order_by("-number").first()
    if newest is None or newest.number == 0:
        return None
    counting = competition.submissions.filter(
        state__in=Submission.SHOWN_FINDINGS, verdict__practice__counts=True
    )
    findings = tuple(counting.order_by("decided_at", "number").values_list("pk", "state"))
    return _load_credited_rows(competition.pk, newest.generation, newest.number, findings)


@lru_cache(maxsize=8)
def _load_credited_rows(
    competition_id: int, generation: int, head: int, findings: tuple[tuple[UUID, str], ...]
) -> CreditedRows:
    competition = Competition.objects.get(pk=competition_id)
    versions = list(
        competition.versions.filter(generation=generation, number__lte=head)
        .select_related("submission")
        .order_by("number")
    )
    rows = competition.layout.rows_of("practice")
    y = artifacts.read_labels(competition, "practice")
    counted = credits.counted_findings(competition) if findings else []
    losses = [competition.loss.rows(y, artifacts.read_array(v.stored_predictions)[rows]) for v in versions]
    parts: dict[int, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}
    newest: dict[int, int] = {}
    for (before, after), version in zip(pairwise(losses), versions[1:], strict=True):
        submission = version.submission
        assert submission is not None  # noqa: S101 - every version but the base has one
        earlier = [
            points.CreditedFinding(found.team_id, found.own[rows])
            for found in counted
            if found.is_paid_from(submission.created_at, final=False)
        ]
        for team, drop in points.row_credits(submission.team_id, before, after, earlier).items():
            moved = np.flatnonzero(drop)
            parts.setdefault(team, []).append((moved, drop[moved]))
            newest[team] = version.number
    teams = tuple(parts)
    return CreditedRows(
        teams,
        _matrix([parts[team] for team in teams], len(y)),
        losses[0],
        losses[-1],
        credits.row_weights(competition, final=False),
        _units(competition, len(y)),
        (generation, head),
        tuple(newest[team] for team in teams),
        " ".join(str(pk) for pk, state in findings if state == Submission.State.CONFIRMED),
    )


def _matrix(parts: list[list[tuple[NDArray[np.int64], NDArray[np.float64]]]], rows: int) -> sparse.csr_matrix:
    """Returns a sparse matrix (teams, rows); what several versions moved on the same table row is added up."""
    at = [np.full(len(moved), t) for t, own in enumerate(parts) for moved, _ in own]
    columns = [moved for own in parts for moved, _ in own]
    drops = [drop for own in parts for _, drop in own]
    if not at:
        return sparse.csr_matrix((len(parts), rows))
    placed = (np.concatenate(drops), (np.concatenate(at), np.concatenate(columns)))
    return sparse.csr_matrix(placed, shape=(len(parts), rows))


def _units(competition: Competition, rows: int) -> NDArray[np.int64]:
    unit = artifacts.read_units(competition, "practice")
    return np.arange(rows) if unit is None else np.unique(unit, return_inverse=True)[1]


def team_points_on(
    found: CreditedRows, mask: NDArray[np.bool_], noise_at: Callable[[int], Noise] = no_noise
) -> list[GroupPoints]:
    """Returns the points of each team that moved a loss on the masked practice rows, most first, from noised sums.

    `noise_at` gives the noise of what is told of a version. With noise every team is listed that moved any loss at all:
    whether it moved one in this group would be an exact answer about few rows.
    """
    heaviest = float(found.weights.max(initial=1.0))  # a row's largest share in a sum
    noise = noise_at(0)
    at_stake = heaviest * noise.total("stake", float(np.dot(found.weights, found.base * mask)) / heaviest)
    if at_stake <= 0:
        return []
    scale = points.FULL_SCORE / at_stake
    inside = found.drops @ sparse.diags(found.weights * mask)
    units = int(found.unit.max()) + 1 if len(found.unit) else 0
    by_unit = inside @ sparse.csr_matrix(
        (np.ones(len(found.unit)), (np.arange(len(found.unit)), found.unit)), shape=(len(found.unit), units)
    )
    sums = np.asarray(by_unit.sum(axis=1)).ravel()
    squares = np.asarray(by_unit.multiply(by_unit).sum(axis=1)).ravel()
    if noise.scale:
        for place, team in enumerate(found.teams):
            own, about = noise_at(found.newest[place]), f"of {team} {found.confirmed}"
            sums[place] = heaviest * own.total(f"sum {about}", sums[place] / heaviest, signed=True)
            squares[place] = heaviest**2 * own.total(f"squares {about}", squares[place] / heaviest**2)
    # Units of the group: those outside never vary with it.
    n = max(len(np.unique(found.unit[mask])), 1)
    spread = np.sqrt(np.maximum(squares - sums**2 / n, 0.0) * n / max(n - 1, 1))
    moved = np.asarray((abs(inside) > 0).sum(axis=1)).ravel() > 0
    teams = [
        GroupPoints(team, scale * float(sums[t]), NORMAL_QUANTILE * scale * float(spread[t]))
        for t, team in enumerate(found.teams)
        if noise.scale or moved[t]
    ]
    return sorted(teams, key=lambda each: (-each.points, each.team_id))
