"""Points of teams: one rule that rewards finding and fixing, and telescopes to the model's improvement.

docs/science.md, Points: points of T = 1000 / R(f_0) * sum over versions v and rows i of
              (w_i / W) (loss_i(f_v-1) - loss_i(f_v)) * share_T(v, i)
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Team = TypeVar("Team", bound=Hashable)

FULL_SCORE = 1000.0
FINDER_SHARE = 0.3
HEAVIEST_ROW = 5.0
_DRAWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class CreditedFinding(Generic[Team]):
    """A confirmed finding that counts: its team, and a mask of the scored rows that it is paid on (bool[m])."""

    team: Team
    mask: npt.NDArray[np.bool_]


def row_weights(cells: npt.NDArray[np.int64] | None, rows: int | None = None) -> Floats:
    """Weights of rows, min(share(cell)^-1/2, 5): float64[m] from the organiser's declared cells (int64[m]).

    Without cells all of `rows` rows weigh 1.
    """
    if cells is None:
        return np.ones(rows or 0)
    _, inverse, counts = np.unique(cells, return_inverse=True, return_counts=True)
    shares = counts / max(1, len(cells))
    return np.minimum(shares**-0.5, HEAVIEST_ROW)[inverse]


def row_credits(
    fixer: Team, loss_before: Floats, loss_after: Floats, findings: Sequence[CreditedFinding[Team]]
) -> dict[Team, Floats]:
    """Credits of teams for each row's drop in loss, float64[m] a team, for one version.

    `findings`: those decided before the version's patch was sent and confirmed by now, earliest first. A row belongs to
    its earliest finder, who has 0.3 of it; the fixer has the rest. Who found a row first and fixes it keeps all of it:
    a later finding on top of theirs takes nothing away.
    """
    drop = loss_before - loss_after
    credits: dict[Team, Floats] = {fixer: drop.copy()}
    taken = np.zeros(len(drop), dtype=np.bool_)
    for finding in findings:
        found = finding.mask & ~taken
        taken |= found
        if finding.team == fixer:
            continue
        share = np.where(found, FINDER_SHARE * drop, 0.0)
        credits[fixer] -= share
        credits[finding.team] = credits.get(finding.team, 0.0) + share
    return credits


def improvement(base_loss: Floats, head_loss: Floats, weights: Floats) -> float:
    """The share of the base's weighted loss that the head took away, in points: what all teams' points add up to."""
    at_stake = _weighted(weights, base_loss)
    return FULL_SCORE * _weighted(weights, base_loss - head_loss) / at_stake if at_stake > 0 else 0.0


def version_credits(
    fixer: Team,
    loss_before: Floats,
    loss_after: Floats,
    *,
    base_loss: Floats,
    weights: Floats,
    findings: Sequence[CreditedFinding[Team]] = (),
) -> dict[Team, float]:
    """Points of each team for one version: losses per row of the version before, of this one, of the base.

    All arrays are over the scored rows (practice while open, final at the close). A base without loss has
    nothing to win: every team gets 0.
    """
    at_stake = _weighted(weights, base_loss)
    scale = FULL_SCORE / at_stake if at_stake > 0 else 0.0
    credited = row_credits(fixer, loss_before, loss_after, findings)
    return {team: scale * _weighted(weights, rows) for team, rows in credited.items()}


def _weighted(weights: Floats, values: Floats) -> float:
    """The sum, added up in the same order on every machine: a library's dot product depends on its processors."""
    return float((weights * values).sum())


def bootstrap_intervals(
    credits: Mapping[Team, Floats],
    *,
    base_loss: Floats,
    weights: Floats,
    unit: npt.NDArray[np.int64] | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[Team, tuple[float, float]]:
    """Percentile bootstrap intervals of each team's points, resampling whole units.

    `credits`: a team's row credits, summed over versions (`row_credits`). Weights stay those of the whole
    split; the base's loss is resampled along.
    """
    if len(base_loss) == 0 or not credits:
        return dict.fromkeys(credits, (0.0, 0.0))
    codes = np.arange(len(base_loss)) if unit is None else np.unique(unit, return_inverse=True)[1]
    units = int(codes.max()) + 1
    teams = list(credits)
    rows = np.stack([weights * base_loss, *(weights * credits[team] for team in teams)])
    sums = np.stack(
        [np.bincount(codes, weights=row, minlength=units) for row in rows], axis=1, dtype=np.float64
    )
    drawn = _resampled(sums, draws, np.random.default_rng(seed))
    at_stake = drawn[:, :1]
    points = np.divide(
        FULL_SCORE * drawn[:, 1:], at_stake, out=np.zeros_like(drawn[:, 1:]), where=at_stake > 0
    )
    low, high = np.quantile(points, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return {team: (float(low[i]), float(high[i])) for i, team in enumerate(teams)}


def _resampled(sums: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Sums over units drawn with replacement: sums [U, T] -> [draws, T], a few draws in memory at a time.

    Units with the same sums are drawn as one class with their number: the same distribution, and much quicker,
    because most units never change and 0-1 losses take few values.
    """
    units = len(sums)
    classes, sizes = _classes(sums)
    parts = []
    for start in range(0, draws, _DRAWS_AT_ONCE):
        size = min(_DRAWS_AT_ONCE, draws - start)
        parts.append(rng.multinomial(units, sizes / units, size=size) @ classes)
    return np.concatenate(parts)


def _classes(sums: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Distinct rows and how often each occurs, by their bytes: [C, T] and [C]."""
    whole_rows = np.ascontiguousarray(sums + 0.0).view(np.dtype((np.void, sums.itemsize * sums.shape[1])))
    _, first, counts = np.unique(whole_rows.ravel(), return_index=True, return_counts=True)
    return sums[first], counts
