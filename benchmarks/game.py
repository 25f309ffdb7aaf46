"""Simulated competitions, by the present rule and by that of 2026-11, in which points are counted on final rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from evaluator.adjudication import acceptance, case, findings
from evaluator.adjudication.feedback import FindingFeedback
from evaluator.adjudication.gap_test import GapTest, confirm_family, measure_final
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.noise import Noise
from evaluator.adjudication.nominations import own_part
from evaluator.adjudication.rule import Rule
from evaluator.adjudication.rule_2026_11 import acceptance as old_rule
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list import Candidate, Head, Practice, Protected, Step
from evaluator.losses import Loss
from evaluator.scoring.points import CreditedFinding, improvement, row_credits, row_weights

Mask: TypeAlias = npt.NDArray[np.bool_]
Codes: TypeAlias = npt.NDArray[np.int16]
Floats: TypeAlias = npt.NDArray[np.float64]

PRACTICE, CERTIFICATION, FINAL = slice(0, 4_000), slice(4_000, 12_000), slice(12_000, 16_000)
ROWS = 16_000
QUERIES_A_TEAM = 20
NOISE_SCALE = 2.0
USUAL, FAILED, WEAK = 0.15, 0.45, 0.30  # error rates


@dataclass(frozen=True, eq=False)
class World:
    """A simulated population: rows in a square, three regions that the base model fails, and declared cells, one of
    them rare.
    """

    x: Floats
    z: Floats
    y: Codes
    base: Codes
    cells: npt.NDArray[np.int64]
    rng: np.random.Generator = field(repr=False)

    @classmethod
    def drawn(cls, seed: int) -> World:
        """The population of a seed."""
        rng = np.random.default_rng(seed)
        x, z = rng.random(ROWS), rng.random(ROWS)
        y = rng.integers(0, 2, ROWS).astype(np.int16)
        failed = (x < 0.10) | ((x >= 0.30) & (x < 0.50))
        base = flip_answers(rng, y, np.where(failed, FAILED, USUAL))
        return cls(x, z, y, base, np.digitize(z, [0.70, 0.95]).astype(np.int64), rng)

    def strip(self, low: float, high: float) -> Mask:
        """The mask bool[n] of a vertical strip of the square."""
        return (self.x >= low) & (self.x < high)


def flip_answers(rng: np.random.Generator, y: Codes, rate: float | Floats) -> Codes:
    """Answers int16[n], wrong on a random share `rate` of the rows."""
    return np.where(rng.random(len(y)) < rate, 1 - y, y).astype(np.int16)


@dataclass(frozen=True, eq=False)
class SentFinding:
    """A finding that counts: when it was sent, its own part, and the head that it was sent against."""

    team: str
    sent: int
    mask: Mask
    own: Mask
    head: Head


@dataclass(frozen=True, eq=False)
class SentVersion:
    """An accepted patch: when it was sent, and losses on final rows before and after it."""

    team: str
    sent: int
    before: Floats
    after: Floats


@dataclass(frozen=True)
class PatchTold:
    """What a team is told of its patch: the state, and answers won and lost on practice rows."""

    state: str
    wins: int
    losses: int


class Game(ABC):
    """A competition: the gate, the ledger, findings, and points on final rows once it is closed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.practice = Practice(PRACTICE, world.y[PRACTICE], Loss("zero_one"), 0.0, 20)
        self.published = [Head(0, world.base)]
        self.protected: list[Protected] = []
        self.asked: dict[str, int] = {}
        self.findings: list[SentFinding] = []
        self.p_values: dict[str, list[float]] = {}
        self.versions: list[SentVersion] = []
        self.weights = row_weights(world.cells[FINAL])
        self.sent = 0

    @property
    def head(self) -> Head:
        """The newest published head."""
        return self.published[-1]

    def patch(self, team: str, mask: Mask, answers: Codes) -> PatchTold:
        """Submit a patch; what its team is told."""
        self.sent += 1
        step = Step(f"submission:{self.sent}-{team}", mask, answers)
        told, candidate = self._judge_patch(team, step)
        if told.state == "accepted":
            self.versions.append(
                SentVersion(team, self.sent, self.loss(self.head), self.loss(candidate.as_head()))
            )
            self.published.append(candidate.as_head())
            self.protected.append(Protected(step.key, step.mask))
        return told

    def finding(self, team: str, mask: Mask) -> FindingFeedback:
        """Nominate a finding; the feedback that its team is told."""
        self.sent += 1
        counted = [each.mask for each in self.findings]
        told = self._judge_finding(team, mask, counted)
        self.p_values.setdefault(team, []).append(told.p_value)
        if told.counts:
            self.findings.append(SentFinding(team, self.sent, mask, self._own_part(mask, counted), self.head))
        return told

    @abstractmethod
    def _judge_patch(self, team: str, step: Step) -> tuple[PatchTold, Candidate]: ...

    @abstractmethod
    def _judge_finding(self, team: str, mask: Mask, counted: list[Mask]) -> FindingFeedback: ...

    @abstractmethod
    def _own_part(self, mask: Mask, counted: list[Mask]) -> Mask: ...

    @abstractmethod
    def confirmed(self) -> list[SentFinding]:
        """The findings that are paid in the end."""

    @cached_property
    def credited(self) -> dict[str, Floats]:
        """Each team's credits on final rows, float64[m], summed over versions: asked once all is played."""
        paid, found = self.confirmed(), dict[str, Floats]()
        for version in self.versions:
            earlier = [
                CreditedFinding(each.team, each.own[FINAL]) for each in paid if each.sent < version.sent
            ]
            for owner, rows in row_credits(version.team, version.before, version.after, earlier).items():
                found[owner] = found.get(owner, np.zeros(len(rows))) + rows
        return found

    def loss(self, head: Head) -> Floats:
        """The head's 0-1 losses on final rows, float64[m]."""
        return (head.predictions[FINAL] != self.world.y[FINAL]).astype(np.float64)

    def accepted(self, team: str) -> int:
        """The number of the team's accepted patches."""
        return sum(version.team == team for version in self.versions)

    def points(self, *teams: str) -> float:
        """Final points of teams together: what their credited rows take off the base model's loss."""
        base, credited = self.loss(self.published[0]), self.credited
        rows = sum((credited[team] for team in teams if team in credited), np.zeros(len(base)))
        return improvement(base, base - rows, self.weights)

    def total(self) -> float:
        """The points of all teams together."""
        return improvement(self.loss(self.published[0]), self.loss(self.head), self.weights)


class OldGame(Game):
    """The rule of 2026-11: findings are confirmed on practice rows, and paid on all of their rows."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.state = LedgerState()

    def _judge_patch(self, team: str, step: Step) -> tuple[PatchTold, Candidate]:
        block = old_rule.Certification(CERTIFICATION, self.world.y[CERTIFICATION], self.state)
        left = QUERIES_A_TEAM - self.asked.get(team, 0)
        case = (step, self.head, self.published, self.protected, self.practice, block)
        decision = old_rule.judge_patch(old_rule.Case(*case, queries_left=left))
        if decision.query is not None:
            self.asked[team] = self.asked.get(team, 0) + 1
            self.state = self.state.after_query(decision.query.passed, decision.query.alarm_bits)
        return PatchTold(decision.state, decision.practice.wins, decision.practice.losses), decision.candidate

    def _judge_finding(self, team: str, mask: Mask, counted: list[Mask]) -> FindingFeedback:
        decision = old_rule.judge_finding(
            old_rule.FindingCase(
                mask,
                self.head,
                self.practice,
                team_p_values=self.p_values.get(team, []),
                earlier=counted,
                team_counted=sum(finding.team == team for finding in self.findings),
            )
        )
        return decision.practice

    def _own_part(self, mask: Mask, counted: list[Mask]) -> Mask:
        return mask

    def confirmed(self) -> list[SentFinding]:
        return self.findings


class PresentGame(Game):
    """The present rule: findings are judged and paid on their own parts, and confirmed on final rows at the close."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.ledger = BlockLedger(0.05)

    def _noise(self) -> Noise:
        return Noise(NOISE_SCALE, "secret", str(self.sent))

    def _judge_patch(self, team: str, step: Step) -> tuple[PatchTold, Candidate]:
        plain = Sampling()
        decision = acceptance.judge_patch(
            case.Case(
                step,
                self.head,
                self.published,
                self.protected,
                self.practice,
                plain,
                case.Certification(CERTIFICATION, self.world.y[CERTIFICATION], self.ledger, plain),
                self._noise(),
                Rule(version=2, gate_chance=0.7),
                queries_left=QUERIES_A_TEAM - self.asked.get(team, 0),
            )
        )
        if decision.query is not None:
            self.asked[team] = self.asked.get(team, 0) + 1
            self.ledger = self.ledger.after(decision.query.symbol, decision.query.chance)
        told = decision.practice
        return PatchTold(decision.state, told.wins or 0, told.losses or 0), decision.candidate

    def _judge_finding(self, team: str, mask: Mask, counted: list[Mask]) -> FindingFeedback:
        finding = findings.Finding(
            mask,
            self.head,
            self.practice,
            Sampling(),
            self._noise(),
            ROWS,  # who games knows all features: limits are asked of all rows
            counted,
            sum(each.team == team for each in self.findings),
            len(self.p_values.get(team, [])) + 1,
        )
        return findings.judge_finding(findings.build_case(finding)).practice

    def _own_part(self, mask: Mask, counted: list[Mask]) -> Mask:
        return own_part(mask, counted)

    def confirmed(self) -> list[SentFinding]:
        tests = [
            measure_final(GapTest("fisher"), self.loss(each.head), each.own[FINAL], Sampling())
            for each in self.findings
        ]
        family = confirm_family(tests)
        return [each for each, test in zip(self.findings, family, strict=True) if test.confirmed]
