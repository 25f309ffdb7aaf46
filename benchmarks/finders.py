"""Strategies of a team that finds and does not fix, each beside an honest finder who knows as much.

After her findings Bob, Charlie and Dora each send a patch for one of the three regions that the base model fails, and
one for everybody else. What she has beyond the honest finder, on final rows, is what the trick pays.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.game import ROWS, USUAL, Game, Mask, World, flip_answers
from benchmarks.gaming import RULES

HER_STRIP = (0.30, 0.33)  # a part of what is failed
FILLER = 0.13
MALLORY, SOCK = "mallory", "sock"


def _parts(world: World, low: float, high: float, parts: int) -> list[Mask]:
    """Equal parts of a strip, each a strip."""
    edges = np.linspace(low, high, parts + 1)
    return [world.strip(start, stop) for start, stop in itertools.pairwise(edges)]


def _fillers(world: World) -> list[Mask]:
    """Ten horizontal strips of 13% each: in whatever is failed they hold as much of it as anywhere."""
    return [
        (world.z >= start) & (world.z < start + FILLER) & ~world.strip(*HER_STRIP)
        for start in np.linspace(0.0, 1 - FILLER, 10)
    ]


def nominate_her_strip(game: Game, rng: np.random.Generator) -> None:
    """One finding: the strip that she knows."""
    game.finding(MALLORY, game.world.strip(*HER_STRIP))


def nominate_nothing(game: Game, rng: np.random.Generator) -> None:
    """Somebody who knows nothing."""


def nominate_strip_and_fillers(game: Game, rng: np.random.Generator) -> None:
    """Her strip, and then each filler by itself."""
    game.finding(MALLORY, game.world.strip(*HER_STRIP))
    for filler in _fillers(game.world)[1:]:
        game.finding(MALLORY, filler)


def nominate_filled_strips(game: Game, rng: np.random.Generator) -> None:
    """Ten findings of the one strip and 13% filler each."""
    for filler in _fillers(game.world):
        game.finding(MALLORY, game.world.strip(*HER_STRIP) | filler)


def nominate_filled_parts(game: Game, rng: np.random.Generator) -> None:
    """The strip cut into ten, each with a filler of its own."""
    world = game.world
    for part, filler in zip(_parts(world, *HER_STRIP, 10), _fillers(world), strict=True):
        game.finding(MALLORY, part | filler)


def fit_to_feedback(game: Game, rng: np.random.Generator) -> None:
    """Ninety random groups, whose feedback says which rows to put into ten that look worse."""
    bucket, votes = rng.integers(0, 400, ROWS), np.zeros(400)
    for _ in range(90):
        taken = rng.random(400) < 0.24
        told = game.finding(MALLORY, taken[bucket] & (bucket >= 0))
        votes += np.where(taken, told.gap, -told.gap)
    order = np.argsort(-votes)
    for start in range(0, 400, 40):
        game.finding(MALLORY, np.isin(bucket, order[start : start + 40]))


def nominate_what_is_fixed_next(game: Game, rng: np.random.Generator) -> None:
    """What Charlie and Dora are about to fix, before they do."""
    game.finding(MALLORY, game.world.strip(0.30, 0.42))
    game.finding(MALLORY, game.world.strip(0.42, 0.50))


def widen_what_is_fixed_next(game: Game, rng: np.random.Generator) -> None:
    """The same with as much around it as a finding may hold, then more about it, each a little wider."""
    game.finding(MALLORY, game.world.strip(0.26, 0.50))
    for wider in np.linspace(0.0, 0.09, 9):
        game.finding(MALLORY, game.world.strip(0.30 - wider, 0.42 + wider))


def spoil_by_a_sock(game: Game, rng: np.random.Generator) -> None:
    """A second account nominates broad strips over what others may find, and she her own."""
    game.finding(MALLORY, game.world.strip(*HER_STRIP))
    for filler in _fillers(game.world)[:5]:
        game.finding(SOCK, filler | game.world.strip(*HER_STRIP))


def find_by_a_sock(game: Game, rng: np.random.Generator) -> None:
    """A second account nominates the same strip a little changed, in ten ways."""
    game.finding(MALLORY, game.world.strip(*HER_STRIP))
    for wider in np.linspace(0.01, 0.10, 10):
        game.finding(SOCK, game.world.strip(HER_STRIP[0] - wider, HER_STRIP[1] + wider / 10))


def copy_findings(game: Game, rng: np.random.Generator) -> None:
    """Charlie's finding, which she has read, with a filler that makes it another one."""
    game.finding("charlie", game.world.strip(0.30, 0.42))
    for filler in _fillers(game.world)[:10]:
        game.finding(MALLORY, game.world.strip(0.30, 0.42) & (game.world.z < 0.5) | filler)


def read_and_leave(game: Game, rng: np.random.Generator) -> None:
    """Charlie's finding, which she has read and leaves to him; then the fillers by themselves."""
    game.finding("charlie", game.world.strip(0.30, 0.42))
    for filler in _fillers(game.world):
        game.finding(MALLORY, filler & ~game.world.strip(0.30, 0.42))


Play = Callable[[Game, np.random.Generator], None]


@dataclass(frozen=True)
class FinderTrick:
    """A trick before the others fix, beside what an honest finder with the same knowledge does; what each does late."""

    trick: Play
    honest: Play
    late: bool = False  # the trick is played after the first fix


FINDER_TRICKS: dict[str, FinderTrick] = {
    "filler strips": FinderTrick(nominate_filled_strips, nominate_strip_and_fillers),
    "filler on ten parts": FinderTrick(nominate_filled_parts, nominate_strip_and_fillers),
    "a hundred findings fitted to feedback": FinderTrick(fit_to_feedback, nominate_nothing),
    "nominating first what others fix, and more": FinderTrick(
        widen_what_is_fixed_next, nominate_what_is_fixed_next
    ),
    "a sock that finds": FinderTrick(find_by_a_sock, nominate_her_strip),
    "a sock that spoils": FinderTrick(spoil_by_a_sock, nominate_strip_and_fillers),
    "copied findings with filler": FinderTrick(copy_findings, read_and_leave),
    "holding back": FinderTrick(nominate_her_strip, nominate_her_strip, late=True),
}


def play_finder(play: Play, seed: int, rule: str = "present", *, late: bool = False) -> Game:
    """A whole competition with a finder. The same seed draws the same rows and the same patches."""
    world = World.drawn(seed)
    patches = [
        (team, mask, flip_answers(world.rng, world.y, USUAL))
        for team, mask in (
            ("charlie", world.strip(0.30, 0.42)),
            ("dora", world.strip(0.42, 0.50)),
            ("bob", world.strip(0.00, 0.10)),
        )
    ]
    usual = world.strip(0.50, 1.0)
    patches.append(("erin", usual, flip_answers(world.rng, world.y, USUAL / 3)))
    game, rng = RULES[rule](world), np.random.default_rng([seed, 2])
    if not late:
        play(game, rng)
    for number, (team, mask, answers) in enumerate(patches):
        game.patch(team, mask, answers)
        if late and number == 0:
            play(game, rng)
    return game
