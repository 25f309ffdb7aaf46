"""The betting test of a mean (Waudby-Smith and Ramdas 2024): its grid, its bet, its log wealth and its chance.

Whoever bets the share l of a capital on each unit's Z in [-1, 1] multiplies it by prod (1 + l Z). Where the mean of Z
is at most 0 the expected product is at most 1, whatever the units' own distributions are (AM-GM), and whether they
are drawn with or without replacement (Hoeffding 1963). So wealth of 1 / delta is seen with a chance of at most delta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

Floats = npt.NDArray[np.float64]

# Bets that are tried side by side, evenly spaced in their log odds from 1/400 to 150/151. Fixed: a chain is verified
# by it.
GRID: tuple[float, ...] = tuple(1 / (1 + math.exp(-step / 2)) for step in range(-12, 11))
# Log wealth and levels are compared after rounding to 1e-9: two machines' logarithms differ in their last bits.
_DECIMALS = 9


@dataclass(frozen=True)
class Moments:
    """Practice sums of Z over units, from which a bet is chosen and its chance predicted; they may be noised."""

    units: int
    total: float  # sum of Z
    squares: float  # sum of Z squared

    @classmethod
    def from_unit_sums(cls, z: Floats) -> Moments:
        """The exact moments of Z, float64[units]."""
        return cls(len(z), math.fsum(z.tolist()), math.fsum((z * z).tolist()))

    @property
    def mean(self) -> float:
        """The mean of Z, within [-1, 1] whatever the noise."""
        return min(1.0, max(-1.0, self.total / self.units)) if self.units else 0.0

    @property
    def second(self) -> float:
        """The mean of Z squared, not below what this mean of Z allows."""
        mean = self.mean
        return min(1.0, max(mean * mean, self.squares / self.units)) if self.units else 0.0


def choose_bet(moments: Moments) -> float:
    """The grid's bet L of the largest expected log wealth by two practice moments; the smallest where there is no
    gain.
    """
    growth = _growth(np.array(GRID), moments.mean, moments.second)[0]
    return GRID[int(np.argmax(growth))]


def log_wealth(z: Floats, weight: float | None) -> float:
    """ln[ 1/2 prod (1 + L Z) + 1/2 mean_j prod (1 + l_j Z) ] of Z float64[units], rounded to 1e-9.

    Z is at least -1, for no share of the capital may lose more than itself. `weight` is L, in [0, 1). Where it is None
    the grid has all of the capital.
    """
    if weight is not None and not 0 <= weight < 1:
        raise ValueError(f"A bet is a share of the capital in [0, 1), not {weight}.")
    # Units without a difference multiply by one, and equal ones alike: there are few values of many losses.
    values, counts = np.unique(z[z != 0], return_counts=True)
    if not np.isfinite(values).all() or values.min(initial=0.0) < -1:
        raise ValueError("A unit's Z is a finite number of at least -1.")
    grid = [_log_product(values, counts, bet) - math.log(len(GRID)) for bet in GRID]
    if weight is None:
        return round(_log_sum(grid), _DECIMALS)
    return round(_log_sum([_log_product(values, counts, weight), _log_sum(grid)]) - math.log(2), _DECIMALS)


def bet_passes(z: Floats, weight: float | None, log_inverse_delta: float) -> bool:
    """Whether the bet shows that the mean of Z, float64[units], is above 0 at the level."""
    return log_wealth(z, weight) >= round(log_inverse_delta, _DECIMALS)


def chance_of_bet(moments: Moments, units: int, weight: float, log_inverse_delta: float) -> float:
    """The predicted probability that the bet passes on so many new units, from practice moments.

    A normal approximation of the log wealth at L. Its variance is that of new units and of practice units together, for
    the mean of Z is known no better than these say.
    """
    if units < 1 or moments.units < 1 or moments.second <= 0:
        return float(log_inverse_delta <= 0)
    growth, variance = _growth(np.array([weight]), moments.mean, moments.second)
    spread = math.sqrt(max(float(variance[0]), 1e-300) * units * (1 + units / moments.units))
    expected = float(growth[0]) * units - math.log(2)
    return float(norm.cdf((expected - log_inverse_delta) / spread))


def expected_log_wealth(moments: Moments, units: int) -> float:
    """The log wealth to expect of the best bet on so many units with these moments."""
    growth = _growth(np.array(GRID), moments.mean, moments.second)[0]
    return float(growth.max()) * units - math.log(2)


def _growth(bets: Floats, mean: float, second: float) -> tuple[Floats, Floats]:
    """Mean and variance of ln(1 + l Z) for each bet, by the Z in {-v, 0, v} that has these moments, with the largest
    v up to 1.
    """
    size = 1.0 if second >= abs(mean) else second / abs(mean) if mean else 0.0
    if size == 0.0:
        return np.zeros(len(bets)), np.zeros(len(bets))
    up = min(1.0, (second / size**2 + mean / size) / 2)
    down = max(0.0, (second / size**2 - mean / size) / 2)
    won, lost = np.log1p(bets * size), np.log1p(-bets * size)
    growth = up * won + down * lost
    return growth, np.maximum(0.0, up * won**2 + down * lost**2 - growth**2)


def _log_product(values: Floats, counts: npt.NDArray[np.int64], bet: float) -> float:
    return math.fsum((counts * np.log1p(bet * values)).tolist())


def _log_sum(logs: list[float]) -> float:
    highest = max(logs)
    return highest + math.log(math.fsum(math.exp(each - highest) for each in logs))
