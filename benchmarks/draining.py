"""Draining a block by refused queries, beside honest play, by the present rule and that of 2026-11.

`python -m benchmarks.draining [--json]`, about two minutes on one slow core. Hostile accounts over-fit: half of all
labels are coin flips, each account learns from its practice verdicts which of these answers to turn round, and sends
the sum of what it learnt as often as it may. Honest play is twice given: as plans suppose it, three of four queries
accepted, and as people who send one truly better patch each, most of which the gate lets through rightly.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.figures import progress, report
from evaluator.adjudication.gate import GateRule, gate_after, predict_query
from evaluator.adjudication.holdout import CHANCE, BlockRows, Holdout
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.noise import ChangeCells, Noise
from evaluator.adjudication.planner import query_capacity, share_of_team
from evaluator.adjudication.rule_2026_11 import gate as old_gate
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, smallest_passing_gain
from evaluator.adjudication.sampling import Sampling
from evaluator.adjudication.sign_test import sign_test_passes
from evaluator.losses import Loss

DELTA, TARGET = 0.05, 0.01
PRACTICE_ROWS, CERTIFICATION_ROWS = 16_000, 20_000
COIN_FLIPS = 0.5  # share of the rows whose labels nobody can learn
ACCOUNTS, HONEST, EVENTS = 200, 60, 5
VERDICTS = 300  # as many as one person may be told: what an account learns from
ASKED_BEFORE = 20  # queries a team, by default
FIRST_GATE, OLD_GATE = 0.7, 0.5
NOISE = 2.0
# What honest play leaves may be a third worse by the hostile accounts.
MOST_WORSE = 4 / 3
PLANNED = (20, 15)  # queries and accepted ones of honest play, as plans show it

Counts = tuple[int, int]


class Ledger(Protocol):
    """A block's ledger by one rule."""

    @property
    def queries(self) -> int:
        """How many queries were asked."""

    @property
    def accepted(self) -> int:
        """How many of them were accepted."""

    def passes_gate(self, practice: Counts, refused: int) -> bool:
        """Whether these practice wins and losses pass the gate of somebody with so many refused queries."""

    def ask(self, practice: Counts, certification: Counts) -> bool:
        """The answer to a query with these wins and losses, which it books."""

    def smallest_gain(self) -> float:
        """The smallest gain that passes the next query; infinite where none does."""


@dataclass
class PresentLedger:
    """The block by the present rule."""

    ledger: BlockLedger = field(default_factory=lambda: BlockLedger(DELTA))

    @property
    def queries(self) -> int:
        return self.ledger.queries

    @property
    def accepted(self) -> int:
        return self.ledger.accepted

    def passes_gate(self, practice: Counts, refused: int) -> bool:
        rule = self._rule(gate_after(refused, FIRST_GATE))
        return predict_query(_cells(practice), rule).passes(rule)

    def ask(self, practice: Counts, certification: Counts) -> bool:
        predicted = predict_query(_cells(practice), self._rule(FIRST_GATE))
        passed = sign_test_passes(*certification, predicted.log_inverse_delta)
        self.ledger = self.ledger.after("A" if passed else "R", predicted.chance)
        return passed

    def smallest_gain(self) -> float:
        return holdout().gain_at(1, self.ledger.level(CHANCE)) or math.inf

    def _rule(self, chance: float) -> GateRule:
        return GateRule(
            Loss("zero_one"), PRACTICE_ROWS, Sampling(), CERTIFICATION_ROWS, self.ledger, chance=chance
        )


@dataclass
class OldLedger:
    """The block by the rule of 2026-11."""

    state: LedgerState = field(default_factory=lambda: LedgerState(delta=DELTA))

    @property
    def queries(self) -> int:
        return self.state.queries

    @property
    def accepted(self) -> int:
        return self.state.accepted

    def passes_gate(self, practice: Counts, refused: int) -> bool:
        level = self.state.log_inverse_delta()
        chance = old_gate.chance_of_sign_test(*practice, PRACTICE_ROWS, CERTIFICATION_ROWS, level)
        return sign_test_passes(*practice, -math.log(0.05)) and chance >= OLD_GATE

    def ask(self, practice: Counts, certification: Counts) -> bool:
        passed = sign_test_passes(*certification, self.state.log_inverse_delta())
        self.state = self.state.after_query(passed)
        return passed

    def fail(self, times: int) -> None:
        """Charge failures on secret rows: a bit each."""
        state = self.state
        self.state = LedgerState(state.queries, state.accepted, state.extra_bits + times, DELTA)

    def smallest_gain(self) -> float:
        return smallest_passing_gain(CERTIFICATION_ROWS, self.state) or math.inf


def holdout() -> Holdout:
    """One block of plain rows."""
    return Holdout((BlockRows(CERTIFICATION_ROWS),), DELTA, fixed_blocks=1)


def refused_allowed(ledger: Ledger) -> int:
    """The refused queries that a team may have."""
    if isinstance(ledger, OldLedger):
        return ASKED_BEFORE
    return share_of_team(query_capacity(holdout(), 1, TARGET))


def planned_gain(ledger: Ledger) -> float:
    """The smallest gain that honest play leaves, as plans suppose it."""
    queries, accepted = PLANNED
    if isinstance(ledger, OldLedger):
        return smallest_passing_gain(CERTIFICATION_ROWS, LedgerState(queries, accepted, 0, DELTA)) or math.inf
    return holdout().gain_after(1, queries, accepted) or math.inf


def play_honest(ledger: Ledger, rng: np.random.Generator) -> None:
    """One person's patch: of the answers that it changes, two of three are right; many change few."""
    share = math.exp(rng.uniform(math.log(0.002), math.log(0.05)))
    practice, certification = (
        _draw(int(rows * share), 2 / 3, rng) for rows in (PRACTICE_ROWS, CERTIFICATION_ROWS)
    )
    if ledger.passes_gate(_noised(practice, rng), 0):
        ledger.ask(_noised(practice, rng), certification)


def play_hostile(ledger: Ledger, labels: npt.NDArray[np.int8], rng: np.random.Generator) -> int:
    """One account's over-fitted patch, sent as often as its allowance and the gate let it; returns its queries."""
    practice = overfit(labels, rng)
    rows, allowed = round(CERTIFICATION_ROWS * COIN_FLIPS / 2), refused_allowed(ledger)
    refused = asked = 0
    while asked < ASKED_BEFORE and refused < allowed:
        told = _noised(practice, rng)
        if not ledger.passes_gate(told, refused):
            break
        asked += 1
        refused += not ledger.ask(told, _draw(rows, 0.5, rng))
    return asked


def overfit(labels: npt.NDArray[np.int8], rng: np.random.Generator) -> Counts:
    """Practice wins and losses of what an account learns from its verdicts: `labels` is 1 where turning the answer
    round is right, else -1. Each verdict tells whether a random half of these rows gains; the sum of all decides a row.
    """
    halves = rng.integers(0, 2, (VERDICTS, len(labels)), dtype=np.int8).astype(np.float32)
    told = halves @ labels.astype(np.float32) + rng.laplace(0, NOISE, VERDICTS)
    turned = np.sign(told - told.mean()).astype(np.float32) @ (2 * halves - 1) > 0
    return int(np.count_nonzero(labels[turned] > 0)), int(np.count_nonzero(labels[turned] < 0))


@dataclass(frozen=True)
class Ended:
    """How a block ended: its smallest passing gain, what honest people had accepted, and hostile queries."""

    gain: float
    accepted: int
    hostile: int


def play(ledger: Ledger, accounts: int, honest: int, seed: int) -> Ended:
    """Play hostile accounts and honest people, in a random order."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(np.array([-1, 1], dtype=np.int8), round(PRACTICE_ROWS * COIN_FLIPS))
    hostile = 0
    for is_hostile in rng.permutation([True] * accounts + [False] * honest):
        if is_hostile:
            hostile += play_hostile(ledger, labels, rng)
        else:
            play_honest(ledger, rng)
    return Ended(ledger.smallest_gain(), ledger.accepted, hostile)


def _draw(changed: int, right: float, rng: np.random.Generator) -> Counts:
    wins = int(rng.binomial(changed, right))
    return wins, changed - wins


def _noised(counts: Counts, rng: np.random.Generator) -> Counts:
    noise = Noise(NOISE, rng.bytes(16).hex(), rng.bytes(16).hex())
    return noise.count("wins", counts[0]), noise.count("losses", counts[1])


def _cells(practice: Counts) -> ChangeCells:
    wins, losses = practice
    before = float(PRACTICE_ROWS)
    return ChangeCells(
        PRACTICE_ROWS, before, before - wins + losses, wins - losses, wins + losses, wins, losses
    )


def run(as_json: bool) -> None:
    """Print all figures."""

    def say(figure: str, value: float, unit: str, goal: str | None = None, holds: bool = True) -> None:
        report(figure, value, unit, goal, holds, as_json=as_json)

    for name, make in (("present rule", PresentLedger), ("rule of 2026-11", OldLedger)):
        is_goal = make is PresentLedger
        progress(name)
        say(f"{name}: refused queries allowed a team", refused_allowed(make()), "queries")
        events = [play(make(), 0, HONEST, seed) for seed in range(EVENTS)]
        left = float(np.mean([event.gain for event in events]))
        accepted = float(np.mean([event.accepted for event in events]))
        say(
            f"{name}: {HONEST} honest people, mean of {EVENTS} events: smallest gain left",
            100 * left,
            "points",
        )
        say(f"{name}: {HONEST} honest people, mean of {EVENTS} events: accepted", accepted, "patches")
        alone = play(make(), ACCOUNTS, 0, seed=100)
        words = f"{name}: {ACCOUNTS} accounts with over-fitted patches"
        say(f"{words}: queries asked", alone.hostile, "queries")
        say(f"{words}: smallest gain left", 100 * alone.gain, "points")
        worse = alone.gain / planned_gain(make())
        say(
            f"{words}: smallest gain, by what {PLANNED[0]} queries with {PLANNED[1]} accepted leave",
            worse,
            "times",
            f"<= {MOST_WORSE:.2f}" if is_goal else None,
            not is_goal or worse <= MOST_WORSE,
        )
        say(f"{words}: smallest gain, by what these honest people leave", alone.gain / left, "times")
        both = play(make(), ACCOUNTS, HONEST, seed=101)
        words = f"{name}: the same accounts among {HONEST} honest people"
        say(f"{words}: smallest gain left, if no block were retired", 100 * both.gain, "points")
        say(f"{words}: honest patches accepted", both.accepted, "patches")
    failed = OldLedger()
    failed.fail(ACCOUNTS * ASKED_BEFORE)
    say(
        f"rule of 2026-11: {ACCOUNTS} accounts that fail on secret rows: smallest gain left",
        100 * failed.smallest_gain(),
        "points",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    run(parser.parse_args().json)
