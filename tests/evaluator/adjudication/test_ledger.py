"""The ledger of a block: its levels by the definition in exact fractions, and that they never sum to more than one."""

from __future__ import annotations

import math
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.adjudication.ledger import (
    SYMBOLS,
    Asked,
    BlockLedger,
    Retested,
    Symbol,
    block_delta,
    log_kt,
    rounded_chance,
)
from tests.evaluator.adjudication import ledger_definition as definition

CHANCES = st.sampled_from(definition.CHANCES)
STRINGS = st.lists(st.tuples(st.sampled_from(SYMBOLS), CHANCES), max_size=12)


def ledger_of(asked: list[tuple[Symbol, float]], delta: float = 0.05) -> BlockLedger:
    return BlockLedger(delta, tuple(Asked(*each) for each in asked))


def log_of(probability: object) -> float:
    return math.log(float(probability))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "accepted", "nats"), [(1, 0, 3.7), (5, 4, 4.4), (20, 15, 14.7), (60, 40, 42.7)]
)
def test_the_kt_part_of_a_level_is_as_the_science_lists_it(query: int, accepted: int, nats: float) -> None:
    assert math.log(20) - log_kt(accepted + 1, query - 1 - accepted) == pytest.approx(nats, abs=0.05)


@given(STRINGS, CHANCES)
def test_a_level_is_delta_times_p_of_the_string_then_an_accept(
    asked: list[tuple[Symbol, float]], chance: float
) -> None:
    symbols, chances = [each for each, _ in asked], [each for _, each in asked]
    # HS is of the refusals before: an accept adds nothing to it.
    exact = definition.string_probability([*symbols, "A"], [*chances, chance])
    ledger = ledger_of(asked)
    assert ledger.log_probability(chance) == pytest.approx(log_of(exact), abs=1e-9)
    assert ledger.level(chance) == pytest.approx(-math.log(0.05) - log_of(exact), abs=1e-9)


@given(STRINGS)
def test_published_bounds_share_what_the_string_left(asked: list[tuple[Symbol, float]]) -> None:
    symbols, chances = [each for each, _ in asked], [each for _, each in asked]
    exact = definition.string_probability(symbols, chances)
    expected = -math.log(0.05) - log_of(exact) + math.log(6)
    assert ledger_of(asked).bounds_level(6) == pytest.approx(expected, abs=1e-9)


def test_a_correction_costs_what_its_pattern_told() -> None:
    asked: list[tuple[Symbol, float]] = [("A", 0.7), ("R", 0.5), ("A", 0.95)]
    ledger = ledger_of(asked).after_retests([(1, True), (3, False)]).after("H", 0.55)
    exact = definition.string_probability(
        ["A", "R", "A", "H", "A"], [0.7, 0.5, 0.95, 0.55, 0.6], [[True, False]]
    )
    assert ledger.log_probability(0.6) == pytest.approx(log_of(exact), abs=1e-9)


def test_an_accepted_entry_is_tested_again_at_its_own_level_and_every_pattern_since() -> None:
    ledger = ledger_of([("A", 0.7), ("A", 0.5)])
    ledger = ledger.after_retests([(1, False), (2, True)]).after("R", 0.5).after("A", 0.95)
    second = (
        definition.string_probability(["A", "A"], [0.7, 0.5])
        * definition.retest_probability([False, True])
        * definition.retest_probability([True])
    )
    assert ledger.retest_level(2) == pytest.approx(-math.log(0.05) - log_of(second), abs=1e-9)
    fourth = definition.string_probability(
        ["A", "A", "R", "A"], [0.7, 0.5, 0.5, 0.95], [[False, True]]
    ) * definition.retest_probability([False, True])
    assert ledger.retest_level(4, [False]) == pytest.approx(-math.log(0.05) - log_of(fourth), abs=1e-9)


@given(STRINGS, CHANCES)
def test_the_continuations_of_a_string_sum_to_p_of_it(
    asked: list[tuple[Symbol, float]], chance: float
) -> None:
    ledger = ledger_of(asked)
    continued = [ledger.after(symbol, chance).bounds_level(1) for symbol in SYMBOLS]
    assert math.fsum(math.exp(-each) for each in continued) == pytest.approx(
        math.exp(-ledger.bounds_level(1)), rel=1e-9
    )
    # An accept's level is of the string that it makes.
    assert ledger.level(chance) == pytest.approx(continued[0], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([(0, 5), (1, 4), (2, 3)]))
def test_the_levels_of_first_false_certifications_sum_to_at_most_delta(
    seed: int, size: tuple[int, int]
) -> None:
    table, queries = size
    events = definition.FalseEvents(seed, table, queries)
    events.collect()
    assert sum(events.levels.values()) <= 1 + 1e-9


def test_retests_at_the_entries_own_levels_would_sum_to_more_than_delta() -> None:
    """Why corrections have a factor of their own: twenty accepts, all void on the corrected table."""
    ledger = BlockLedger(0.05)
    own = []
    for _ in range(20):
        own.append(ledger.level(0.5))
        ledger = ledger.after("A", 0.5)
    assert sum(math.exp(-level) for level in own) / 0.05 > 1.5
    levels = [ledger.retest_level(number, [False] * (number - 1)) for number in range(1, 21)]
    assert sum(math.exp(-level) for level in levels) / 0.05 < 1


def test_levels_stay_finite_far_down() -> None:
    ledger = BlockLedger(0.05, tuple(Asked("R", 0.97) for _ in range(5000)))
    # C is nothing after so many refusals of likely patches: KT alone pays.
    assert ledger.level(0.97) == pytest.approx(
        -math.log(0.05) - log_kt(1, 5000) + math.log(2) - alarms_of(5000), rel=1e-9
    )


def alarms_of(refusals: int) -> float:
    return math.fsum(math.log1p(-0.5 / (64 + refusal)) for refusal in range(refusals))


def test_blocks_share_delta_alike_where_their_number_is_fixed() -> None:
    assert block_delta(0.05, 1, 1) == 0.05
    assert block_delta(0.05, 2, 2) == 0.025


def test_where_blocks_may_be_added_their_shares_never_sum_to_more_than_delta() -> None:
    shares = [block_delta(0.05, number, None) for number in range(1, 200)]
    assert shares[1] == pytest.approx(0.05 / 6)
    assert max(accumulate(shares)) < 0.05


def test_there_is_no_share_for_a_block_beyond_the_fixed_number() -> None:
    with pytest.raises(ValueError, match="no block 2 of 1"):
        block_delta(0.05, 2, 1)


@pytest.mark.parametrize(
    ("chance", "stored"), [(0.0, 0.5), (0.52, 0.5), (0.73, 0.75), (0.94, 0.95), (0.96, 0.95), (0.99, 0.97)]
)
def test_a_chance_is_stored_rounded_then_clipped(chance: float, stored: float) -> None:
    assert rounded_chance(chance) == stored


@pytest.mark.parametrize("chance", [0.0, 0.49, 0.98, 1.0, math.nan])
def test_a_chance_that_was_not_clipped_has_no_level(chance: float) -> None:
    with pytest.raises(ValueError, match="lies in"):
        BlockLedger(0.05).level(chance)


def test_only_accepted_queries_are_tested_again() -> None:
    ledger = ledger_of([("R", 0.5), ("A", 0.5)])
    for number in (0, 1, 3):
        with pytest.raises(ValueError, match=f"Query {number} was not accepted"):
            ledger.retest_level(number)


def test_what_a_correction_dropped_is_not_tested_at_the_next() -> None:
    ledger = ledger_of([("A", 0.5)]).after_retests([(1, False)])
    with pytest.raises(ValueError, match="dropped at an earlier correction"):
        ledger.retest_level(1)


def test_corrections_of_queries_that_were_not_asked_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        BlockLedger(0.05, (), (Retested(1, ()),))
