"""Power of acceptance rules: true effects among many submissions that change nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.rules import DELTA, GATE_CHANCE, LEDGER, NOISE_SCALE, OLD_LEDGER, RULES, Counts
from evaluator.adjudication.acceptance import judge_patch
from evaluator.adjudication.case import Case, Certification
from evaluator.adjudication.ledger import BlockLedger, block_delta
from evaluator.adjudication.noise import Noise
from evaluator.adjudication.rule import Rule, State
from evaluator.adjudication.rule_2026_11 import acceptance as rule_2026_11
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list import Candidate, Head, Practice, Step
from evaluator.losses import Loss

Ints = npt.NDArray[np.int64]

SUBMISSIONS = 500
GOOD = 25  # of them: 5%
GAP = 0.2
HEAD_ERROR = 0.4  # in a planted group, before its patch; elsewhere patches of no effect meet OTHER_ERROR
OTHER_ERROR = 0.2
# As many practice rows as certification rows, as in a competition with the usual splits.
PRACTICE_SHARE = 1.0
SMALLEST_GROUP = 20  # k, of whole verdicts


@dataclass(frozen=True)
class Power:
    """The power of a rule over all competitions: the share of planted effects accepted, and accepts of no effect a
    competition.
    """

    found: float
    false_accepts: float
    queries: float


def power(rule: str, weight: float, rows: int, runs: int, seed: int = 0) -> Power:
    """SUBMISSIONS patches a competition, GOOD of them lower the error of a group of that weight by GAP.

    The others answer a group of 0.5% to 30% of the rows with other errors, but as many. Head and patch err
    independently, planted groups are disjoint, and rows are drawn anew for each submission, so that wins and losses
    are multinomial counts.
    """
    rng = np.random.default_rng(seed)
    judge = RULES[rule](runs, rows, SUBMISSIONS)
    order = rng.permuted(np.tile(np.arange(SUBMISSIONS), (runs, 1)), axis=1)
    found = false = queries = 0
    for number in range(SUBMISSIONS):
        good = order[:, number] < GOOD
        weights = np.where(good, weight, rng.uniform(0.005, 0.3, runs))
        before = np.where(good, HEAD_ERROR, OTHER_ERROR)
        after = np.where(good, HEAD_ERROR - GAP, OTHER_ERROR)
        wins, losses = weights * before * (1 - after), weights * (1 - before) * after
        practice = _draw(rng, round(rows * PRACTICE_SHARE), wins, losses)
        queried, accepted = judge.decide(practice, _draw(rng, rows, wins, losses))
        found += int((accepted & good).sum())
        false += int((accepted & ~good).sum())
        queries += int(queried.sum())
    return Power(found / (GOOD * runs), false / runs, queries / runs)


def _draw(
    rng: np.random.Generator, rows: int, wins: npt.NDArray[np.float64], losses: npt.NDArray[np.float64]
) -> Counts:
    won: Ints = rng.binomial(rows, wins)
    return Counts(won, rng.binomial(rows - won, losses / (1 - wins)), rows)


def judged(
    weight: float, rows: int, submissions: int, good: int, seed: int, rule: str = LEDGER
) -> tuple[float, int]:
    """The same with real rows, groups, repairs and whole verdicts of one of the two ledgers: (share of planted effects
    accepted, false accepts).
    """
    rng = np.random.default_rng(seed)
    practice_rows = round(rows * PRACTICE_SHARE)
    total = practice_rows + rows
    place = rng.random(total)  # the planted groups are slices of it
    labels = rng.integers(0, 2, total).astype(np.int16)

    def erring(rate: npt.NDArray[np.float64] | float) -> npt.NDArray[np.int16]:
        return np.where(rng.random(total) < rate, 1 - labels, labels).astype(np.int16)

    rates = np.where(place < good * weight, HEAD_ERROR, OTHER_ERROR)  # at which the head errs, row by row
    court = COURTS[rule](labels, practice_rows, Head(0, erring(rates)))
    found = false = 0
    for number in rng.permutation(submissions):
        if number < good:
            mask = (place >= number * weight) & (place < (number + 1) * weight)
            step = Step(f"submission:{number}", mask, erring(HEAD_ERROR - GAP))
        else:
            mask = rng.random(total) < rng.uniform(0.005, 0.3)
            step = Step(f"submission:{number}", mask, erring(rates))
        if court.judge(step):
            found, false = found + int(number < good), false + int(number >= good)
            rates = np.where(mask & (number < good), HEAD_ERROR - GAP, rates)
    return found / good, false


class Court:
    """Whole verdicts of the present rule, one after another, over one shared model."""

    def __init__(self, labels: npt.NDArray[np.int16], practice_rows: int, base: Head) -> None:
        self.published = [base]
        self.practice = Practice(
            slice(0, practice_rows), labels[:practice_rows], Loss("zero_one"), 0.0, SMALLEST_GROUP
        )
        self.rows, self.y = slice(practice_rows, len(labels)), labels[practice_rows:]
        self.ledger = BlockLedger(block_delta(DELTA, 1, 1))

    def judge(self, step: Step) -> bool:
        """Whether a patch is accepted; the shared model then answers by it."""
        case = Case(
            step,
            self.published[-1],
            self.published,
            [],
            self.practice,
            Sampling(),
            Certification(self.rows, self.y, self.ledger, Sampling()),
            Noise(NOISE_SCALE, "secret", step.key),
            Rule(gate_chance=GATE_CHANCE, version=2),
        )
        decision = judge_patch(case)
        if decision.query is not None:
            self.ledger = self.ledger.after(decision.query.symbol, decision.query.chance)
        return self._publish(decision.state, decision.candidate)

    def _publish(self, state: State, candidate: Candidate) -> bool:
        if state == "accepted":
            self.published.append(candidate.as_head())
        return state == "accepted"


class OldCourt(Court):
    """The same by the rule of 2026-11."""

    def __init__(self, labels: npt.NDArray[np.int16], practice_rows: int, base: Head) -> None:
        super().__init__(labels, practice_rows, base)
        self.state = LedgerState(delta=DELTA)

    def judge(self, step: Step) -> bool:
        """Whether a patch is accepted; the shared model then answers by it."""
        block = rule_2026_11.Certification(self.rows, self.y, self.state)
        case = rule_2026_11.Case(step, self.published[-1], self.published, [], self.practice, block)
        decision = rule_2026_11.judge_patch(case)
        if decision.query is not None:
            self.state = self.state.after_query(decision.query.passed, decision.query.alarm_bits)
        return self._publish(decision.state, decision.candidate)


COURTS: dict[str, type[Court]] = {LEDGER: Court, OLD_LEDGER: OldCourt}
