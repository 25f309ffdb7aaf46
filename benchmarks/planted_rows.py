"""Power of the two ledgers for any loss and for units of several rows: true effects among many patches that change
nothing, row by row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.effects import draw_losses
from benchmarks.planted import GOOD, PRACTICE_SHARE, SUBMISSIONS, Power
from benchmarks.rules import (
    DELTA,
    GATE_CHANCE,
    GATE_LEVEL,
    LEDGER,
    NOISE_SCALE,
    OLD_GATE_CHANCE,
    OLD_LEDGER,
)
from evaluator.adjudication.gate import GateRule, practice_p_value, predict_query
from evaluator.adjudication.ledger import BlockLedger, block_delta
from evaluator.adjudication.noise import ChangeCells, Noise, noise_patch
from evaluator.adjudication.rule_2026_11.gate import GateRule as OldGateRule
from evaluator.adjudication.rule_2026_11.gate import practice_gate
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, passes_test
from evaluator.adjudication.sampling import Sampling
from evaluator.losses import Loss, LossName

Floats = npt.NDArray[np.float64]

_POOL = 2**18  # units from which patches without an effect take theirs
_NEVER = 1.5  # standard errors: what gains less on practice rows has a p-value above the old gate's level
_SHADE = 1e-6


@dataclass(frozen=True, eq=False)
class Losses:
    """The losses float64[rows] of head and patch on a group's rows, unit after unit."""

    before: Floats
    after: Floats

    def cut(self, start: int, stop: int) -> Losses:
        """Those of some of the rows."""
        return Losses(self.before[start:stop], self.after[start:stop])

    def one_row_a_unit(self, unit_rows: int) -> Losses:
        """Those of each unit's first row."""
        return Losses(self.before[::unit_rows], self.after[::unit_rows])


@dataclass(frozen=True)
class Table:
    """A competition's secret rows: its loss, rows a unit, and how many of these practice and certification hold."""

    loss: LossName
    unit_rows: int
    practice_units: int
    units: int

    @classmethod
    def with_rows(cls, loss: LossName, rows: int, unit_rows: int = 1) -> Table:
        """A table of so many certification rows and the practice rows that usually go with them."""
        units = rows // unit_rows
        return cls(loss, unit_rows, round(units * PRACTICE_SHARE), units)

    @property
    def about(self) -> Loss:
        """The loss itself."""
        return Loss(self.loss)

    def sampling(self, units: int) -> Sampling:
        """How the rows of so many units count."""
        if self.unit_rows == 1:
            return Sampling()
        return Sampling(np.repeat(np.arange(units), self.unit_rows), unit_rows=self.unit_rows)


class Judge(Protocol):
    """A ledger over one competition."""

    def accepts(self, practice: Losses, holdout: Losses) -> bool | None:
        """Whether a patch is accepted, by the losses on the rows of its group; None where no query is asked."""


class Ledger:
    """The present rule, by its own functions."""

    def __init__(self, table: Table) -> None:
        self.table, self.ledger, self.submissions = table, BlockLedger(block_delta(DELTA, 1, 1)), 0
        self.block = table.sampling(table.units)

    def accepts(self, practice: Losses, holdout: Losses) -> bool | None:
        """Whether a patch is accepted; None where no query is asked."""
        self.submissions += 1
        table, plain = self.table, self.table.unit_rows == 1
        inside = np.ones(len(practice.before), dtype=np.bool_)
        sampling = table.sampling(len(inside) // table.unit_rows)
        noise = Noise(NOISE_SCALE, "secret", str(self.submissions))
        if self._is_hopeless(practice, sampling, noise):
            return None
        cells = noise_patch(
            practice.before,
            practice.after,
            inside,
            sampling,
            noise,
            is_zero_one=table.about.is_zero_one,
        )
        if cells.gain <= 0 or practice_p_value(cells, table.practice_units, is_plain=plain) > GATE_LEVEL:
            return None
        gate = GateRule(
            table.about,
            table.practice_units,
            self.block,
            table.units * table.unit_rows,
            self.ledger,
            GATE_LEVEL,
            GATE_CHANCE,
            plain,
        )
        query = predict_query(cells, gate)
        if not query.passes(gate):
            return None
        sampling = table.sampling(len(holdout.before) // table.unit_rows)
        passed = query.test.passes(holdout.before, holdout.after, sampling, query.log_inverse_delta)
        self.ledger = self.ledger.after("A" if passed else "R", query.chance)
        return passed

    def _is_hopeless(self, practice: Losses, sampling: Sampling, noise: Noise) -> bool:
        """Whether the two cells that the gate looks at by a bet stop a patch: the others need not be summed."""
        if self.table.about.is_zero_one and self.table.unit_rows == 1:
            return False
        z = sampling.unit_sums(practice.before - practice.after)
        cells = ChangeCells(
            len(z),
            0.0,
            0.0,
            noise.total("patch:z", float(z.sum()), signed=True),
            noise.total("patch:z2", float(np.square(z).sum())),
        )
        # A shade above the level: these sums are not rounded as the ledger's are.
        return practice_p_value(cells, self.table.practice_units, is_plain=False) > GATE_LEVEL + _SHADE


class OldLedger:
    """The rule of 2026-11, which draws one row of each unit into a block."""

    def __init__(self, table: Table) -> None:
        self.table, self.state = table, LedgerState(delta=DELTA)

    def accepts(self, practice: Losses, holdout: Losses) -> bool | None:
        """Whether a patch is accepted; None where no query is asked."""
        table, zero_one = self.table, self.table.about.is_zero_one
        if _is_hopeless(practice):
            return None
        before, after = _with_others(practice, table.practice_units * table.unit_rows)
        rule = OldGateRule(self.state, table.units, GATE_LEVEL, OLD_GATE_CHANCE)
        if not practice_gate(before, after, rule, is_zero_one=zero_one).passed:
            return None
        before, after = _with_others(holdout.one_row_a_unit(table.unit_rows), table.units)
        level = self.state.log_inverse_delta()
        passed = passes_test(before, after, is_zero_one=zero_one, log_inverse_delta=level)
        self.state = self.state.after_query(passed)
        return passed


JUDGES: dict[str, type[Ledger] | type[OldLedger]] = {LEDGER: Ledger, OLD_LEDGER: OldLedger}


def power_of_loss(rule: str, table: Table, weight: float, runs: int, seed: int = 0) -> Power:
    """The same competitions as `planted.power`, with the losses of each row."""
    rng = np.random.default_rng(seed)
    pools = [Losses(*draw_losses(table.loss, rng, _POOL, table.unit_rows, good=False)) for _ in range(2)]
    found = false = queries = 0
    for _ in range(runs):
        judge = JUDGES[rule](table)
        for number in rng.permutation(SUBMISSIONS):
            good = number < GOOD
            share = weight if good else rng.uniform(0.005, 0.3)
            splits = [
                _draw(rng, table, share, units, None if good else pool)
                for units, pool in zip((table.practice_units, table.units), pools, strict=True)
            ]
            passed = judge.accepts(*splits)
            queries += passed is not None
            found += bool(passed) and good
            false += bool(passed) and not good
    return Power(found / (GOOD * runs), false / runs, queries / runs)


def _draw(rng: np.random.Generator, table: Table, share: float, units: int, pool: Losses | None) -> Losses:
    """The losses on a group of that share of so many units: of a true effect, or from anywhere in the pool."""
    held = int(rng.binomial(units, share))
    if pool is None:
        return Losses(*draw_losses(table.loss, rng, held, table.unit_rows))
    start = int(rng.integers(0, _POOL - held)) * table.unit_rows
    drawn = pool.cut(start, start + held * table.unit_rows)
    # Head and patch are as wrong as each other: neither is to profit from the pool's own luck.
    return drawn if rng.random() < 0.5 else Losses(drawn.after, drawn.before)


def _is_hopeless(practice: Losses) -> bool:
    """Whether the old gate's p-value cannot be as low as its level: it is dear to ask."""
    z = practice.before - practice.after
    return float(z.sum()) <= _NEVER * math.sqrt(float(np.square(z).sum()))


def _with_others(losses: Losses, rows: int) -> tuple[Floats, Floats]:
    """Losses before and after of all rows of a split: none changes outside the group."""
    found = np.zeros((2, rows))
    found[0, : len(losses.before)], found[1, : len(losses.after)] = losses.before, losses.after
    return found[0], found[1]
