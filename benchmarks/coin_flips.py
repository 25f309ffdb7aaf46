"""Simulated attacks on labels that are coin flips, by strangers who adapt to everything they are told: nothing may
be accepted.

Many competitions at once, one a row of every array: bool[R, 2 * SPLIT], practice rows first. There are no
repairs: where a group ends worse than it was on practice rows, no rule with a gate would ask.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.rules import RULES, Bools, Counts

SPLIT = 2_000  # practice rows, and holdout rows
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Told:
    """Feedback to strangers after a submission, one entry a competition."""

    practice: Counts
    queried: Bools
    accepted: Bools


class RandomFlips:
    """A strategy of random flips of the head."""

    def __init__(self, rng: np.random.Generator, practice_labels: Bools) -> None:
        self.rng, self.runs = rng, len(practice_labels)
        self.shape = (self.runs, 2 * SPLIT)

    def propose(self, head: Bools) -> tuple[Bools, Bools]:
        """A group and its answers."""
        share = self.rng.uniform(0.01, 0.5, (self.runs, 1)).astype(np.float32)
        return self._noise() < share, ~head

    def learn(self, mask: Bools, answers: Bools, told: Told) -> None:
        """Nothing."""

    def _noise(self) -> Floats:
        return self.rng.random(self.shape, dtype=np.float32)


class Booster(RandomFlips):
    """A strategy that adds up the flips that were liked: by practice feedback on practice rows, by accepted bits on
    the others.
    """

    def __init__(self, rng: np.random.Generator, practice_labels: Bools) -> None:
        super().__init__(rng, practice_labels)
        self.votes = np.zeros(self.shape, dtype=np.float32)
        self.exploring = False

    def propose(self, head: Bools) -> tuple[Bools, Bools]:
        """Masks and answers of the next submissions, each bool[R, rows]."""
        self.exploring = self.rng.random() < 0.8
        if self.exploring:
            return super().propose(head)
        strength = np.abs(self.votes)
        place = int(self.rng.uniform(0.2, 0.95) * (2 * SPLIT - 1))
        return strength >= np.partition(strength, place, axis=1)[:, place, None], self.votes > 0

    def learn(self, mask: Bools, answers: Bools, told: Told) -> None:
        """Add the submission's direction to the votes."""
        direction = _direction(mask, answers)
        if self.exploring:  # its own sum of votes says nothing new
            changed = np.maximum(1, told.practice.wins + told.practice.losses)
            self.votes += (told.practice.net / changed).astype(np.float32)[:, None] * direction
        self.votes[:, SPLIT:] += _lean(told)[:, None] * direction[:, SPLIT:]


class CooperatingTeams(RandomFlips):
    """A strategy of teams that share practice labels outright, so that every try reaches the holdout, and share
    each bit.
    """

    def __init__(self, rng: np.random.Generator, practice_labels: Bools) -> None:
        super().__init__(rng, practice_labels)
        self.known = practice_labels
        self.bits = np.zeros((self.runs, SPLIT), dtype=np.float32)

    def propose(self, head: Bools) -> tuple[Bools, Bools]:
        """Masks and answers of the next submissions, each bool[R, rows]."""
        noise = self._noise()
        # One draw serves for three choices: which rows, whether to follow the bits, and the guess.
        guess = (noise * 1024) % 1 < 0.5
        followed = ((noise * 32768) % 1 < 0.3)[:, SPLIT:] & (self.bits != 0)
        guess[:, SPLIT:] = np.where(followed, self.bits > 0, guess[:, SPLIT:])
        guess[:, :SPLIT] = self.known
        return noise < self.rng.uniform(0.02, 1.0, (self.runs, 1)).astype(np.float32), guess

    def learn(self, mask: Bools, answers: Bools, told: Told) -> None:
        """Remember the shared bit of the submission."""
        self.bits += _lean(told)[:, None] * _direction(mask, answers)[:, SPLIT:]


class League(RandomFlips):
    """A strategy of all of these in league, in turn: practice labels, what each was told and each bit are shared."""

    def __init__(self, rng: np.random.Generator, practice_labels: Bools) -> None:
        super().__init__(rng, practice_labels)
        self.known = practice_labels
        self.booster = Booster(rng, practice_labels)
        self.teams = CooperatingTeams(rng, practice_labels)
        self.members = (RandomFlips(rng, practice_labels), self.booster, self.teams)
        self.turn = -1

    def propose(self, head: Bools) -> tuple[Bools, Bools]:
        """Masks and answers of the next submissions, each bool[R, rows]: on practice rows always right."""
        self.turn = (self.turn + 1) % len(self.members)
        mask, answers = self.members[self.turn].propose(head)
        return mask, np.concatenate([self.known, answers[:, SPLIT:]], axis=1)

    def learn(self, mask: Bools, answers: Bools, told: Told) -> None:
        """Tell both who learn."""
        # What the booster made of its own votes says nothing new of practice rows, whatever another member's says.
        self.booster.exploring = self.booster.exploring or self.members[self.turn] is not self.booster
        for member in (self.booster, self.teams):
            member.learn(mask, answers, told)


def _direction(mask: Bools, answers: Bools) -> Floats:
    """+1 where the group answers 1, -1 where it answers 0, 0 outside it."""
    return np.where(mask, np.where(answers, np.float32(1), np.float32(-1)), np.float32(0))


def _lean(told: Told) -> Floats:
    """An accepted bit weighs more than a refusal, which is what most queries end in."""
    lean = np.where(told.accepted, np.float32(1), np.float32(-0.1))
    return np.where(told.queried, lean, np.float32(0))


ATTACKERS: dict[str, type[RandomFlips]] = {
    "random flips": RandomFlips,
    "boosting on accepted bits": Booster,
    "cooperating teams": CooperatingTeams,
    "all three in league": League,
}


@dataclass(frozen=True)
class Attack:
    """The result of R attacked competitions. Every accept is a false one; the true error is 0.5 whatever is shown."""

    queries: npt.NDArray[np.int64]
    accepts: npt.NDArray[np.int64]
    shown_error: npt.NDArray[np.float64]  # on holdout rows


def attack(attacker: str, rule: str, runs: int, submissions: int, seed: int = 0) -> Attack:
    """Whole competitions on coin flips against one kind of attacker, judged by one of `rules.RULES`."""
    rng = np.random.default_rng(seed)
    labels, head = _coins(rng, runs), _coins(rng, runs)
    stranger = ATTACKERS[attacker](rng, labels[:, :SPLIT])
    judge = RULES[rule](runs, SPLIT, submissions)
    queries, accepts = np.zeros(runs, dtype=np.int64), np.zeros(runs, dtype=np.int64)
    for _ in range(submissions):
        mask, answers = stranger.propose(head)
        practice, holdout = counts(mask, answers, head, labels)
        queried, accepted = judge.decide(practice, holdout)
        stranger.learn(mask, answers, Told(practice, queried, accepted))
        queries += queried
        accepts += accepted
        if accepted.any():
            head = np.where(mask & accepted[:, None], answers, head)
    return Attack(queries, accepts, np.mean(head[:, SPLIT:] != labels[:, SPLIT:], axis=1))


def counts(mask: Bools, answers: Bools, head: Bools, labels: Bools) -> tuple[Counts, Counts]:
    """Wins and losses of the candidates on practice and on holdout rows."""
    changed = mask & (answers != head)
    won = changed & (answers == labels)
    parts = []
    for rows in (slice(0, SPLIT), slice(SPLIT, 2 * SPLIT)):
        wins = np.count_nonzero(won[:, rows], axis=1)
        parts.append(Counts(wins, np.count_nonzero(changed[:, rows], axis=1) - wins, SPLIT))
    return parts[0], parts[1]


def _coins(rng: np.random.Generator, runs: int) -> Bools:
    return rng.integers(0, 2, (runs, 2 * SPLIT), dtype=np.uint8).astype(np.bool_)
