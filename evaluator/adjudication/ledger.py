"""The ledger of a certification block: the level of each query, of retests after a correction, and of published bounds.

What the world learns of a block is a string over A (accepted), R (refused) and H (harm seen). A sequential code P gives
each string a probability, so that the P of its continuations sum to at most P of it; the next query is tested at
delta_b * P(string, then A). Strings after which something false is accepted for the first time are prefix-free, so
the levels at which that can happen sum to at most delta_b (Kraft; docs/science.md, The ledger). Everything is computed
in logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Self

Symbol = Literal["A", "R", "H"]
SYMBOLS: tuple[Symbol, ...] = ("A", "R", "H")

_CHANCE_STEPS = 20  # a stored chance is a multiple of 0.05 ...
LEAST_CHANCE, MOST_CHANCE = 0.5, 0.97  # ... clipped, so that no answer is taken for certain
# Priors: of each 64 refusals half a one is an alarm; of each 64 retested entries half a one is dropped.
_PRIOR_ALARMS, _PRIOR_REFUSALS = 0.5, 64.0
_PRIOR_KEPT, _PRIOR_DROPPED = 63.5, 0.5


@dataclass(frozen=True)
class Asked:
    """One query of the block: what was told of it, and its chance as stored (`rounded_chance`)."""

    symbol: Symbol
    chance: float

    def __post_init__(self) -> None:
        if self.symbol not in SYMBOLS:
            raise ValueError(f"A query is answered by one of {', '.join(SYMBOLS)}, not by {self.symbol!r}.")
        _require_chance(self.chance)


@dataclass(frozen=True)
class Retested:
    """One correction of the block's rows: the queries asked by then, and its accepted ones in the list's order, each
    with whether it was kept.
    """

    after: int
    kept: tuple[tuple[int, bool], ...]  # (number of the query, from 1; whether it was kept)


@dataclass(frozen=True)
class _Sums:
    """The counts and log probabilities of a string, from which P of it and of its continuations follow."""

    accepted: int = 0
    refused: int = 0  # alarms among them
    alarms: int = 0
    log_chances: float = 0.0  # ln C
    log_alarms: float = 0.0  # ln HS
    log_retests: float = 0.0  # ln Q

    def after(self, asked: Asked) -> _Sums:
        if asked.symbol == "A":
            chances = self.log_chances + math.log(asked.chance)
            return replace(self, accepted=self.accepted + 1, log_chances=chances)
        chance = (_PRIOR_ALARMS + self.alarms) / (_PRIOR_REFUSALS + self.refused)
        alarm = asked.symbol == "H"
        return replace(
            self,
            refused=self.refused + 1,
            alarms=self.alarms + int(alarm),
            log_chances=self.log_chances + math.log1p(-asked.chance),
            log_alarms=self.log_alarms + (math.log(chance) if alarm else math.log1p(-chance)),
        )

    @property
    def log_probability(self) -> float:
        """ln P of the string: two codes mixed alike, times what the alarms and the corrections told."""
        either = _log_sum(log_kt(self.accepted, self.refused), self.log_chances)
        return either - math.log(2) + self.log_alarms + self.log_retests


@dataclass(frozen=True)
class BlockLedger:
    """The ledger of a block before its next query. `delta` is the block's own, delta_b (`block_delta`)."""

    delta: float
    asked: tuple[Asked, ...] = ()
    retested: tuple[Retested, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.delta < 1:
            raise ValueError(f"A block's delta lies between 0 and 1; {self.delta} does not.")
        after = [each.after for each in self.retested]
        if after != sorted(after) or any(not 0 <= each <= len(self.asked) for each in after):
            raise ValueError(f"corrections after {after} of {len(self.asked)} queries cannot be.")

    @property
    def queries(self) -> int:
        """How many queries were asked."""
        return len(self.asked)

    @property
    def accepted(self) -> int:
        """How many of them were accepted."""
        return self._sums.accepted

    @property
    def alarms(self) -> int:
        """How many of them were answered by harm seen."""
        return self._sums.alarms

    def log_probability(self, chance: float) -> float:
        """ln P(string so far, then A), for a next query of this chance."""
        return self._sums.after(Asked("A", chance)).log_probability

    def level(self, chance: float) -> float:
        """The level of the next query, ln(1 / delta_q), if its stored chance is this one."""
        return -math.log(self.delta) - self.log_probability(chance)

    def bounds_level(self, bounds: int) -> float:
        """The level ln(1 / alpha) of each of so many bounds that are published of the block together."""
        if bounds < 1:
            raise ValueError(f"{bounds} bounds have no level.")
        return -math.log(self.delta) - self._sums.log_probability + math.log(bounds)

    def after(self, symbol: Symbol, chance: float) -> Self:
        """The ledger after the next query, of this chance, was answered so."""
        asked = Asked(symbol, chance)
        following = replace(self, asked=(*self.asked, asked))
        # What `_sums` would find anew by going through all queries: a simulation asks for it after each.
        following.__dict__["_sums"] = self._sums.after(asked)
        return following

    def retest_level(self, number: int, before: Sequence[bool] = ()) -> float:
        """The level at which the accepted query of this number is tested again at a correction that happens now.

        `before`: whether each entry before it in the list was kept, in the list's order, at this correction.
        """
        if not 1 <= number <= self.queries or self.asked[number - 1].symbol != "A":
            raise ValueError(f"Query {number} was not accepted: there is nothing to test again.")
        log_probability = self._sums_before(number).after(self.asked[number - 1]).log_probability
        for retested in self.retested:
            if retested.after >= number:
                log_probability += _log_until_kept(retested, number)
        log_probability += _log_kept((*before, True))
        return -math.log(self.delta) - log_probability

    def after_retests(self, kept: Sequence[tuple[int, bool]]) -> Self:
        """The ledger after a correction: (number of the query, whether it was kept) in the list's order."""
        return replace(self, retested=(*self.retested, Retested(self.queries, tuple(kept))))

    @cached_property
    def _sums(self) -> _Sums:
        return self._sums_before(self.queries + 1)

    def _sums_before(self, number: int) -> _Sums:
        """The sums of the string before this query, corrections before it included."""
        sums = _Sums()
        for asked in self.asked[: number - 1]:
            sums = sums.after(asked)
        told = [retested for retested in self.retested if retested.after < number]
        retests = math.fsum(_log_kept([kept for _, kept in each.kept]) for each in told)
        return replace(sums, log_retests=retests)


def block_delta(delta: float, number: int, fixed_blocks: int | None) -> float:
    """A block's own delta: delta / B of B blocks fixed at creation; delta / (b (b + 1)) of block b where more may be
    added, as that sums to delta over all blocks there can ever be.
    """
    if fixed_blocks is None:
        return delta / (number * (number + 1))
    if not 1 <= number <= fixed_blocks:
        raise ValueError(f"There is no block {number} of {fixed_blocks}.")
    return delta / fixed_blocks


def rounded_chance(chance: float) -> float:
    """A predicted chance as it is stored and makes the level: rounded to 0.05, then clipped to [0.5, 0.97]."""
    return min(MOST_CHANCE, max(LEAST_CHANCE, round(chance * _CHANCE_STEPS) / _CHANCE_STEPS))


def log_kt(accepted: int, refused: int) -> float:
    """ln of the Krichevsky-Trofimov probability of one string with so many accepts and refusals."""
    return (
        math.lgamma(accepted + 0.5)
        + math.lgamma(refused + 0.5)
        - math.log(math.pi)
        - math.lgamma(accepted + refused + 1)
    )


def _log_kept(pattern: Sequence[bool]) -> float:
    """ln Q_m of a pattern of entries kept and dropped at one correction."""
    kept = sum(pattern)
    dropped = len(pattern) - kept
    return (
        _log_rising(_PRIOR_KEPT, kept)
        + _log_rising(_PRIOR_DROPPED, dropped)
        - _log_rising(_PRIOR_KEPT + _PRIOR_DROPPED, len(pattern))
    )


def _log_until_kept(retested: Retested, number: int) -> float:
    """ln Q_m of an earlier correction's pattern up to this query, which it kept; 0 where it did not test it."""
    numbers = [each for each, _ in retested.kept]
    if number not in numbers:
        return 0.0
    pattern = [kept for _, kept in retested.kept[: numbers.index(number) + 1]]
    if not pattern[-1]:
        raise ValueError(f"Query {number} was dropped at an earlier correction.")
    return _log_kept(pattern)


def _log_rising(start: float, steps: int) -> float:
    """ln of start (start + 1) ... (start + steps - 1)."""
    return math.fsum(math.log(start + step) for step in range(steps))


def _log_sum(first: float, second: float) -> float:
    """ln(e^first + e^second)."""
    return max(first, second) + math.log1p(math.exp(-abs(first - second)))


def _require_chance(chance: float) -> None:
    if not LEAST_CHANCE <= chance <= MOST_CHANCE:
        raise ValueError(f"A stored chance lies in [{LEAST_CHANCE}, {MOST_CHANCE}]; {chance} does not.")
