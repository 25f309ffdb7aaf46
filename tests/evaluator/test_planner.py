"""What the organiser is told about the holdout."""

import json

import pytest

from evaluator.ledger import LedgerState, smallest_passing_gain
from evaluator.planner import STATES, plan


def test_the_table_is_the_ledgers_own_arithmetic():
    table = plan([2800, 5000], 0.05)
    assert len(table.lines) == 2 * len(STATES)
    line = table.lines[len(STATES) + 1]
    assert (line.block, line.rows, line.query, line.accepted) == (2, 5000, 5, 4)
    assert line.gain == smallest_passing_gain(5000, LedgerState(4, 4, 0, 0.05, 2))


def test_the_first_sentence_says_what_a_first_patch_needs():
    assert plan([2800], 0.05).sentences[0] == (
        "With 2,800 certification rows a first patch must gain at least 0.8 points overall."
    )


def test_a_block_that_cannot_reach_the_target_is_named():
    assert "Block 1 (300 rows) cannot certify the target of 1.0 point" in " ".join(
        plan([300], 0.05, target_gain=0.01).sentences
    )


@pytest.mark.parametrize("blocks", [[], [1]])
def test_a_holdout_that_certifies_nothing_says_so(blocks):
    assert "nothing can be certified" in plan(blocks, 0.05).sentences[0]


def test_a_plan_is_plain_json():
    assert json.loads(json.dumps(plan([500], 0.05, is_zero_one=False).to_json()))["lines"][0]["rows"] == 500
