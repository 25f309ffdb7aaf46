"""Strategies of one team that tries to earn points which the model does not owe it, beside honest play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.game import (
    PRACTICE,
    QUERIES_A_TEAM,
    ROWS,
    USUAL,
    Codes,
    Game,
    Mask,
    OldGame,
    PresentGame,
    World,
    flip_answers,
)


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
            seen = game.patch("mallory", mask, 1 - game.head.predictions)
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


RULES: dict[str, Callable[[World], Game]] = {"present": PresentGame, "2026-11": OldGame}


def play_game(strategy: Strategy, seed: int, rule: str = "present") -> Game:
    """A whole competition. The same seed draws the same rows and the same honest patches for every strategy."""
    world = World.drawn(seed)
    strips = [world.strip(0.00, 0.10), world.strip(0.30, 0.42), world.strip(0.36, 0.50)]
    bobs, charlies, hers = (Own(strip, flip_answers(world.rng, world.y, USUAL)) for strip in strips)
    mallory = strategy(world, hers, np.random.default_rng([seed, 1]))
    game = RULES[rule](world)
    game.patch("bob", bobs.mask, bobs.answers)
    mallory.early(game, bobs)
    game.finding("charlie", charlies.mask)
    mallory.main(game)
    game.patch("charlie", charlies.mask, charlies.answers)
    mallory.late(game, charlies)
    return game
