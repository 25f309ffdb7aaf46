"""The holdout as rows store it: what is written is read back, and rows of earlier sites are still read."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bounty.models.stored_holdout import AskedSplits, GroupBounds, PublishedBounds, StoredPlan
from evaluator.adjudication.planner import PlanLine

SHARES = st.floats(0, 1)
COUNTS = st.integers(0, 10**6)
TEXTS = st.lists(st.text("abc", max_size=9), max_size=3).map(tuple)
PLANS = st.builds(
    StoredPlan,
    flags=TEXTS,
    drawn=TEXTS,
    asked=st.none()
    | st.builds(
        AskedSplits,
        sizes=st.dictionaries(st.sampled_from(["train", "final"]), SHARES, min_size=1),
        blocks=COUNTS,
        oversample=st.booleans(),
        more_blocks=st.booleans(),
        unit_rows=st.none() | st.integers(1, 9),
    ),
    lines=st.lists(st.builds(PlanLine, COUNTS, COUNTS, COUNTS, COUNTS, st.none() | SHARES), max_size=3).map(
        tuple
    ),
    sentences=TEXTS,
    nothing=st.text("abc", max_size=9),
    capacity=st.none() | COUNTS,
    base_loss=st.none() | SHARES,
    loss_size=st.none() | SHARES,
)
BOUNDS = st.builds(
    PublishedBounds,
    generation=COUNTS,
    version=COUNTS,
    checks=COUNTS,
    log_inverse_delta=SHARES,
    lines=st.lists(
        st.builds(GroupBounds, st.text("abc", max_size=9), COUNTS, SHARES, SHARES, SHARES, SHARES), max_size=3
    ).map(tuple),
)
PLAN_ROW = {
    "flags": ["The column `age` has 3 empty cells."],
    "drawn": [],
    "asked": {
        "sizes": {"train": 0.3, "explore": 0.1, "practice": 0.2, "certification": 0.3, "final": 0.1},
        "blocks": 1,
        "oversample": True,
    },
    "lines": [
        {"block": 1, "rows": 1200, "query": 1, "accepted": 0, "gain": 0.0125},
        {"block": 1, "rows": 1200, "query": 200, "accepted": 120, "gain": None},
    ],
    "sentences": ["With 1,200 certification rows a first patch must gain at least 1.2 points overall."],
}
BOUNDS_ROW = {
    "generation": 1,
    "version": 2,
    "checks": 6,
    "log_inverse_delta": 9.5,
    "lines": [
        {"name": "everyone", "rows": 1200, "loss": 0.25, "low": 0.125, "high": 0.375, "gained": 0.0625},
        {"name": "children", "rows": 200, "loss": 0.5, "low": 0.25, "high": 0.75, "gained": -0.125},
    ],
}


@given(PLANS)
def test_a_plan_is_read_back(plan):
    assert StoredPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@given(BOUNDS)
def test_bounds_are_read_back(bounds):
    assert PublishedBounds.from_json(json.loads(json.dumps(bounds.to_json()))) == bounds


def test_a_row_of_a_plan_is_written_as_it_was():
    plan = StoredPlan.from_json(PLAN_ROW)
    assert json.dumps(plan.to_json()) == json.dumps(PLAN_ROW)
    assert plan.lines[1].gain is None and plan.asked.blocks == 1


def test_a_row_of_bounds_is_written_as_it_was():
    bounds = PublishedBounds.from_json(BOUNDS_ROW)
    assert json.dumps(bounds.to_json()) == json.dumps(BOUNDS_ROW)
    assert (bounds.version, bounds.lines[1].gained) == (2, -0.125)


def test_before_there_is_a_table_the_plan_is_empty():
    assert StoredPlan.from_json({}) == StoredPlan()


def test_a_plan_from_before_it_was_stored_what_was_asked_for_is_read():
    older = {"flags": [], "lines": PLAN_ROW["lines"], "sentences": []}
    plan = StoredPlan.from_json(older)
    assert plan.asked is None and plan.drawn == () and "asked" not in plan.to_json()


def test_splits_asked_for_before_over_sampling_could_be_turned_off_were_over_sampled():
    assert AskedSplits.from_json({"sizes": {"train": 1.0}, "blocks": 2}).oversample
