"""Release times: when the run of strangers' code on secret rows ends for everybody else, fixed before it begins.

A run that ended when it was done would tell by its length what it met there. So the time is fixed from the public run
and the row counts alone, the worker's place stays taken until then, and what is not done by then has failed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# No release comes sooner, however quick the public run was.
FLOOR_S = 0.4
# The public run's time a row, so often, for each row of the run's splits.
TIMES_A_ROW = 10.0
# Loading a file takes its time however few the rows are: so many whole public runs for each split. By the wall clock
# fewer: then the machine was as busy as it may be again.
TIMES_A_SPLIT = 3.0
TIMES_A_SPLIT_BY_WALL = 2.0
# Times are rounded up to the floor times a power of this: what else the machine does moves them rarely.
STEP = 1.5
# Before the release whatever still runs is killed, so that nothing of its end falls behind it.
KILL_BEFORE_S = 0.1


@dataclass(frozen=True)
class PublicRun:
    """What the parts of a submission took on public rows: seconds of CPU and sleep of all their jobs, and by the wall
    clock, over `rows` public rows. `complete` is false where some part was not called there at all.
    """

    seconds: float
    wall_seconds: float
    rows: int
    complete: bool = True


def release_seconds(public: PublicRun, splits: Sequence[int], longest: float) -> float:
    """Seconds from the start of a run over splits of so many rows to its release; at most `longest`.

    Where the public run did not call every part nothing was measured: then `longest`, the sandbox's own limit.
    """
    if not public.complete or public.rows <= 0:
        return max(longest, FLOOR_S)
    by_row = TIMES_A_ROW * public.seconds / public.rows * sum(splits)
    by_split = len(splits) * max(TIMES_A_SPLIT * public.seconds, TIMES_A_SPLIT_BY_WALL * public.wall_seconds)
    return _round_up(min(max(by_row, by_split, FLOOR_S), max(longest, FLOOR_S)), longest)


def _round_up(seconds: float, longest: float) -> float:
    steps = math.ceil(math.log(seconds / FLOOR_S, STEP) - 1e-9)
    return min(FLOOR_S * STEP ** max(steps, 0), max(longest, FLOOR_S))


@dataclass(frozen=True)
class Release:
    """A release at a time of the monotonic clock."""

    at: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def after(cls, seconds: float) -> Release:
        """The release so many seconds from now on."""
        return cls(time.monotonic() + seconds)

    @property
    def kill_at(self) -> float:
        """The time at which a job of the run is killed."""
        return self.at - KILL_BEFORE_S

    def wait(self) -> None:
        """Sleep until the release. Returns at once where it is over: it is never moved."""
        if (left := self.at - self.clock()) > 0:
            self.sleep(left)
