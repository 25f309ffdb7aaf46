"""What the betting test accepts that Bernstein's bound could not, by the benchmark's own planted effects."""

from __future__ import annotations

import pytest

from benchmarks.bets import bet_power, oversampled_null, unit_size_null


@pytest.mark.parametrize(("loss", "least"), [("cost", 0.9), ("squared", 0.95)])
def test_a_mended_group_of_one_in_twenty_is_accepted_where_bernsteins_bound_accepts_next_to_none(
    loss: str, least: float
) -> None:
    power = bet_power(loss, 0.05, 20_000, runs=60)  # type: ignore[arg-type]
    assert power.new >= least
    assert power.old <= 0.15
    assert power.predicted >= 0.8


def test_rows_of_larger_units_show_less() -> None:
    alone, threes = (bet_power("cost", 0.05, 20_000, unit_rows=rows, runs=60) for rows in (1, 3))
    assert threes.new < alone.new


def test_a_gain_of_nothing_on_the_table_is_accepted_no_more_often_than_the_level() -> None:
    for found in (oversampled_null(runs=100), unit_size_null(runs=100)):
        assert found.bet <= 0.05 < found.naive
