"""Simulated competitions in which one team tries to earn points that the model does not owe it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.rule_2026_11.acceptance import Case, Certification, Decision, judge_patch
from evaluator.adjudication.rule_2026_11.findings import FindingCase, judge_finding
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.decision_list import Head, Practice, Protected, Step
from evaluator.losses import Loss
from evaluator.scoring.points import CreditedFinding, improvement, row_credits, row_weights

Mask: TypeAlias = npt.NDArray[np.bool_]
Codes: TypeAlias = npt.NDArray[np.int16]
Floats: TypeAlias = npt.NDArray[np.float64]

PRACTICE, CERTIFICATION, FINAL = slice(0, 4_000), slice(4_000, 12_000), slice(12_000, 16_000)
ROWS = 16_000
QUERIES_A_TEAM = 20
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


class Game:
    """A competition by the platform's own rules: the gate, the ledger, findings, and points on final rows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.practice = Practice(PRACTICE, world.y[PRACTICE], Loss("zero_one"), 0.0, 20)
        self.published = [Head(0, world.base)]
        self.protected: list[Protected] = []
        self.state = LedgerState()
        self.asked: dict[str, int] = {}
        self.findings: list[CreditedFinding[str]] = []
        self.p_values: dict[str, list[float]] = {}
        self.weights = row_weights(world.cells[FINAL])
        self.credited: dict[str, Floats] = {}

    @property
    def head(self) -> Head:
        """The newest published head."""
        return self.published[-1]

    def patch(self, team: str, mask: Mask, answers: Codes) -> Decision:
        """Submit a patch; its decision."""
        step = Step(f"submission:{sum(self.asked.values())}-{len(self.published)}-{team}", mask, answers)
        block = Certification(CERTIFICATION, self.world.y[CERTIFICATION], self.state)
        left = QUERIES_A_TEAM - self.asked.get(team, 0)
        decision = judge_patch(
            Case(step, self.head, self.published, self.protected, self.practice, block, queries_left=left)
        )
        if decision.query is not None:
            self.asked[team] = self.asked.get(team, 0) + 1
            self.state = self.state.after_query(decision.query.passed, decision.query.alarm_bits)
        if decision.state == "accepted":
            self._publish(team, step, decision)
        return decision

    def _publish(self, team: str, step: Step, decision: Decision) -> None:
        before, after = self.loss(self.head), self.loss(decision.candidate.as_head())
        found = [CreditedFinding(finding.team, finding.mask[FINAL]) for finding in self.findings]
        for owner, rows in row_credits(team, before, after, found).items():
            self.credited[owner] = self.credited.get(owner, np.zeros(len(rows))) + rows
        self.published.append(decision.candidate.as_head())
        self.protected.append(Protected(step.key, step.mask))

    def finding(self, team: str, mask: Mask) -> bool:
        """Nominate a finding; True where it counts."""
        decision = judge_finding(
            FindingCase(
                mask,
                self.head,
                self.practice,
                team_p_values=self.p_values.get(team, []),
                earlier=[finding.mask for finding in self.findings],
                team_counted=sum(finding.team == team for finding in self.findings),
            )
        )
        self.p_values.setdefault(team, []).append(decision.practice.p_value)
        if decision.practice.counts:
            self.findings.append(CreditedFinding(team, mask))
        return decision.practice.counts

    def loss(self, head: Head) -> Floats:
        """The head's 0-1 losses on final rows, float64[m]."""
        return (head.predictions[FINAL] != self.world.y[FINAL]).astype(np.float64)

    def accepted(self, team: str) -> int:
        """The number of the team's accepted patches."""
        return sum(group.key.endswith(f"-{team}") for group in self.protected)

    def points(self, team: str) -> float:
        """Final points: what the team's credited rows take off the base model's loss."""
        base = self.loss(self.published[0])
        credited = self.credited.get(team)
        return 0.0 if credited is None else improvement(base, base - credited, self.weights)

    def total(self) -> float:
        """The points of all teams together."""
        return improvement(self.loss(self.published[0]), self.loss(self.head), self.weights)


@dataclass(frozen=True, eq=False)
class Own:
    """What Mallory honestly has: a patch for her strip, and how good it is."""

    mask: Mask
    answers: Codes


class Honest:
    """Sends the patch she has, once. The others overlap with her strip, before and after."""

    def __init__(self, world: World, own: Own, rng: np.random.Generator) -> None:
        self.world, self.own, self.rng = world, own, rng

    def early(self, game: Game, others: Own) -> None:
        """After Bob's patch, which she may have read."""

    def main(self, game: Game) -> None:
        game.patch("mallory", self.own.mask, self.own.answers)

    def late(self, game: Game, others: Own) -> None:
        """After Charlie's patch, the last of the others."""


class NearCopies(Honest):
    """Sends each accepted patch again, a little changed."""

    def early(self, game: Game, others: Own) -> None:
        kept = others.mask & (self.rng.random(ROWS) < 0.95)
        noisy = np.where(self.rng.random(ROWS) < 0.01, 1 - others.answers, others.answers)
        game.patch("mallory", kept, noisy.astype(np.int16))

    late = early


class InTenParts(Honest):
    """Cuts her patch into ten."""

    def main(self, game: Game) -> None:
        part = self.rng.integers(0, 10, ROWS)
        for number in range(10):
            game.patch("mallory", self.own.mask & (part == number), self.own.answers)


class Slivers(Honest):
    """Adds forty slivers of the rare cell, whose rows weigh most, with a model no better than the base."""

    def late(self, game: Game, others: Own) -> None:
        answers = flip_answers(self.rng, self.world.y, USUAL)
        for start in self.rng.uniform(0.5, 0.95, 40):
            sliver = self.world.strip(start, start + 0.05) & (self.world.cells == 2)
            game.patch("mallory", sliver, answers)


class NoiseHunting(Honest):
    """Adds up the random flips that practice feedback liked, and sends the sum now and then."""

    def late(self, game: Game, others: Own) -> None:
        votes = np.zeros(ROWS)
        for number in range(60):
            if number % 6 == 5:
                game.patch("mallory", votes > np.quantile(votes, 0.9), 1 - game.head.predictions)
                continue
            mask = self.rng.random(ROWS) < self.rng.uniform(0.05, 0.5)
            seen = game.patch("mallory", mask, 1 - game.head.predictions).practice
            votes += mask * (seen.wins - seen.losses) / max(1, seen.wins + seen.losses)


class LeakedLabels(Honest):
    """Knows every practice label, so that the gate lets her ask, and guesses on all other rows."""

    def late(self, game: Game, others: Own) -> None:
        for share in self.rng.uniform(0.02, 0.5, QUERIES_A_TEAM):
            guess = self.rng.integers(0, 2, ROWS).astype(np.int16)
            guess[PRACTICE] = self.world.y[PRACTICE]
            game.patch("mallory", self.rng.random(ROWS) < share, guess)


class Sandbagging(Honest):
    """Holds the good patch back: a weak one first, the whole at the end."""

    def main(self, game: Game) -> None:
        weak = np.where(self.rng.random(ROWS) < 0.5, self.own.answers, self.world.base)
        game.patch("mallory", self.own.mask, weak.astype(np.int16))

    def late(self, game: Game, others: Own) -> None:
        game.patch("mallory", self.own.mask, self.own.answers)


class CopiedFindings(Honest):
    """Nominates Charlie's finding again, different enough to count, before he fixes it."""

    def main(self, game: Game) -> None:
        game.finding("mallory", self.world.strip(0.30, 0.42) | self.world.strip(0.10, 0.14))
        super().main(game)


class BlanketFindings(Honest):
    """Nominates ten broad strips at once, wherever they lie."""

    def early(self, game: Game, others: Own) -> None:
        for start in self.rng.uniform(0.0, 0.8, 10):
            game.finding("mallory", self.world.strip(start, start + 0.2))


Strategy = Callable[[World, Own, np.random.Generator], Honest]

TRICKS: dict[str, Strategy] = {
    "near copies": NearCopies,
    "one patch split in ten": InTenParts,
    "slivers": Slivers,
    "noise hunting": NoiseHunting,
    "practice labels leaked": LeakedLabels,
    "sandbagging": Sandbagging,
    "copied findings": CopiedFindings,
}


def play_game(strategy: Strategy, seed: int) -> Game:
    """A whole competition. The same seed draws the same rows and the same honest patches for every strategy."""
    world = World.drawn(seed)
    strips = [world.strip(0.00, 0.10), world.strip(0.30, 0.42), world.strip(0.36, 0.50)]
    bobs, charlies, hers = (Own(strip, flip_answers(world.rng, world.y, USUAL)) for strip in strips)
    mallory = strategy(world, hers, np.random.default_rng([seed, 1]))
    game = Game(world)
    game.patch("bob", bobs.mask, bobs.answers)
    mallory.early(game, bobs)
    game.finding("charlie", charlies.mask)
    mallory.main(game)
    game.patch("charlie", charlies.mask, charlies.answers)
    mallory.late(game, charlies)
    return game
