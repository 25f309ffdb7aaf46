"""What the organiser is told about the holdout."""

import json

import pytest

from evaluator.__main__ import main
from evaluator.adjudication.planner import STATES, plan_holdout, query_capacity, rows_for_queries
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, smallest_passing_gain


def test_the_table_is_the_ledgers_own_arithmetic():
    table = plan_holdout([2800, 5000], 0.05)
    assert len(table.lines) == 2 * len(STATES)
    line = table.lines[len(STATES) + 1]
    assert (line.block, line.rows, line.query, line.accepted) == (2, 5000, 5, 4)
    assert line.gain == smallest_passing_gain(5000, LedgerState(4, 4, 0, 0.05, 2))


def test_the_first_sentence_says_what_a_first_patch_needs():
    assert plan_holdout([2800], 0.05).sentences[0] == (
        "With 2,800 certification rows a first patch must gain at least 0.8 points overall."
    )


def test_a_block_that_cannot_reach_the_target_is_named():
    assert "Block 1 (300 rows) cannot certify the target of 1.0 point" in " ".join(
        plan_holdout([300], 0.05, target_gain=0.01).sentences
    )


@pytest.mark.parametrize("blocks", [[], [1]])
def test_a_holdout_that_certifies_nothing_says_so(blocks):
    assert "nothing can be certified" in plan_holdout(blocks, 0.05).sentences[0]


def test_a_plan_is_plain_json():
    assert (
        json.loads(json.dumps(plan_holdout([500], 0.05, is_zero_one=False).to_json()))["lines"][0]["rows"]
        == 500
    )


def test_a_blocks_capacity_ends_where_the_target_can_no_longer_pass():
    queries = query_capacity(20_000, 1, 0.05, 0.01)
    at = [
        smallest_passing_gain(20_000, LedgerState(t, int(0.75 * t), 0, 0.05, 1))
        for t in (queries - 1, queries)
    ]
    assert at[0] <= 0.01 < at[1]
    assert query_capacity(100, 1, 0.05, 0.01) == 0


def test_the_rows_needed_answer_so_many_queries_and_one_less_does_not():
    rows = rows_for_queries(0.01, 0.05, 20)
    assert query_capacity(rows, 1, 0.05, 0.01) >= 20 > query_capacity(rows - 1, 1, 0.05, 0.01)
    assert rows_for_queries(1e-12, 0.05, 20) is None


def test_the_plan_says_how_many_queries_the_holdout_answers():
    words = " ".join(plan_holdout([20_000, 20_000], 0.05, target_gain=0.01).sentences)
    both = query_capacity(20_000, 1, 0.05, 0.01) + query_capacity(20_000, 2, 0.05, 0.01)
    assert f"About {both} queries can show a gain of 1.0 point" in words
    assert "No query can show" in " ".join(plan_holdout([300], 0.05, target_gain=0.01).sentences)


def test_certified_harm_warns_of_a_smallest_group_that_would_stop_everything():
    def warnings(smallest, rows=10_000):
        sentences = plan_holdout(
            [rows], 0.05, tolerance=0.02, groups=4, smallest_group=smallest, practice_rows=5_000
        ).sentences
        return [words for words in sentences if "from" in words and "practice rows on" in words]

    (warning,) = warnings(20)
    assert "from 20 practice rows on, which are about 40 certification rows" in warning
    least = int(warning.split("Set the smallest group to ")[1].split()[0].replace(",", ""))
    assert warnings(least - 1) and not warnings(least)
    assert not warnings(20, rows=100)  # there another sentence says that nothing can be certified
    quiet = plan_holdout([10_000], 0.05, smallest_group=20, practice_rows=5_000)
    assert quiet == plan_holdout(
        [10_000], 0.05
    )  # where harm is not certified, small groups do no harm to the others


def test_certified_harm_asks_for_large_groups():
    words = " ".join(plan_holdout([10_000], 0.05, tolerance=0.02, groups=4).sentences)
    assert "To certify that a protected group is not harmed by more than 2.0 points, it needs " in words
    assert "No group of this holdout is so large" in " ".join(
        plan_holdout([100], 0.05, tolerance=0.01).sentences
    )
    assert "no number holds" in " ".join(
        plan_holdout([100], 0.05, tolerance=0.01, is_zero_one=False).sentences
    )


def test_the_command_prints_a_table_and_the_sentences(capsys):
    assert main(["plan", "--rows", "20000", "--blocks", "2", "--gain", "0.005"]) == 0
    head, first, *rest = capsys.readouterr().out.splitlines()
    assert "smallest gain" in head and first.split()[:4] == ["1", "10,000", "1", "0"]
    assert rest[2 * len(STATES)].startswith("With 10,000 certification rows")


def test_the_command_prints_json_that_the_site_would_store(capsys):
    assert main(["plan", "--rows", "4001", "--blocks", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == plan_holdout([2001, 2000], 0.05, target_gain=0.01).to_json()


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
