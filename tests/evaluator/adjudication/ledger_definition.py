"""The definition of the ledger in exact fractions, and the events of a random competition: nothing but products."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from evaluator.adjudication.ledger import BlockLedger, Symbol

HALF = Fraction(1, 2)
CHANCES = (0.5, 0.55, 0.7, 0.95, 0.97)


def kt_probability(symbols: Sequence[Symbol]) -> Fraction:
    """KT, symbol by symbol: (a + 1/2) / (n + 1) for an accept after a of n."""
    found, accepted = Fraction(1), 0
    for asked, symbol in enumerate(symbols):
        so_far = accepted if symbol == "A" else asked - accepted
        found *= (so_far + HALF) / (asked + 1)
        accepted += symbol == "A"
    return found


def chance_probability(symbols: Sequence[Symbol], chances: Sequence[float]) -> Fraction:
    """C: the product of c over accepts and of 1 - c over the others."""
    found = Fraction(1)
    for symbol, chance in zip(symbols, chances, strict=True):
        found *= Fraction(chance) if symbol == "A" else 1 - Fraction(chance)
    return found


def alarm_probability(symbols: Sequence[Symbol]) -> Fraction:
    """HS: over the refusals, h_j where an alarm was told, else 1 - h_j."""
    found, alarms = Fraction(1), 0
    for refusal, symbol in enumerate([each for each in symbols if each != "A"]):
        chance = (HALF + alarms) / (64 + refusal)
        found *= chance if symbol == "H" else 1 - chance
        alarms += symbol == "H"
    return found


def retest_probability(kept: Sequence[bool]) -> Fraction:
    """Q of one correction: the code with prior Beta(63.5, 1/2) over kept and dropped."""
    found, so_far = Fraction(1), 0
    for entry, each in enumerate(kept):
        chance = (Fraction(127, 2) + so_far) / (64 + entry)
        found *= chance if each else 1 - chance
        so_far += each
    return found


def string_probability(
    symbols: Sequence[Symbol], chances: Sequence[float], kept: Sequence[Sequence[bool]] = ()
) -> Fraction:
    """P of a string, with the patterns of the corrections that were told in it."""
    found = (kt_probability(symbols) + chance_probability(symbols, chances)) / 2 * alarm_probability(symbols)
    for pattern in kept:
        found *= retest_probability(pattern)
    return found


@dataclass
class FalseEvents:
    """The events in which something false on the table after `table` corrections is certified first, in a competition
    whose queries, chances, truths and corrections follow, at random, from all that was told before.

    `levels`: event -> its level over the block's delta. The same test in two continuations is one event.
    """

    seed: int
    table: int
    queries: int
    levels: dict[object, float] = field(default_factory=dict)

    def collect(self) -> None:
        self._ask(BlockLedger(0.5), (), 0)

    def _ask(self, ledger: BlockLedger, entries: tuple[tuple[int, bool], ...], table: int) -> None:
        """`entries`: number of the query and whether it is false on the table looked at, of those in the list."""
        draw = random.Random(repr((self.seed, ledger, entries, table)))
        if table < self.table and (ledger.queries == self.queries or draw.random() < 0.4):
            self._correct(ledger, entries, table + 1)
            return
        if ledger.queries == self.queries:
            return
        chance, false = draw.choice(CHANCES), draw.random() < 0.5
        if table == self.table and false:
            self._note((ledger, "A"), ledger.level(chance))
        for symbol in self._told(false=table == self.table and false):
            entered = ((ledger.queries + 1, false),) if symbol == "A" else ()
            self._ask(ledger.after(symbol, chance), (*entries, *entered), table)

    def _told(self, *, false: bool) -> tuple[Symbol, ...]:
        return ("R", "H") if false else ("A", "R", "H")

    def _correct(self, ledger: BlockLedger, entries: tuple[tuple[int, bool], ...], table: int) -> None:
        for pattern in product((True, False), repeat=len(entries)):
            if table == self.table and not self._note_retests(ledger, entries, pattern):
                continue
            kept = [(number, each) for (number, _), each in zip(entries, pattern, strict=True)]
            left = tuple(entry for entry, each in zip(entries, pattern, strict=True) if each)
            self._ask(ledger.after_retests(kept), left, table)

    def _note_retests(
        self, ledger: BlockLedger, entries: tuple[tuple[int, bool], ...], pattern: tuple[bool, ...]
    ) -> bool:
        """Notes the retests of this pattern up to the first false one; whether the pattern keeps none of these."""
        for place, (number, false) in enumerate(entries):
            if false:
                self._note(
                    (ledger.asked[:number], tuple(self._patterns(ledger, number)), pattern[:place]),
                    ledger.retest_level(number, pattern[:place]),
                )
                if pattern[place]:
                    return False
        return True

    def _patterns(self, ledger: BlockLedger, number: int) -> Iterator[object]:
        """What the corrections so far told before this entry was tested by them."""
        for retested in ledger.retested:
            numbers = [each for each, _ in retested.kept]
            until = numbers.index(number) if number in numbers else len(numbers)
            yield retested.after if retested.after < number else "since", retested.kept[:until]

    def _note(self, event: object, level: float) -> None:
        share = math.exp(-level) / 0.5
        assert abs(self.levels.setdefault(event, share) - share) < 1e-12, "one test, two levels"
