"""What the organiser is told about the holdout."""

import json

import numpy as np
import pytest

from evaluator.__main__ import main
from evaluator.adjudication.holdout import BlockRows, Holdout, typical_size
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.planner import (
    STATES,
    plan_holdout,
    query_capacity,
    rows_for_queries,
    share_of_team,
)
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, smallest_passing_gain


def holdout(*rows: int, **fields) -> Holdout:
    """Plain blocks of so many rows; their number is fixed."""
    return Holdout(tuple(map(BlockRows, rows)), 0.05, **{"fixed_blocks": len(rows) or 1} | fields)


def older(*rows: int, **fields) -> Holdout:
    """The same by the rule of 2026-11."""
    return Holdout(tuple(map(BlockRows, rows)), 0.05, rule_version=1, **fields)


def words_of(plan) -> str:
    return " ".join(plan.sentences)


def test_the_older_rule_s_table_is_its_ledgers_own_arithmetic():
    table = plan_holdout(older(2800, 5000))
    assert len(table.lines) == 2 * len(STATES)
    line = table.lines[len(STATES) + 1]
    assert (line.block, line.rows, line.query, line.accepted) == (2, 5000, 5, 4)
    assert line.gain == smallest_passing_gain(5000, LedgerState(4, 4, 0, 0.05, 2))


def test_the_present_rule_s_level_is_its_ledgers_own():
    ledger = BlockLedger(0.025)
    for symbol in "AAAR":
        ledger = ledger.after(symbol, 0.75)
    assert holdout(2800, 2800).level(2, 4, 3) == ledger.level(0.75)


def test_it_shows_smaller_gains_than_the_older_rule_at_every_state():
    for new, old in zip(plan_holdout(holdout(20_000)).lines, plan_holdout(older(20_000)).lines, strict=True):
        assert new.gain < old.gain


def test_the_first_sentence_says_what_a_first_patch_needs():
    assert plan_holdout(older(2800)).sentences[0] == (
        "With 2,800 certification rows a first patch must gain at least 0.8 points overall."
    )


def test_a_block_that_cannot_reach_the_target_is_named():
    assert "Block 1 (200 rows) cannot certify the target of 1.0 point" in words_of(
        plan_holdout(holdout(200), target_gain=0.01)
    )


@pytest.mark.parametrize("rows", [(), (1,)])
def test_a_holdout_that_certifies_nothing_says_so_first(rows):
    planned = plan_holdout(holdout(*rows))
    assert planned.nothing == planned.sentences[0] and planned.nothing.startswith("Nothing can be accepted: ")


def test_what_a_first_patch_needs_is_compared_with_all_that_the_base_model_loses():
    assert "That is 2% of the 15.0 points that the base model loses in all." in words_of(
        plan_holdout(holdout(5000), base_loss=0.15)
    )


def test_more_than_the_base_model_loses_cannot_be_gained_and_is_said_in_one_sentence():
    planned = plan_holdout(holdout(300), base_loss=0.04)
    assert planned.nothing.startswith("Nothing can be accepted: a first patch must gain at least 5.0 points")
    assert "all that the base model loses is 4.0 points." in planned.nothing
    assert "Not even" not in planned.nothing
    assert "Not even a patch that left no loss at all" in plan_holdout(holdout(100), base_loss=0.04).nothing
    assert not plan_holdout(holdout(300), base_loss=0.06).nothing


def test_other_losses_are_planned_by_the_bet_at_the_size_that_they_move_by():
    zero_one, bet = (plan_holdout(holdout(20_000, is_zero_one=is_one)) for is_one in (True, False))
    assert zero_one.lines[0].gain < bet.lines[0].gain < 3 * zero_one.lines[0].gain
    small = plan_holdout(holdout(20_000, is_zero_one=False, size=0.1))
    assert small.lines[0].gain < 0.2 * bet.lines[0].gain


def test_the_size_of_a_loss_is_what_rows_lose_now():
    assert typical_size(np.array([0.0, 1.0, 1.0, 0.0])) == 1.0
    assert typical_size(np.array([0.2, 0.2, 0.0])) == pytest.approx(0.2)
    assert typical_size(np.zeros(3)) == 1.0


def test_units_of_three_rows_need_more_than_so_many_independent_rows():
    units = Holdout((BlockRows(6000, 2000, 3),), 0.05, fixed_blocks=1)
    rows = holdout(6000, is_zero_one=False)
    assert rows.gain_after(1, 0, 0) < units.gain_after(1, 0, 0) <= 3.5 * rows.gain_after(1, 0, 0)


def test_a_plan_is_plain_json():
    assert (
        json.loads(json.dumps(plan_holdout(holdout(500, is_zero_one=False)).to_json()))["lines"][0]["rows"]
        == 500
    )


@pytest.mark.parametrize("make", [holdout, older])
def test_a_blocks_capacity_ends_where_the_target_can_no_longer_pass(make):
    queries = query_capacity(make(20_000), 1, 0.01)
    at = [make(20_000).gain_after(1, t, int(0.75 * t)) for t in (queries - 1, queries)]
    assert at[0] <= 0.01 < at[1]
    assert query_capacity(make(100), 1, 0.01) == 0


@pytest.mark.parametrize("make", [holdout, older])
def test_the_rows_needed_answer_so_many_queries_and_one_less_does_not(make):
    rows = rows_for_queries(make(1), 0.01, 20)
    assert query_capacity(make(rows), 1, 0.01) >= 20 > query_capacity(make(rows - 1), 1, 0.01)
    assert rows_for_queries(make(1), 1e-12, 20) is None


def test_the_plan_says_how_many_queries_the_holdout_answers_and_what_a_team_has_of_them():
    planned = plan_holdout(holdout(20_000, 20_000), target_gain=0.01)
    both = sum(query_capacity(holdout(20_000, 20_000), block, 0.01) for block in (1, 2))
    assert planned.capacity == both
    assert f"About {both} queries can show a gain of 1.0 point" in words_of(planned)
    assert f"a team may have at most {share_of_team(both)} refused" in words_of(planned)
    assert "No query can show" in words_of(plan_holdout(holdout(200), target_gain=0.01))


def test_a_team_s_share_is_a_twentieth_and_no_fewer_than_three():
    assert [share_of_team(capacity) for capacity in (0, 60, 80, 400)] == [3, 3, 4, 20]


@pytest.mark.parametrize("make", [holdout, older])
def test_certified_harm_warns_of_a_smallest_group_that_would_stop_everything(make):
    def warnings(smallest, rows=10_000):
        sentences = plan_holdout(
            make(rows), tolerance=0.02, groups=4, smallest_group=smallest, practice_rows=5_000
        ).sentences
        return [words for words in sentences if "from" in words and "practice rows on" in words]

    (warning,) = warnings(20)
    assert "from 20 practice rows on, which are about 40 certification rows" in warning
    least = int(warning.split("Set the smallest group to ")[1].split()[0].replace(",", ""))
    assert warnings(least - 1) and not warnings(least)
    assert not warnings(20, rows=100)  # there another sentence says that nothing can be certified
    quiet = plan_holdout(make(10_000), smallest_group=20, practice_rows=5_000)
    assert quiet == plan_holdout(
        make(10_000)
    )  # where harm is not certified, small groups do no harm to others


def test_certified_harm_asks_for_large_groups():
    words = words_of(plan_holdout(holdout(10_000), tolerance=0.02, groups=4))
    assert "To certify that a protected group is not harmed by more than 2.0 points, it needs " in words
    assert "No group of this holdout is so large" in words_of(plan_holdout(holdout(100), tolerance=0.01))
    assert "no number holds" in words_of(plan_holdout(older(100, is_zero_one=False), tolerance=0.01))
    assert "it needs " in words_of(plan_holdout(holdout(10_000, is_zero_one=False), tolerance=0.02))


def test_by_the_present_rule_the_number_of_groups_costs_certified_harm_nothing():
    few, many = (plan_holdout(holdout(10_000), tolerance=0.02, groups=groups) for groups in (0, 20))
    assert few == many


def test_the_command_prints_a_table_and_the_sentences(capsys):
    assert main(["plan", "--rows", "20000", "--blocks", "2", "--gain", "0.005"]) == 0
    head, first, *rest = capsys.readouterr().out.splitlines()
    assert "smallest gain" in head and first.split()[:4] == ["1", "10,000", "1", "0"]
    assert rest[2 * len(STATES)].startswith("With 10,000 certification rows")


def test_the_command_prints_json_that_the_site_would_store(capsys):
    assert main(["plan", "--rows", "4001", "--blocks", "2", "--json"]) == 0
    assert (
        json.loads(capsys.readouterr().out) == plan_holdout(holdout(2001, 2000), target_gain=0.01).to_json()
    )


@pytest.mark.parametrize(
    "numbers",
    [
        ("--rows", "0"),
        ("--rows", "10", "--blocks", "11"),
        ("--rows", "10", "--gain", "0"),
        ("--rows", "10", "--delta", "1"),
        ("--rows", "10", "--tolerance", "-1"),
        ("--rows", "10", "--groups", "-1"),
    ],
)
def test_numbers_that_make_no_plan_are_refused_by_name(capsys, numbers):
    assert main(["plan", *numbers]) == 2
    printed = capsys.readouterr()
    assert not printed.out and numbers[-2] in printed.err
