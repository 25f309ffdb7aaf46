"""Shapley values of teams, by replaying arrays: each team's share of the model's improvement, whatever the order.

An analysis beside the points, never the score: of two teams with the same patch each gets half, so a near copy
would take from whoever it was copied from (docs/science.md, Points).

Truncated Monte Carlo after Ghorbani and Zou, "Data Shapley" (ICML 2019, arXiv 1904.02868), Algorithm 1. Two things
differ: where all coalitions are no more than the replays asked for, the values are computed exactly; and what is
left when a permutation is cut off is shared equally among the teams cut off, so the values always add up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from evaluator.decision_list.repairs import Head, Practice, Protected, Step, replay_steps
from evaluator.scoring import points

Team = TypeVar("Team", bound=Hashable)

PERMUTATIONS = 200
# A permutation is cut off once what is missing of the total is below this share of it.
TOLERANCE = 0.01
# Sums of a few hundred floating-point values agree to far more than this.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Estimate:
    """A team's Shapley value in points, and the standard error of its estimate (0 where it is exact)."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class Shapley(Generic[Team]):
    """Shapley values of all teams. `total` is what the teams achieve together, `sum_error` how far the values miss
    it.
    """

    values: dict[Team, Estimate]
    total: float
    sum_error: float
    permutations: int  # 0 where the values are exact
    seed: int
    replays: int
    cut_off: float  # share of the marginals that were not replayed

    @property
    def exact(self) -> bool:
        """Whether the values were computed over all coalitions instead of sampled."""
        return self.permutations == 0

    @property
    def adds_up(self) -> bool:
        """Whether the values sum to `total`, but for rounding."""
        return abs(self.sum_error) <= ROUNDING * max(1.0, abs(self.total))


@dataclass(frozen=True, eq=False)
class Entry(Generic[Team]):
    """An accepted patch and its team."""

    team: Team
    step: Step


class Replays(Generic[Team]):
    """The worth of coalitions: the points of the list replayed from their accepted patches alone.

    Patches keep the order in which they were accepted; repairs are decided anew on practice rows, as at any
    rebuild. `scored` and `y` are the rows that points are counted on and their labels, `weights` what they weigh.
    Each coalition is replayed once.
    """

    def __init__(
        self,
        base: npt.NDArray[Any],
        entries: Sequence[Entry[Team]],
        declared: Sequence[Protected],
        practice: Practice,
        scored: slice,
        y: npt.NDArray[Any],
        weights: npt.NDArray[np.float64],
    ) -> None:
        # Only these rows decide or count; all others would be carried along for nothing.
        wanted = np.r_[practice.rows, scored]
        held = practice.rows.stop - practice.rows.start
        self._base = base[wanted]
        self._entries = [
            Entry(e.team, Step(e.step.key, e.step.mask[wanted], e.step.predictions[wanted])) for e in entries
        ]
        self._declared = [replace(group, mask=group.mask[wanted]) for group in declared]
        self._practice = replace(practice, rows=slice(0, held))
        self._scored, self._y, self._weights = slice(held, len(wanted)), y, weights
        self._base_loss = self._losses(Head(0, self._base))
        self._worth: dict[frozenset[Team], float] = {frozenset(): 0.0}

    @property
    def teams(self) -> tuple[Team, ...]:
        """The teams with an accepted patch, in the order of their first; nobody else can be worth anything."""
        return tuple(dict.fromkeys(entry.team for entry in self._entries))

    @property
    def count(self) -> int:
        """The number of replays so far."""
        return len(self._worth) - 1

    def __call__(self, coalition: frozenset[Team]) -> float:
        if coalition not in self._worth:
            steps = [entry.step for entry in self._entries if entry.team in coalition]
            versions = replay_steps(self._base, steps, self._declared, self._practice)
            loss = self._losses(versions[-1].as_head()) if versions else self._base_loss
            self._worth[coalition] = points.improvement(self._base_loss, loss, self._weights)
        return self._worth[coalition]

    def _losses(self, head: Head) -> npt.NDArray[np.float64]:
        return self._practice.loss.rows(self._y, head.predictions[self._scored])


def estimate_shapley(
    replays: Replays[Team], *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Shapley[Team]:
    """Shapley values of the teams. Exact where their coalitions are no more than the replays asked for.

    Raises ValueError for fewer than two permutations: no standard error could be given.
    """
    if permutations < 2:
        raise ValueError(f"{permutations} permutations give no standard error; at least 2 are needed.")
    teams = replays.teams
    total = replays(frozenset(teams))
    exact = 2 ** len(teams) <= max(1, len(teams)) * permutations
    if exact:
        marginals, cut_off = exact_values(teams, replays)[None, :], 0.0
    else:
        marginals, cut_off = sampled_marginals(teams, replays, permutations, seed)
    means = marginals.mean(axis=0)
    errors = np.zeros(len(teams)) if exact else marginals.std(axis=0, ddof=1) / np.sqrt(permutations)
    return Shapley(
        {team: Estimate(float(means[i]), float(errors[i])) for i, team in enumerate(teams)},
        total,
        float(means.sum()) - total,
        0 if exact else permutations,
        seed,
        replays.count,
        cut_off,
    )


def exact_values(teams: Sequence[Team], worth: Callable[[frozenset[Team]], float]) -> npt.NDArray[np.float64]:
    """Exact Shapley values float64[T]: the weighted mean of each team's marginals over all coalitions of the others."""
    values = np.zeros(len(teams))
    for i, team in enumerate(teams):
        others = [other for other in teams if other != team]
        for size in range(len(teams)):
            weight = 1 / (len(teams) * comb(len(others), size))
            for chosen in combinations(others, size):
                coalition = frozenset(chosen)
                values[i] += weight * (worth(coalition | {team}) - worth(coalition))
    return values


def sampled_marginals(
    teams: Sequence[Team],
    worth: Callable[[frozenset[Team]], float],
    permutations: int,
    seed: int,
    tolerance: float = TOLERANCE,
) -> tuple[npt.NDArray[np.float64], float]:
    """Sampled marginals float64[permutations, T], each row adding up to the worth of all, and the share cut off."""
    rng = np.random.default_rng(seed)
    total = worth(frozenset(teams))
    marginals = np.zeros((permutations, len(teams)))
    cut_off = 0
    for row in marginals:
        order = rng.permutation(len(teams))
        coalition: frozenset[Team] = frozenset()
        reached = 0.0
        for position, i in enumerate(order):
            rest = order[position:]
            if position and abs(total - reached) < tolerance * abs(total):
                row[rest] = (total - reached) / len(rest)
                cut_off += len(rest)
                break
            coalition |= {teams[i]}
            gained = worth(coalition)
            row[i], reached = gained - reached, gained
    return marginals, cut_off / marginals.size if marginals.size else 0.0
