"""False confirmed findings of an event: `python -m benchmarks.findings --json [--events N] [--seconds N]`.

46 teams send 100 findings each where no group is served worse than another. Some send random groups; others adapt: they
put the rows that practice feedback liked into later groups. Counted are the findings that an event calls confirmed, by
the present rule and by that of 2026-11 (on the practice rows that teams fitted to).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import progress, report
from evaluator.adjudication.findings import FindingCase, judge_finding
from evaluator.adjudication.gap_test import GapTest, confirm_family, measure_final
from evaluator.adjudication.noise import Noise, noise_finding
from evaluator.adjudication.nominations import MOST_COUNTED, holm_adjusted
from evaluator.adjudication.rule_2026_11.findings import gap_p_value
from evaluator.adjudication.sampling import Sampling

TEAMS, FINDINGS = 46, 100
LISTENED = 60  # random groups that a team sends before it fits
PRACTICE, FINAL = 4_000, 4_000
ERROR, LEVEL, SMALLEST = 0.2, 0.05, 20
GOAL = 0.2
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass
class Team:
    """A team that sends one group after another. `adapts`: by what it was told of the earlier ones."""

    rng: np.random.Generator
    adapts: bool
    sent: int = 0
    votes: Floats = field(default_factory=lambda: np.zeros(PRACTICE + FINAL))

    @property
    def is_fitting(self) -> bool:
        """Whether it has listened for long enough, and now sends what it was told to look worse."""
        return self.adapts and self.sent >= LISTENED

    def next_group(self) -> Mask:
        """The next group, bool over practice and final rows."""
        rows = len(self.votes)
        if self.is_fitting:
            # Half of the fifth that looked worst: on final rows, of which nothing was told, that is any tenth.
            liked = self.votes + self.rng.normal(0, 1e-9, rows)
            worst: Mask = (liked >= np.quantile(liked, 0.8)) & (self.rng.random(rows) < 0.5)
            return worst
        taken: Mask = self.rng.random(rows) < self.rng.uniform(0.02, 0.2)
        return taken

    def learn(self, group: Mask, gap: float) -> None:
        """Takes the gap that it was told of a group; of what it fitted itself it learns nothing new.

        Final rows have no feedback: what is voted of them is noise.
        """
        if not self.is_fitting:
            self.votes += np.where(group, gap, 0.0)
        self.sent += 1


@dataclass
class Event:
    """The simulated rows of an event: 0-1 losses, alike everywhere."""

    practice: Floats
    final: Floats

    @classmethod
    def drawn(cls, seed: int) -> Event:
        # Trailing zeros of a seed change nothing, so the event's begins otherwise than its teams'.
        rng = np.random.default_rng([1, seed])
        return cls(*((rng.random(rows) < ERROR).astype(np.float64) for rows in (PRACTICE, FINAL)))


def count_confirmed(seed: int, *, adapts: bool) -> tuple[int, int, int]:
    """(confirmed at the close by the present rule, worse on practice rows, confirmed by the rule of 2026-11)."""
    event, sent, worse, old = Event.drawn(seed), list[Mask](), 0, 0
    for number in range(TEAMS):
        groups = _play_present(event, Team(np.random.default_rng([2, seed, number]), adapts), (seed, number))
        worse += len(groups)
        sent += groups[:MOST_COUNTED]
        old += _play_old(event, Team(np.random.default_rng([2, seed, number]), adapts))
    tests = [measure_final(GapTest("fisher"), event.final, each[PRACTICE:], Sampling()) for each in sent]
    return sum(each.confirmed for each in confirm_family(tests)), worse, old


def _play_present(event: Event, team: Team, key: tuple[int, int]) -> list[Mask]:
    """A team's findings that are worse on practice rows. Own parts are whole groups here: it only makes more count."""
    worse = []
    for number in range(1, FINDINGS + 1):
        group = team.next_group()
        noise = Noise(2.0, "secret", f"{key} {number}")
        cells = noise_finding(event.practice, group[:PRACTICE], Sampling(), noise, is_zero_one=True)
        decision = judge_finding(FindingCase(cells, True, True, SMALLEST, noise_scale=2.0, number=number))
        team.learn(group, decision.practice.gap)
        if decision.state == "worse":
            worse.append(group)
    return worse


def _play_old(event: Event, team: Team) -> int:
    """How many of a team's findings the rule of 2026-11 confirms."""
    p_values: list[float] = []
    confirmed = 0
    for _ in range(FINDINGS):
        group = team.next_group()
        inside = group[:PRACTICE]
        p_values.append(gap_p_value(event.practice, inside))
        confirmed += holm_adjusted(p_values)[-1] <= LEVEL
        team.learn(group, float(event.practice[inside].mean() - event.practice[~inside].mean()))
    return confirmed


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=20, help="events of each kind")
    parser.add_argument("--seconds", type=float, default=300, help="no event is begun after so long")
    options = parser.parse_args()
    deadline = time.monotonic() + options.seconds
    for adapts in (False, True):
        who = "teams that adapt" if adapts else "random groups"
        found = []
        for seed in range(max(2, options.events)):
            if seed >= 2 and time.monotonic() > deadline:
                break
            progress(f"{who}, event {seed}")
            found.append(count_confirmed(seed, adapts=adapts))
        confirmed, worse, old = np.mean(found, axis=0).tolist()
        name = f"{who}: false confirmed findings an event"
        report(name, confirmed, "findings", f"<= {GOAL}", confirmed <= GOAL, as_json=options.json)
        report(f"{name} (rule 2026-11)", old, "findings", None, True, as_json=options.json)
        report(f"{who}: worse on practice rows an event", worse, "findings", None, True, as_json=options.json)
        report(f"{who}: events", len(found), "events", None, True, as_json=options.json)


if __name__ == "__main__":
    main()
