"""The worst familywise error over delta of every strategy on small tables: `python -m benchmarks.exact --json`.

Dynamic programming over all that a strategy can be told. Before each query it chooses, from what it knows, a patch, its
stored chance, and whether the patch is truly no better; where it is better it also chooses how surely it passes. A
correction may come at any time, twice. What it does was settled before, by nothing that the block said: it leaves the
labels or draws all of them anew, and each patch is truly better or no better on the last table. Counted is the chance
that anything false on the table after the last correction is certified, by a retest or a query, over the block's
delta; above 1 a rule is broken.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Protocol

import numpy as np

from benchmarks.figures import progress, report
from benchmarks.small_tables import AnyTestTable, SignTestTable, Table, Values
from evaluator.adjudication.ledger import BlockLedger, Retested, Symbol
from evaluator.adjudication.rule_2026_11.harm import alarm_bits
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, pattern_bits


class History(Protocol):
    """A block's ledger: what was told, and the levels that follow."""

    def level(self, chance: float) -> float:
        """The next query's level."""

    def after(self, symbol: Symbol, chance: float) -> History:
        """The ledger after the next query."""

    def retest_level(self, number: int, before: Sequence[bool]) -> float:
        """The level of a retest."""

    def after_retests(self, kept: Sequence[tuple[int, bool]]) -> History:
        """The ledger after a correction."""

    def settled(self) -> History:
        """One ledger for all whose levels are the same from now on, as long as no retest comes."""


@dataclass(frozen=True)
class Rule2026:
    """The rule of 2026-11: retests at the entry's own level, their pattern paid for in bits."""

    state: LedgerState
    own: tuple[float, ...] = ()  # each query's level

    def level(self, chance: float) -> float:
        del chance
        return self.state.log_inverse_delta()

    def after(self, symbol: Symbol, chance: float) -> Rule2026:
        bits = (alarm_bits(self.state) or 0) if symbol == "H" else 0
        return Rule2026(self.state.after_query(symbol == "A", bits), (*self.own, self.level(chance)))

    def retest_level(self, number: int, before: Sequence[bool]) -> float:
        del before
        return self.own[number - 1]

    def after_retests(self, kept: Sequence[tuple[int, bool]]) -> Rule2026:
        lost = sum(not each for _, each in kept)
        bits = self.state.extra_bits + pattern_bits(len(kept) - lost, lost)
        return replace(self, state=replace(self.state, extra_bits=bits))

    def settled(self) -> Rule2026:
        return replace(self, own=())


class Present(BlockLedger):
    """The present rule."""

    def settled(self) -> Present:
        asked = tuple(sorted(self.asked, key=lambda each: (each.symbol, each.chance)))
        told = sorted(tuple(sorted(kept for _, kept in each.kept)) for each in self.retested)
        retested = tuple(Retested(0, tuple(enumerate(kept))) for kept in told)
        return replace(self, asked=asked, retested=retested)


class OwnLevels(Present):
    """Broken: each entry is tested again at the level that it was accepted at."""

    def retest_level(self, number: int, before: Sequence[bool] = ()) -> float:
        del before
        asked = replace(self, asked=self.asked[: number - 1], retested=())
        return asked.level(self.asked[number - 1].chance)


@dataclass(frozen=True)
class FreeRefusals:
    """Broken: what is refused is not written into the ledger."""

    accepted: Present

    def level(self, chance: float) -> float:
        return self.accepted.level(chance)

    def after(self, symbol: Symbol, chance: float) -> FreeRefusals:
        return FreeRefusals(self.accepted.after("A", chance)) if symbol == "A" else self

    def retest_level(self, number: int, before: Sequence[bool]) -> float:
        raise NotImplementedError("it is played without corrections")

    def after_retests(self, kept: Sequence[tuple[int, bool]]) -> FreeRefusals:
        raise NotImplementedError("it is played without corrections")

    def settled(self) -> FreeRefusals:
        return FreeRefusals(self.accepted.settled())


@dataclass(frozen=True)
class Moment:
    """A point of a competition: its ledger, what may still come, and its list: the number of each entry, and its patch
    where that is no better on the last table.
    """

    ledger: History
    queries: int  # that may still be asked
    corrections: int  # that will still come, at times that the strategy chooses
    asked: int = 0
    listed: tuple[tuple[int, int | None], ...] = ()

    def after_query(self, symbol: Symbol, chance: float, patch: int | None = None) -> Moment:
        number = self.asked + 1
        listed = (*self.listed, (number, patch)) if symbol == "A" else self.listed
        ledger = self.ledger.after(symbol, chance)
        return replace(self, ledger=ledger, queries=self.queries - 1, asked=number, listed=listed).settled()

    def after_retests(self, kept: Sequence[bool]) -> Moment:
        told = [(number, each) for (number, _), each in zip(self.listed, kept, strict=True)]
        left = tuple(entry for entry, each in zip(self.listed, kept, strict=True) if each)
        ledger, corrections = self.ledger.after_retests(told), self.corrections - 1
        return replace(self, ledger=ledger, corrections=corrections, listed=left).settled()

    def settled(self) -> Moment:
        """The same moment for all that only the way there tells apart."""
        return self if self.corrections else replace(self, ledger=self.ledger.settled(), asked=0, listed=())


@dataclass
class Game:
    """A table, the stored chances that a strategy may choose from, and whether corrections draw the labels anew."""

    table: Table
    chances: Sequence[float]
    redraws: bool = True
    _known: dict[Moment, Values] = field(default_factory=dict)

    def play(self, ledger: History, queries: int, corrections: int) -> float:
        """The greatest probability that something false on the table after all corrections is certified."""
        return self.table.share(self._value(Moment(ledger, queries, corrections).settled()))

    def _value(self, moment: Moment) -> Values:
        if moment not in self._known:
            choices = [self.table.nothing()]
            if moment.queries:
                choices += [self._ask(moment, chance) for chance in self.chances]
            if moment.corrections:
                told = self._retest(moment, ())
                choices.append(self.table.redraw(told) if self.redraws else told)
            self._known[moment] = _best(choices)
        return self._known[moment]

    def _ask(self, moment: Moment, chance: float) -> Values:
        refused, harmed = (self._value(moment.after_query(symbol, chance)) for symbol in ("R", "H"))
        choices = [refused, harmed]  # told for certain, whatever the labels are
        # Before the last correction a patch may be truly better, and no better afterwards: then it matters which it is.
        for patch in (None, *self.table.patches) if moment.corrections else (None,):
            accepted = self._value(moment.after_query("A", chance, patch))
            choices += [accepted, self.table.split(accepted, refused, patch)]
            choices.append(self.table.split(harmed, accepted))
        if not moment.corrections:
            choices.append(self.table.err(moment.ledger.level(chance), refused))
        return _best(choices)

    def _retest(self, moment: Moment, kept: tuple[bool, ...]) -> Values:
        """The retests of a correction in the list's order, from the entry after these on."""
        if len(kept) == len(moment.listed):
            return self._value(moment.after_retests(kept))
        number, patch = moment.listed[len(kept)]
        if moment.corrections == 1 and patch is not None:
            level = moment.ledger.retest_level(number, kept)
            return self.table.err(level, self._retest(moment, (*kept, False)), patch)
        dropped, stays = (self._retest(moment, (*kept, each)) for each in (False, True))
        # What is true stays as surely as its effect is large.
        return _best([dropped, stays, self.table.split(stays, dropped, patch)])


def _best(choices: Sequence[Values]) -> Values:
    return reduce(np.maximum, choices)


@dataclass(frozen=True)
class Rule:
    """A rule: its ledger for a block's delta, the chances that it tells apart, and how many corrections it is played
    with.
    """

    start: Callable[[float], History]
    chances: tuple[float, ...]
    corrections: tuple[int, ...] = (0, 1, 2)
    is_broken: bool = False


def _rule_2026(delta: float) -> Rule2026:
    # Its first block has half of delta: here every rule is held against the block's own.
    return Rule2026(LedgerState(delta=2 * delta))


RULES = {
    "new": Rule(Present, (0.5, 0.97)),
    "2026-11": Rule(_rule_2026, (0.5,)),
    "refusals are free": Rule(lambda delta: FreeRefusals(Present(delta)), (0.5,), (0,), is_broken=True),
    "retests at the entries' own levels": Rule(OwnLevels, (0.97,), (1, 2), is_broken=True),
}


@dataclass(frozen=True)
class Play:
    """One table, what may come, and the blocks' deltas that it is played with."""

    table: Callable[[], Table]
    queries: int
    corrections: int
    redraws: bool = True
    deltas: tuple[float, ...] = (0.49, 0.25)

    @property
    def words(self) -> str:
        """What may come, in words."""
        labels = "labels drawn anew" if self.redraws else "labels kept"
        corrections = f", {self.corrections} corrections ({labels})" if self.corrections else ""
        return f"{self.queries} queries{corrections}"


def _rows(rows: int) -> Table:
    return SignTestTable(rows, alike=False)


PLAYS = (
    Play(lambda: SignTestTable(4, alike=True), 7, 0),
    Play(lambda: AnyTestTable(64), 10, 0),
    Play(lambda: AnyTestTable(64), 4, 1),
    Play(lambda: AnyTestTable(64), 3, 2),
    Play(lambda: _rows(3), 2, 1, redraws=False),
    Play(lambda: _rows(3), 2, 2, redraws=False),
    Play(lambda: _rows(3), 2, 2),
    Play(lambda: _rows(2), 3, 1, redraws=False, deltas=(0.49,)),
    Play(lambda: _rows(2), 3, 2, redraws=False, deltas=(0.49,)),
)


def worst_error(rule: Rule, play: Play, delta: float) -> float:
    """The worst familywise error of a rule in a play, over the block's delta."""
    game = Game(play.table(), rule.chances, play.redraws)
    return game.play(rule.start(delta), play.queries, play.corrections) / delta


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    options = parser.parse_args()
    for name, rule in RULES.items():
        worst = 0.0
        for play in PLAYS:
            if play.corrections not in rule.corrections:
                continue
            progress(f"{name}: {play.table().name}, {play.words}")
            found = max(worst_error(rule, play, delta) for delta in play.deltas)
            figure = f"worst familywise error over delta, {name}, {play.table().name}, {play.words}"
            report(figure, found, "delta", None, True, as_json=options.json)
            worst = max(worst, found)
        figure = f"worst familywise error over delta, {'broken: ' if rule.is_broken else ''}{name}, of all"
        holds = worst > 1 if rule.is_broken else worst <= 1
        report(figure, worst, "delta", "> 1" if rule.is_broken else "<= 1", holds, as_json=options.json)


if __name__ == "__main__":
    main()
