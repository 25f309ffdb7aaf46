"""Release times as arithmetic on the public run and the row counts."""

from __future__ import annotations

import pytest

from evaluator.worker.release import FLOOR_S, KILL_BEFORE_S, STEP, PublicRun, Release, release_seconds

LONGEST = 15.0


def released(seconds, rows=1000, splits=(100,), complete=True, longest=LONGEST, wall=0.0):
    return release_seconds(PublicRun(seconds, wall, rows, complete), splits, longest)


def test_a_quick_run_is_released_at_the_floor():
    assert released(0.001) == FLOOR_S


def test_ten_times_the_public_run_a_row_are_given():
    # 1 second for 1,000 rows: 10 seconds for as many.
    assert 10.0 <= released(1.0, splits=(1000,)) <= 10.0 * STEP


def test_loading_a_file_takes_its_time_however_few_the_rows_are():
    assert released(1.0, rows=100_000, splits=(10, 10)) >= 6.0


def test_a_machine_that_was_busy_gives_more_time():
    assert released(0.1, rows=100_000, wall=1.0) >= 2.0


def test_it_is_never_more_than_the_sandbox_gives():
    assert released(100.0, splits=(1000,)) == LONGEST


def test_where_nothing_was_measured_the_sandbox_s_own_limit_is_given():
    assert released(0.0, complete=False) == released(0.0, rows=0) == LONGEST


@pytest.mark.parametrize("seconds", [0.001, 0.1, 0.4, 1.0, 3.3])
def test_times_are_rounded_up_so_that_a_busy_machine_moves_them_rarely(seconds):
    given = released(seconds, splits=(1000,))
    steps = {round(FLOOR_S * STEP**n, 9) for n in range(30)} | {LONGEST}
    assert round(given, 9) in steps
    assert given >= min(10 * seconds, LONGEST)


def test_more_rows_never_get_less_time():
    times = [released(0.3, splits=(rows,)) for rows in (1, 10, 100, 1000, 10_000)]
    assert times == sorted(times)


def test_the_wait_ends_at_the_release_and_is_never_longer():
    slept = []
    release = Release(5.0, clock=lambda: 3.5, sleep=slept.append)
    release.wait()
    Release(5.0, clock=lambda: 6.0, sleep=slept.append).wait()
    assert slept == [1.5]


def test_jobs_are_killed_before_the_release():
    assert Release(5.0).kill_at == pytest.approx(5.0 - KILL_BEFORE_S)
