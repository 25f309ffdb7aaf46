"""Acceptance rules side by side: the ledger, that of 2026-11, and what both replace. Many competitions at once.

Every rule is told, for each of R competitions, how many practice and holdout rows a candidate wins and loses against
the head (0-1 loss), and answers which submissions asked the holdout and which were accepted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from evaluator.adjudication.gate import GateRule, predict_query
from evaluator.adjudication.ledger import BlockLedger, block_delta
from evaluator.adjudication.noise import ChangeCells, Noise
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.adjudication.sampling import Sampling
from evaluator.adjudication.sign_prediction import chance_of_sign_test
from evaluator.adjudication.sign_test import sign_test_passes
from evaluator.losses import Loss

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

DELTA = 0.05
ALPHA = 0.001  # the plain rule's smallest gain, as competitions have it unless the organiser says otherwise
GATE_LEVEL = 0.05
OLD_GATE_CHANCE, GATE_CHANCE = 0.5, 0.7  # the default of the rule of 2026-11, and of the present one
NOISE_SCALE = 2.0  # of practice cells, where rows are people
LEDGER, OLD_LEDGER = "ledger", "ledger of 2026-11"
EXACT_LEDGER = "ledger, practice counts not noised"  # as an organiser may choose where rows are not people


@dataclass(frozen=True)
class Counts:
    """Rows of one split that a candidate wins and loses, one number a competition; `rows` is the split's size."""

    wins: Ints
    losses: Ints
    rows: int

    @property
    def net(self) -> Ints:
        """Wins less losses, int64[R]."""
        return self.wins - self.losses


class Rule(Protocol):
    """An acceptance rule with the state of R competitions."""

    def decide(self, practice: Counts, holdout: Counts) -> tuple[Bools, Bools]:
        """(queried, accepted), each bool[R]."""
        ...


class Ledger:
    """The present rule: noised practice cells, the gate and the ledger, by their own functions."""

    def __init__(self, runs: int, noise_scale: float = NOISE_SCALE) -> None:
        self.noise_scale = noise_scale
        self.ledgers = [BlockLedger(block_delta(DELTA, 1, 1)) for _ in range(runs)]
        self.submissions = 0

    def decide(self, practice: Counts, holdout: Counts) -> tuple[Bools, Bools]:
        """(queried, accepted), each bool[R]."""
        self.submissions += 1
        told = [self._noised(run, practice) for run in range(len(self.ledgers))]
        changed = np.array([cells.changed for cells in told])
        # The gate's own p-value, of all competitions at once: few are worth a prediction.
        promising = binom.sf(np.array([cells.wins for cells in told]) - 1, changed, 0.5) <= GATE_LEVEL
        queried, accepted = np.zeros_like(promising), np.zeros_like(promising)
        for i in np.flatnonzero(promising):
            rule = GateRule(
                Loss("zero_one"),
                practice.rows,
                Sampling(),
                holdout.rows,
                self.ledgers[i],
                GATE_LEVEL,
                GATE_CHANCE,
            )
            query = predict_query(told[i], rule)
            if told[i].gain > 0 and query.passes(rule):
                queried[i] = True
                level = query.log_inverse_delta
                accepted[i] = sign_test_passes(int(holdout.wins[i]), int(holdout.losses[i]), level)
                self.ledgers[i] = self.ledgers[i].after("A" if accepted[i] else "R", query.chance)
        return queried, accepted

    def _noised(self, run: int, practice: Counts) -> ChangeCells:
        """The cells of a candidate without repairs; the rows on which nothing changes decide nothing."""
        noise = Noise(self.noise_scale, "secret", f"{run}:{self.submissions}")
        wins = noise.count("patch:wrong:right", int(practice.wins[run]))
        losses = noise.count("patch:right:wrong", int(practice.losses[run]))
        return ChangeCells(practice.rows, wins, losses, wins - losses, wins + losses, wins, losses)


class OldLedger:
    """The rule of 2026-11: practice gate and ledger, by their own functions."""

    def __init__(self, runs: int) -> None:
        self.states = [LedgerState(delta=DELTA) for _ in range(runs)]

    def decide(self, practice: Counts, holdout: Counts) -> tuple[Bools, Bools]:
        """(queried, accepted), each bool[R]."""
        changed = practice.wins + practice.losses
        promising = binom.sf(practice.wins - 1, changed, 0.5) <= GATE_LEVEL
        queried, accepted = np.zeros_like(promising), np.zeros_like(promising)
        for i in np.flatnonzero(promising):
            level = self.states[i].log_inverse_delta()
            wins, losses = int(practice.wins[i]), int(practice.losses[i])
            chance = chance_of_sign_test(wins, losses, practice.rows, holdout.rows, level)
            if chance >= OLD_GATE_CHANCE:
                queried[i] = True
                accepted[i] = sign_test_passes(int(holdout.wins[i]), int(holdout.losses[i]), level)
                self.states[i] = self.states[i].after_query(bool(accepted[i]))
        return queried, accepted


class EverySubmission:
    """The same sign test without a gate: every submission is a query, paid for by a plain count of patterns."""

    def __init__(self, runs: int) -> None:
        self.asked, self.accepted = 0, np.zeros(runs, dtype=np.int64)

    def decide(self, practice: Counts, holdout: Counts) -> tuple[Bools, Bools]:
        """(queried, accepted), each bool[R]."""
        self.asked += 1
        passed = np.array(
            [
                sign_test_passes(int(wins), int(losses), _pattern_level(self.asked, int(before)))
                for wins, losses, before in zip(holdout.wins, holdout.losses, self.accepted, strict=True)
            ]
        )
        self.accepted += passed
        return np.ones_like(passed), passed


def _pattern_level(t: int, accepted: int) -> float:
    """ln(1/delta_t): t by 1 / (t (t+1)), the number of accepts by 2^-(a+1), all patterns of it alike."""
    patterns = math.lgamma(t) - math.lgamma(accepted + 1) - math.lgamma(t - accepted)
    return math.log(1 / DELTA) + math.log(t * (t + 1)) + (accepted + 1) * math.log(2) + patterns


class PlainRule:
    """The papers' rule as competitions may choose it: a gain of at least alpha on practice, then on the holdout."""

    def __init__(self, runs: int) -> None:
        del runs  # it remembers nothing

    def decide(self, practice: Counts, holdout: Counts) -> tuple[Bools, Bools]:
        """(queried, accepted), each bool[R]."""
        queried = practice.net >= ALPHA * practice.rows
        return queried, queried & (holdout.net >= ALPHA * holdout.rows)


class AnyImprovement:
    """The rule of accepting whatever improves the score on the holdout."""

    def __init__(self, runs: int) -> None:
        self.runs = runs

    def decide(self, practice: Counts, holdout: Counts) -> tuple[Bools, Bools]:
        """(queried, accepted), each bool[R]."""
        return np.ones(self.runs, dtype=np.bool_), holdout.net > 0


class PapersChecker:
    """CertificateChecker (arXiv 2201.10408): a gain of 3 eps / 4 on the holdout, and at most 2 / eps accepts.

    eps is the smallest for which the holdout has the rows that its theorem asks for.
    """

    def __init__(self, runs: int, rows: int, submissions: int) -> None:
        self.eps = smallest_eps(rows, submissions)
        self.accepted = np.zeros(runs, dtype=np.int64)

    def decide(self, practice: Counts, holdout: Counts) -> tuple[Bools, Bools]:
        """(queried, accepted), each bool[R]."""
        asked = self.accepted < math.floor(2 / self.eps)
        passed = asked & (holdout.net >= 0.75 * self.eps * holdout.rows)
        self.accepted += passed
        return asked, passed


def smallest_eps(rows: int, submissions: int) -> float:
    """eps with rows >= 32 / eps^2 (ln(2 U / delta) + floor(2 / eps) ln(U + 1)); 1 where there is none below."""

    def enough(eps: float) -> bool:
        union = math.log(2 * submissions / DELTA) + math.floor(2 / eps) * math.log(submissions + 1)
        return rows >= 32 / eps**2 * union

    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _exact_ledger(runs: int, rows: int, submissions: int) -> Rule:
    return Ledger(runs, noise_scale=0.0)


# name -> (competitions, holdout rows, submissions) -> rule
RULES: dict[str, Callable[[int, int, int], Rule]] = {
    LEDGER: lambda runs, rows, submissions: Ledger(runs),
    OLD_LEDGER: lambda runs, rows, submissions: OldLedger(runs),
    EXACT_LEDGER: _exact_ledger,
    "plain rule": lambda runs, rows, submissions: PlainRule(runs),
    "paper's checker": PapersChecker,
    "every submission counted, no gate": lambda runs, rows, submissions: EverySubmission(runs),
    "any improvement": lambda runs, rows, submissions: AnyImprovement(runs),
}
