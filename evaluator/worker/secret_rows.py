"""Secret rows of a submission: practice, each certification block and final rows, as runs of their own.

What a run may tell is decided here: a failure on practice rows is told by its class; one on certification or final
rows, ours included, is silent, and the rows count as outside the group. By the rule of 2026-11 any failure is one word.
Where a stranger's code runs, practice rows and all the others are released at one time each (evaluator.worker.release).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.errors import ParticipantError
from evaluator.splits import Layout
from evaluator.worker.release import Release

# The group's mask and the patch's predictions (0 outside it) on a split's rows, by a time of the monotonic clock.
AnswerSplit = Callable[[str, float | None], tuple[NDArray[np.bool_], NDArray[Any]]]
PRACTICE = "practice"


class FailedOnPractice(ParticipantError):
    """A failure on practice rows. `error_class` is all that may be told of it."""


class FailedOnSecret(ParticipantError):
    """A failure on any secret rows by the rule of 2026-11, of which not even the class is told."""


@dataclass(frozen=True)
class SplitAnswers:
    """The answers of a submission on one split's rows, as a slice over all rows."""

    rows: slice
    mask: NDArray[np.bool_]
    predictions: NDArray[Any]


@dataclass(frozen=True)
class SecretRows:
    """The runs over the secret rows of one order. `seconds(rows of each split)` gives the time of a release; None where
    no stranger's code runs, which is told at once.
    """

    layout: Layout
    answer: AnswerSplit
    seconds: Callable[[Sequence[int]], float] | None
    rule_version: int

    def run(self) -> Iterator[SplitAnswers]:
        """The answers on each split; splits that failed silently are left out.

        Raises FailedOnPractice or, by the rule of 2026-11, FailedOnSecret at the release of their run, and
        PlatformFault for what is ours on practice rows.
        """
        others = [name for name in self.layout.ranges if self._is_secret(name) and name != PRACTICE]
        if self.rule_version == 1:
            yield from self._released([PRACTICE, *others], self._answer_or_fail)
            return
        yield from self._released([PRACTICE], self._answer_practice)
        yield from self._released(others, self._answer_or_nothing)

    def _is_secret(self, split: str) -> bool:
        return self.layout.ranges[split][0] >= self.layout.public

    def _released(
        self, splits: list[str], answer: Callable[[str, float | None], SplitAnswers | None]
    ) -> list[SplitAnswers]:
        """The answers on these splits, all told at one time, whatever any of them did."""
        if self.seconds is None:
            return [found for split in splits if (found := answer(split, None)) is not None]
        rows = [stop - start for start, stop in (self.layout.ranges[split] for split in splits)]
        release = Release.after(self.seconds(rows))
        try:
            return [found for split in splits if (found := answer(split, release.kill_at)) is not None]
        finally:
            release.wait()

    def _answer_split(self, split: str, until: float | None) -> SplitAnswers:
        mask, predictions = self.answer(split, until)
        return SplitAnswers(self.layout.rows_of(split), mask, predictions)

    def _answer_practice(self, split: str, until: float | None) -> SplitAnswers:
        try:
            return self._answer_split(split, until)
        except ParticipantError as error:
            # Neither its words nor what it was raised from: both may hold a cell.
            raise FailedOnPractice(error.error_class, "") from None

    def _answer_or_fail(self, split: str, until: float | None) -> SplitAnswers:
        try:
            return self._answer_split(split, until)
        except ParticipantError as error:
            raise FailedOnSecret(error.error_class, "") from None

    def _answer_or_nothing(self, split: str, until: float | None) -> SplitAnswers | None:
        """Nothing where it fails, for whatever reason, and nobody is told: a line in a log would be a message, too."""
        try:
            return self._answer_split(split, until)
        except Exception:
            return None
