"""Tricks against the points: `python -m benchmarks.points [--json] [--runs N] [--seconds N]`.

Each trick is played beside honest play on the same rows, by the present rule and by that of 2026-11; what counts is the
difference on final rows, with a 95% interval over runs. A trick pays where the whole interval lies above 0.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import progress, report
from benchmarks.finders import FINDER_TRICKS, MALLORY, SOCK, play_finder
from benchmarks.game import FINAL, PRACTICE, Game
from benchmarks.gaming import RULES, TRICKS, Honest, Strategy, play_game
from evaluator.decision_list import Step
from evaluator.scoring.shapley import Entry, Replays, estimate_shapley


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=40, help="competitions a trick and rule")
    parser.add_argument("--seconds", type=float, default=480, help="no run is begun after so long")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    for rule in RULES:
        _measure_finders(rule, options, deadline)
    for rule in RULES:
        _measure_fixers(rule, options, deadline)


def _measure_finders(rule: str, options: argparse.Namespace, deadline: float) -> None:
    """Tricks of a team that only finds, each beside an honest finder who knows as much."""
    for name, trick in FINDER_TRICKS.items():
        progress(f"{name}, rule {rule}")
        gained = []
        for seed in range(max(2, options.runs)):
            if seed >= 2 and time.monotonic() > deadline:
                break
            fair = play_finder(trick.honest, seed, rule)
            played = play_finder(trick.trick, seed, rule, late=trick.late)
            gained.append(played.points(MALLORY, SOCK) - fair.points(MALLORY, SOCK))
        figure = f"{name}: points gained over an honest finder (rule {rule})"
        _interval(figure, np.array(gained), options.json, goal=rule == "present")


def _measure_fixers(rule: str, options: argparse.Namespace, deadline: float) -> None:
    """Tricks of a team that has a patch, each beside honest play on the same rows."""
    progress(f"honest play, rule {rule}: at most {options.runs} competitions")
    honest = _games(Honest, options.runs, deadline, rule)
    hers = [game.points("mallory") for game in honest]
    accepted = float(np.mean([game.accepted("mallory") for game in honest]))
    report(
        f"honest play: points (rule {rule})", float(np.mean(hers)), "points", None, True, as_json=options.json
    )
    report(
        f"honest play: patches accepted a run (rule {rule})",
        accepted,
        "patches",
        None,
        True,
        as_json=options.json,
    )
    _sums(honest, options.json)
    for name, strategy in TRICKS.items():
        progress(f"{name}, rule {rule}")
        games = _games(strategy, len(hers), deadline, rule)
        figure = f"{name}: points gained over honest play (rule {rule})"
        _interval(figure, _gained(games, hers), options.json, goal=rule == "present")
        accepted = float(np.mean([game.accepted("mallory") for game in games]))
        report(
            f"{name}: patches accepted a run (rule {rule})",
            accepted,
            "patches",
            None,
            True,
            as_json=options.json,
        )
    if rule == "present":
        _shapley(honest[0], options.json)


def _games(strategy: Strategy, runs: int, deadline: float, rule: str) -> list[Game]:
    """As many competitions as the time allows, at least two."""
    games = []
    for seed in range(max(2, runs)):
        if seed >= 2 and time.monotonic() > deadline:
            break
        games.append(play_game(strategy, seed, rule))
    return games


def _gained(games: list[Game], honest: list[float]) -> NDArray[np.float64]:
    """Of each run beside the honest one on the same rows."""
    return np.array([game.points("mallory") - honest[run] for run, game in enumerate(games)])


def _interval(name: str, gained: NDArray[np.float64], as_json: bool, *, goal: bool) -> None:
    mean = float(gained.mean())
    half = float(1.96 * gained.std(ddof=1) / np.sqrt(len(gained)))
    report(name, mean, "points", None, True, as_json=as_json)
    lower_goal = "<= 0" if goal else None
    lower = mean - half
    report(f"{name}, lower end", lower, "points", lower_goal, not goal or lower <= 1e-9, as_json=as_json)
    report(f"{name}, upper end", mean + half, "points", None, True, as_json=as_json)
    report(f"{name}, runs", len(gained), "runs", None, True, as_json=as_json)


def _sums(games: list[Game], as_json: bool) -> None:
    """What all teams have together against what the model improved."""
    missed = max(abs(sum(map(game.points, game.credited)) - game.total()) for game in games)
    report(
        "sum over teams misses the improvement by",
        missed,
        "points",
        "<= 1e-6",
        missed <= 1e-6,
        as_json=as_json,
    )


def _shapley(game: Game, as_json: bool) -> None:
    """Why Shapley values are no score: a copy that the points pay nothing for would take half."""
    world = game.world
    mask, answers = world.strip(0.0, 0.1), game.published[1].predictions
    entries = [Entry(team, Step(f"submission:{team}", mask, answers)) for team in ("bob", "mallory")]
    replays = Replays(world.base, entries, [], game.practice, FINAL, world.y[FINAL], game.weights)
    found = estimate_shapley(replays)
    copied = found.values["mallory"].value / found.total if found.total else 0.0
    held = len(world.y[PRACTICE]) + len(world.y[FINAL])
    progress(f"a copy of one patch, {replays.count} replays of {held:,} rows")
    report("a copy's share under Shapley values", copied, "share", None, True, as_json=as_json)


if __name__ == "__main__":
    main()
