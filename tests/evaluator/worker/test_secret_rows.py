"""Secret rows split by split: what a failure on each of them tells, and when."""

from __future__ import annotations

import time

import numpy as np
import pytest

from evaluator.errors import ErrorClass, ParticipantError, PlatformFault, SandboxUnavailable
from evaluator.splits import Layout
from evaluator.worker.secret_rows import FailedOnPractice, FailedOnSecret, SecretRows

LAYOUT = Layout(
    {"train": (0, 4), "explore": (4, 6), "practice": (6, 9), "certification-1": (9, 11)}
    | {"certification-2": (11, 12), "final": (12, 14)},
    6,
    14,
)
SECRET = ["practice", "certification-1", "certification-2", "final"]


def runs(failing=(), error=None, rule_version=2, seconds=None):
    """The secret rows of a submission that fails on some splits, and the splits that it was asked about."""
    asked = []

    def answer(split, until):
        asked.append((split, until))
        if split in failing:
            raise error or ParticipantError(ErrorClass.CRASHED, "AGE of row 3 was 17")
        n = len(range(*LAYOUT.ranges[split]))
        return np.ones(n, dtype=bool), np.ones(n, dtype=np.int16)

    return SecretRows(LAYOUT, answer, seconds, rule_version), asked


def test_each_split_is_asked_for_itself_practice_first():
    rows, asked = runs()
    found = list(rows.run())
    assert [split for split, _ in asked] == SECRET
    assert [(part.rows.start, part.rows.stop) for part in found] == [(6, 9), (9, 11), (11, 12), (12, 14)]


def test_a_failure_on_practice_rows_ends_it_with_its_class_alone():
    rows, asked = runs(["practice"])
    with pytest.raises(FailedOnPractice) as caught:
        list(rows.run())
    assert (caught.value.error_class, caught.value.detail) == (ErrorClass.CRASHED, "")
    assert caught.value.__cause__ is None
    assert [split for split, _ in asked] == ["practice"]


@pytest.mark.parametrize("split", SECRET[1:])
@pytest.mark.parametrize(
    "error",
    [
        ParticipantError(ErrorClass.MEMORY, ""),
        PlatformFault("the jail is gone"),
        SandboxUnavailable("no namespaces"),
        KeyError("17"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_on_certification_or_final_rows_leaves_them_out_and_says_nothing(split, error, caplog):
    rows, asked = runs([split], error)
    found = list(rows.run())
    assert [split for split, _ in asked] == SECRET
    assert [part.rows for part in found] == [LAYOUT.rows_of(name) for name in SECRET if name != split]
    assert not caplog.records


def test_our_own_fault_on_practice_rows_is_ours():
    rows, _ = runs(["practice"], PlatformFault("the jail is gone"))
    with pytest.raises(PlatformFault):
        list(rows.run())


@pytest.mark.parametrize("split", SECRET)
def test_by_the_rule_of_2026_11_any_failure_is_one_word(split):
    rows, _ = runs([split], rule_version=1)
    with pytest.raises(FailedOnSecret) as caught:
        list(rows.run())
    assert caught.value.detail == ""


def test_practice_rows_and_all_the_others_are_released_at_one_time_each():
    rows, asked = runs(["certification-1"], seconds=lambda rows: 0.2)
    started = time.monotonic()
    list(rows.run())
    assert time.monotonic() - started >= 0.4
    ends = [until for _, until in asked]
    assert ends[0] < ends[1] == ends[2] == ends[3]


def test_a_failure_is_told_at_the_release_and_not_before():
    rows, _ = runs(["practice"], seconds=lambda rows: 0.2)
    started = time.monotonic()
    with pytest.raises(FailedOnPractice):
        list(rows.run())
    assert time.monotonic() - started >= 0.2


def test_the_time_is_fixed_from_the_rows_of_all_splits_of_a_run():
    given = []
    rows, _ = runs(seconds=lambda rows: given.append(list(rows)) or 0.0)
    list(rows.run())
    assert given == [[3], [2, 1, 2]]
