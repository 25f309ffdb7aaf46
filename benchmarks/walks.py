"""Walks to thresholds: one bit of a verdict, and one person who turns it (benchmarks.reconstruction).

Whole verdicts of a small competition, by the functions that judge: attackers know the labels of everybody but one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.acceptance import judge_patch
from evaluator.adjudication.case import Case, Certification
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.noise import Noise
from evaluator.adjudication.noised_feedback import NoisedFeedback
from evaluator.adjudication.rule import Rule
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list import Head, Practice, Protected, Step
from evaluator.losses import Loss

Bools = npt.NDArray[np.bool_]

SCALE = 2.0
SECRET = "a secret of the benchmark"  # noqa: S105 - of nothing but this benchmark
PRACTICE, CERTIFICATION = 600, 4000
SMALLEST = 20


class Submissions:
    """Noise of one submission after the other, none like another."""

    def __init__(self, scale: float) -> None:
        self._scale, self._sent = scale, 0

    def noise(self) -> Noise:
        """The noise of the next submission."""
        self._sent += 1
        return Noise(self._scale, SECRET, f"submission {self._sent} head 1:0")


def is_right(evidence: float, truth: bool, rng: np.random.Generator) -> bool:
    """Whether the likelier of two answers is the true one; a coin decides between equally likely ones."""
    return bool(rng.random() < 0.5) if evidence == 0 else (evidence > 0) == truth


@dataclass(frozen=True, eq=False)
class People:
    """A competition whose practice rows are people: labels, the head's answers, and an open block."""

    y: npt.NDArray[np.int16]
    head: npt.NDArray[np.int16]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> People:
        y = rng.integers(0, 2, PRACTICE + CERTIFICATION).astype(np.int16)
        head = np.where(rng.random(len(y)) < 0.3, 1 - y, y).astype(np.int16)
        return cls(y, head)

    @property
    def wrong(self) -> Bools:
        """Practice rows that the head answers wrong."""
        return self.head[:PRACTICE] != self.y[:PRACTICE]

    def case(self, mask: Bools, answers: npt.NDArray[np.int16], noise: Noise, *guarded: Bools) -> Case:
        """The case of a patch; nothing is asked of the block, for the team has no queries left."""
        head = Head(0, self.head)
        rows = slice(PRACTICE, len(self.y))
        return Case(
            step=Step("submission:attack", self._over_all(mask), answers),
            head=head,
            published=[head],
            protected=[
                Protected(f"declared:{n}", self._over_all(each), declared=True)
                for n, each in enumerate(guarded)
            ],
            practice=Practice(slice(0, PRACTICE), self.y[:PRACTICE], Loss("zero_one"), 0.0, SMALLEST),
            sampling=Sampling(),
            certification=Certification(rows, self.y[rows], BlockLedger(0.05), Sampling()),
            noise=noise,
            rule=Rule(gate_chance=0.7, version=2),
            queries_left=0,
        )

    def told(self, mask: Bools, noise: Noise, *guarded: Bools) -> NoisedFeedback:
        """What a patch is told that answers everybody in the group otherwise than the head."""
        return judge_patch(self.case(mask, (1 - self.head).astype(np.int16), noise, *guarded)).practice

    @staticmethod
    def _over_all(mask: Bools) -> Bools:
        return np.append(mask, np.zeros(CERTIFICATION, dtype=bool))


def guess_one_changed_answer(scale: float, people: int, rng: np.random.Generator) -> float:
    """A patch for everybody that answers as the head does, but for one person: is the head wrong about them?"""
    submissions, right = Submissions(scale), 0
    for _ in range(people):
        world = People.draw(rng)
        target = int(rng.integers(PRACTICE))
        answers = world.head.copy()
        answers[target] = 1 - answers[target]
        everybody = np.ones(PRACTICE, dtype=bool)
        told = judge_patch(world.case(everybody, answers, submissions.noise())).practice
        right += is_right((told.wins or 0) - (told.losses or 0), bool(world.wrong[target]), rng)
    return right / people


def guess_by_bit(
    bits: Callable[[bool, Noise], bool], scale: float, people: int, rng: np.random.Generator
) -> float:
    """One person's secret guessed from one published bit at its threshold, by the better of the two readings."""
    submissions = Submissions(scale)
    half = people // 2
    shares = [np.mean([bits(secret, submissions.noise()) for _ in range(half)]) for secret in (True, False)]
    return float(0.5 + abs(shares[0] - shares[1]) / 2)


class Walks:
    """Groups walked to a threshold, to which one person is added whose secret the attacker wants."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.world = People.draw(rng)
        self.wrong, self.right = np.flatnonzero(self.world.wrong), np.flatnonzero(~self.world.wrong)

    def group(self, wins: int, losses: int, start: int = 0) -> Bools:
        """A group of so many people whom the patch puts right, and gets wrong."""
        mask = np.zeros(PRACTICE, dtype=bool)
        mask[self.wrong[start : start + wins]] = mask[self.right[start : start + losses]] = True
        return mask

    def gate(self, wins: int, losses: int) -> Callable[[bool, Noise], bool]:
        """Does the patch win one person more, or lose one? By whether it passed the gate."""

        def passed(wins_them: bool, noise: Noise) -> bool:
            mask = self.group(wins + int(wins_them), losses + int(not wins_them))
            return self.world.told(mask, noise).reason == "allowance"

        return passed

    def smallest_group(self) -> Callable[[bool, Noise], bool]:
        """Is one person more a practice row? By whether the group is too small to say anything."""

        def told(is_member: bool, noise: Noise) -> bool:
            mask = self.group((SMALLEST - 1) // 2 + int(is_member), SMALLEST // 2)
            return self.world.told(mask, noise).reason == "too_few"

        return told

    def repair(self, plain: int, balanced: int) -> Callable[[bool, Noise], bool]:
        """Is one person more lost in a guarded group where the patch wins as many as it loses? By the gate's bit: where
        they are, a repair takes the group back.
        """

        def passed(is_lost: bool, noise: Noise) -> bool:
            guarded = self.group(balanced + int(not is_lost), balanced + int(is_lost), start=plain)
            return self.world.told(self.group(plain, 0) | guarded, noise, guarded).reason == "allowance"

        return passed


def find_threshold(at: Callable[[int], Callable[[bool, Noise], bool]], scale: float, steps: int) -> int:
    """The walk's step at which the bit is nearest to a toss-up; of exact figures the one at which it turns."""
    submissions, tries = Submissions(scale), 20 if scale else 1
    found = []
    for step in range(steps):
        bit = at(step)
        passed = np.mean([bit(secret, submissions.noise()) for _ in range(tries) for secret in (True, False)])
        found.append(abs(float(passed) - 0.5))
    return int(np.argmin(found))
