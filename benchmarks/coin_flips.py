"""Labels that are coin flips, and strangers who adapt to everything they are told: nothing may be accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evaluator.adjudication import Case, Certification, Decision, judge_patch
from evaluator.decision_list import Head, Practice, Step
from evaluator.ledger import LedgerState
from evaluator.losses import Loss

SPLIT = 2_000  # practice rows, and certification rows


class RandomFlips:
    """Flips the head on random rows and hopes."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def propose(self, head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mask = self.rng.random(len(head)) < self.rng.uniform(0.01, 0.5)
        return mask, 1 - head

    def learn(self, step: Step, decision: Decision) -> None:
        """Nothing."""


class Booster(RandomFlips):
    """Adds up the flips that practice feedback liked, until practice labels are as good as known."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.votes = np.zeros(2 * SPLIT)
        self.exploring = False

    def propose(self, head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.exploring = self.rng.random() < 0.8
        if self.exploring:
            return super().propose(head)
        mask = np.abs(self.votes) >= np.quantile(np.abs(self.votes), self.rng.uniform(0.2, 0.95))
        return mask, (self.votes > 0).astype(np.int64)

    def learn(self, step: Step, decision: Decision) -> None:
        if not self.exploring:  # its own sum of votes says nothing new
            return
        liked = decision.practice.wins - decision.practice.losses
        direction = _direction(step)
        self.votes += liked / max(1, decision.practice.changed) * direction


class CooperatingTeams(Booster):
    """Share practice labels outright, so that every try reaches the certification rows, and share each bit."""

    def __init__(self, rng: np.random.Generator, practice_labels: np.ndarray) -> None:
        super().__init__(rng)
        self.known = practice_labels
        self.bits = np.zeros(2 * SPLIT)  # which way the published bits lean, row by row

    def propose(self, head: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        guess = self.rng.integers(0, 2, len(head))
        followed = self.rng.random(len(head)) < 0.3
        guess = np.where(followed & (self.bits != 0), self.bits > 0, guess)
        guess[:SPLIT] = self.known
        return self.rng.random(len(head)) < self.rng.uniform(0.02, 1.0), guess

    def learn(self, step: Step, decision: Decision) -> None:
        if decision.query is not None:
            direction = _direction(step)
            self.bits += direction if decision.query.passed else -0.1 * direction


def _direction(step: Step) -> np.ndarray:
    """+1 where the step answered 1, -1 where it answered 0, 0 outside its group."""
    return (2.0 * np.asarray(step.predictions, dtype=np.float64) - 1) * step.mask


Attacker = Callable[[np.random.Generator, np.ndarray], RandomFlips]

ATTACKERS: dict[str, Attacker] = {
    "random flips": lambda rng, labels: RandomFlips(rng),
    "boosting on practice feedback": lambda rng, labels: Booster(rng),
    "cooperating teams": CooperatingTeams,
}


@dataclass(frozen=True)
class Run:
    """One competition on coin flips. The error shown is on certification rows; the true one is 0.5."""

    queries: int
    false_accepts: int
    shown_error: float


def run(attacker: Attacker, submissions: int, seed: int) -> Run:
    """A whole competition against one attacker. Every accept is a false one."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 2 * SPLIT).astype(np.int16)
    practice = Practice(slice(0, SPLIT), labels[:SPLIT], Loss("zero_one"), 0.0, 20)
    state, published = LedgerState(), [Head(0, rng.integers(0, 2, 2 * SPLIT).astype(np.int16))]
    stranger = attacker(rng, labels[:SPLIT])
    for number in range(submissions):
        mask, answers = stranger.propose(published[-1].predictions)
        step = Step(f"submission:{number}", mask, answers.astype(np.int16))
        block = Certification(slice(SPLIT, 2 * SPLIT), labels[SPLIT:], state)
        decision = judge_patch(Case(step, published[-1], published, [], practice, block))
        stranger.learn(step, decision)
        if decision.query is not None:
            state = state.after(decision.query.passed, decision.query.alarm_bits)
        if decision.state == "accepted":
            published.append(decision.candidate.as_head())
    shown = float(np.mean(published[-1].predictions[SPLIT:] != labels[SPLIT:]))
    return Run(state.queries, state.accepted, shown)


def naive_run(submissions: int, seed: int) -> Run:
    """The rule that the ledger replaces: accept whatever improves the score on the holdout."""
    rng = np.random.default_rng(seed)
    labels, head = rng.integers(0, 2, SPLIT), rng.integers(0, 2, SPLIT)
    accepted = 0
    for _ in range(submissions):
        candidate = np.where(rng.random(SPLIT) < rng.uniform(0.01, 0.5), 1 - head, head)
        if np.mean(candidate != labels) < np.mean(head != labels):
            head, accepted = candidate, accepted + 1
    return Run(submissions, accepted, float(np.mean(head != labels)))


def planted_run(seed: int, *, share: float = 0.3, errors: float = 0.45, patched: float = 0.25) -> bool:
    """Whether a true effect is accepted: a patch that brings a group's error from `errors` to `patched`."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 2 * SPLIT).astype(np.int16)
    mask = rng.random(2 * SPLIT) < share

    def erring(rates: np.ndarray | float) -> np.ndarray:
        return np.where(rng.random(2 * SPLIT) < rates, 1 - labels, labels).astype(np.int16)

    head = Head(0, erring(np.where(mask, errors, 0.2)))
    practice = Practice(slice(0, SPLIT), labels[:SPLIT], Loss("zero_one"), 0.0, 20)
    block = Certification(slice(SPLIT, 2 * SPLIT), labels[SPLIT:], LedgerState())
    case = Case(Step("submission:0", mask, erring(patched)), head, [head], [], practice, block)
    return judge_patch(case).state == "accepted"
