"""The exact benchmark: over every strategy on tiny tables the rules hold their delta, and broken ones do not."""

from __future__ import annotations

import pytest

from benchmarks.exact import RULES, Play, worst_error
from benchmarks.small_tables import AnyTestTable, SignTestTable

ANY_TEST = [Play(lambda: AnyTestTable(16), 4, corrections) for corrections in (0, 1, 2)]
SIGN_TEST = [Play(lambda: SignTestTable(2, alike=True), 4, 0)] + [
    Play(lambda: SignTestTable(2, alike=False), 2, corrections, redraws)
    for corrections in (1, 2)
    for redraws in (False, True)
]


@pytest.mark.parametrize("play", ANY_TEST + SIGN_TEST, ids=lambda play: play.words)
@pytest.mark.parametrize("name", ["new", "2026-11"])
def test_no_strategy_certifies_something_false_more_often_than_delta(name: str, play: Play) -> None:
    assert worst_error(RULES[name], play, 0.49) <= 1


def test_any_test_leaves_little_of_delta_unused() -> None:
    """The bound is no empty one: a strategy gets most of it."""
    assert worst_error(RULES["new"], ANY_TEST[0], 0.49) > 0.6


def test_a_rule_that_does_not_count_refusals_is_found_out() -> None:
    assert worst_error(RULES["refusals are free"], ANY_TEST[0], 0.49) > 1


def test_a_rule_that_tests_entries_again_at_their_own_levels_is_found_out() -> None:
    rule = RULES["retests at the entries' own levels"]
    assert worst_error(rule, ANY_TEST[1], 0.25) > 1
    assert worst_error(rule, SIGN_TEST[1], 0.49) > 1


def test_two_fair_rows_alike_are_one_set() -> None:
    table = SignTestTable(2, alike=True)
    # Of the 16 sets of the four label vectors: none, one, two alike in a row or not, three, all.
    assert len(table.nothing()) == 6
