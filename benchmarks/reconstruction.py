"""Reconstruction of secret practice labels from verdicts: how well attackers guess one person's label or membership.

`python -m benchmarks.reconstruction --json`. Each attack is run on what verdicts tell with noise of scale 2 and, as the
control, on exact figures. Attackers are given all that can be had in the worst case: who the practice rows are, their
features, what the head and the patch answer there, and in the walks the labels of everybody but one. Of two answers
guessed at random half are right: 0.5 is chance.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.figures import progress, report
from benchmarks.walks import (
    SCALE,
    Submissions,
    Walks,
    find_threshold,
    guess_by_bit,
    guess_one_changed_answer,
    is_right,
)
from evaluator.adjudication.noise import Noise, noise_patch
from evaluator.adjudication.sampling import Sampling

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CEILING = 300  # noised verdicts a person and competition
SENT_A_DAY, DAYS = 50, 30


# --- pairs of verdicts ---------------------------------------------------------------------------------------------
def guess_by_pairs(scale: float, people: int, pairs: int, rng: np.random.Generator) -> float:
    """Labels guessed from pairs of verdicts whose groups differ by one person, whom head and patch answer otherwise.

    The guess is the likelier label by the differences of all four cells: no better one can be made of them.
    """
    submissions, right = Submissions(scale), 0
    for _ in range(people):
        others_f, others_h = rng.random(200) < 0.3, rng.random(200) < 0.3
        f_wrong = bool(rng.random() < 0.5)
        evidence = 0.0
        for _ in range(pairs):
            with_them = _four_cells(
                np.append(others_f, f_wrong), np.append(others_h, not f_wrong), submissions
            )
            without = _four_cells(others_f, others_h, submissions)
            evidence += _log_odds(with_them - without, scale)
        right += is_right(evidence, f_wrong, rng)
    return right / people


def _four_cells(f_wrong: Bools, h_wrong: Bools, submissions: Submissions) -> npt.NDArray[np.int64]:
    """The cells (f wrong, h right) and (f right, h wrong), as rows, losses, wins and means give them away."""
    told = noise_patch(
        f_wrong.astype(float),
        h_wrong.astype(float),
        np.ones(len(f_wrong), dtype=bool),
        Sampling(),
        submissions.noise(),
        is_zero_one=True,
    )
    assert told.wins is not None and told.losses is not None  # noqa: S101 - of the 0-1 loss
    return np.array([told.wins, told.losses])


def _log_odds(differences: npt.NDArray[np.int64], scale: float) -> float:
    """ln P(differences | f wrong) / P(differences | h wrong)."""
    if not scale:
        return math.inf if differences[0] == 1 else -math.inf
    won, lost = (int(each) for each in differences)
    return (
        _log_density(won - 1, scale)
        + _log_density(lost, scale)
        - _log_density(won, scale)
        - _log_density(lost - 1, scale)
    )


def _log_density(step: int, scale: float) -> float:
    """ln of the probability of a difference of two discrete Laplace variables, up to a constant."""
    decay, size = math.exp(-1 / scale), abs(step)
    # The convolution of p^|j| with itself is p^s (s + (1 + p^2) / (1 - p^2)).
    return size * math.log(decay) + math.log(size + (1 + decay**2) / (1 - decay**2))


def guess_by_equality(scale: float, people: int, rng: np.random.Generator) -> float:
    """Two verdicts on groups that differ by one person, who may be no practice row: are their figures equal?"""
    submissions, right = Submissions(scale), 0
    for _ in range(people):
        f_wrong, h_wrong = rng.random(60) < 0.5, rng.random(60) < 0.5
        is_member = bool(rng.random() < 0.5)
        one = _four_cells(f_wrong, h_wrong, submissions)
        if is_member:
            wins = bool(rng.random() < 0.5)
            f_wrong, h_wrong = np.append(f_wrong, wins), np.append(h_wrong, not wins)
        two = _four_cells(f_wrong, h_wrong, submissions)
        right += bool((one != two).any()) == is_member
    # An attacker who knows that figures differ either way says nothing: the better of both readings counts.
    return max(right, people - right) / people


# --- a month of groups ---------------------------------------------------------------------------------------------
def guess_by_least_squares(scale: float, rows: int, verdicts: int, rng: np.random.Generator) -> float:
    """Labels of all people from verdicts on random halves of them with random patches, by least squares.

    Each verdict gives two equations: among changed answers wins less losses, among the others wrong less right.
    """
    truth = rng.random(rows) < 0.5  # is the head wrong about them?
    signs = np.where(truth, 1.0, -1.0)
    submissions = Submissions(scale)
    equations, values = [], []
    for _ in range(verdicts):
        inside, changed = rng.random(rows) < 0.5, rng.random(rows) < 0.5
        noise = submissions.noise()
        for part, names in ((inside & changed, ("wins", "losses")), (inside & ~changed, ("wrong", "right"))):
            wrong, right = int(np.sum(part & truth)), int(np.sum(part & ~truth))
            equations.append(part.astype(float))
            values.append(noise.count(names[0], wrong) - noise.count(names[1], right))
    matrix, told = np.array(equations), np.array(values, dtype=float)
    # Ridge: where there are fewer equations than people, the prior decides.
    ridge = 4 * scale**2 + 1e-6
    # The smaller of the two equivalent systems: one line a verdict, or one a person.
    if len(matrix) < rows:
        guess = matrix.T @ np.linalg.solve(matrix @ matrix.T + ridge * np.eye(len(matrix)), told)
    else:
        guess = np.linalg.solve(matrix.T @ matrix + ridge * np.eye(rows), matrix.T @ told)
    return float(np.mean((guess > 0) == (signs > 0)))


@dataclass(frozen=True)
class Attack:
    """An attack: `guess` gives the share of right guesses at a noise scale; `most` is the goal with noise."""

    name: str
    guess: Callable[[float], float]
    most: float | None = None


def attacks(runs: int, rng: np.random.Generator) -> list[Attack]:
    """All attacks of this module, each with so many guesses, or runs."""
    walks = Walks(rng)
    chance = 0.5 + 3 * 0.5 / math.sqrt(runs)

    def walked(at: Callable[[int], Callable[[bool, Noise], bool]]) -> Callable[[float], float]:
        return lambda scale: guess_by_bit(at(find_threshold(at, scale, 30)), scale, runs, rng)

    def month(rows: int, verdicts: int) -> Callable[[float], float]:
        return lambda scale: guess_by_least_squares(scale, rows, verdicts, rng)

    all_sent = SENT_A_DAY * DAYS
    one = min(all_sent, CEILING)
    return [
        Attack("one pair that differs by one person", lambda s: guess_by_pairs(s, runs, 1, rng), 0.60),
        Attack("20 pairs of one person", lambda s: guess_by_pairs(s, max(1, runs // 5), 20, rng)),
        Attack("one changed answer", lambda s: guess_one_changed_answer(s, runs, rng), chance),
        Attack("walking the gate", walked(lambda step: walks.gate(10 + step, 10)), 0.65),
        Attack("walking k", lambda s: guess_by_bit(walks.smallest_group(), s, runs, rng), 0.65),
        Attack("walking the gate beside a repair", walked(lambda step: walks.repair(8 + step, 40)), 0.65),
        Attack("walking a repair", lambda s: guess_by_bit(walks.repair(16, 60), s, runs, rng), 0.65),
        Attack(
            "equality of two verdicts", lambda s: guess_by_equality(s, runs, rng), 0.5 + 2 * (chance - 0.5)
        ),
        *(
            Attack(f"{words} on {rows:,} people", month(rows, verdicts))
            for rows in (1000, 4000)
            for words, verdicts in (
                ("a month of one account", one),
                ("a month of ten accounts", 10 * one),
                ("a month of one account without the ceiling", all_sent),
            )
        ),
    ]


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="guesses of each attack")
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    options = parser.parse_args()
    for attack in attacks(options.runs, np.random.default_rng(0)):
        progress(attack.name)
        for scale, words in ((SCALE, f"noise of scale {SCALE:g}"), (0.0, "control: exact figures")):
            found = attack.guess(scale)
            goal = None if attack.most is None or not scale else f"<= {attack.most:.2f}"
            holds = goal is None or found <= (attack.most or 1.0)
            report(
                f"{attack.name}, {words}",
                round(found, 4),
                "of guesses right",
                goal,
                holds,
                as_json=options.json,
            )


if __name__ == "__main__":
    main()
