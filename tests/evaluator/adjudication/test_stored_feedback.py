"""Feedback as a verdict stores it: what was written is read back, whenever it was written."""

from __future__ import annotations

import dataclasses
import json

from hypothesis import given
from hypothesis import strategies as st

from evaluator.adjudication.feedback import (
    FindingFeedback,
    GroupLine,
    PracticeFeedback,
    Wording,
    verdict_sentence,
)
from evaluator.adjudication.stored_feedback import feedback_from_json
from evaluator.decision_list import Repair

# As rows hold them: the first of a patch with a repair, the second of a finding that does not count.
PATCH = (
    '{"kind": "patch", "reason": "refused", "rows": 60, "weight": 0.5, "loss_before": 0.25, "loss_after": 0.125, '
    '"loss_alone": 0.375, "wins_alone": 9, "losses_alone": 4, "overall_before": 0.5, "overall_after": 0.4375, '
    '"wins": 8, "losses": 2, "p_value": 0.0546875, "chance": 0.75, "changed_needed": 21, "wins_needed": 9, '
    '"repairs": [{"key": "declared:1", "target": 0}], "groups": [{"key": "declared:1", "rows": 30, "before": 0.5, '
    '"after": 0.5, "best": 0.25}], "unsure": [], "gain": 0.0625, "changed": 10, "needed": 21}'
)
FINDING = (
    '{"kind": "finding", "rows": 40, "weight": 0.25, "loss_inside": 0.5, "loss_outside": 0.25, "p_value": 0.01, '
    '"p_adjusted": 0.02, "largest_overlap": 0.875, "counts": false, "why_not": "somebody found it before", '
    '"gap": 0.25}'
)

MEANS = st.floats(0, 1)
COUNTS = st.integers(0, 10**6)
KEYS = st.text("abc:1", min_size=1, max_size=20)
LINES = st.builds(GroupLine, KEYS, COUNTS, MEANS, MEANS, MEANS)
PATCHES = st.builds(
    PracticeFeedback,
    **dict.fromkeys(("weight", "loss_before", "loss_after", "loss_alone", "overall_before"), MEANS),
    **dict.fromkeys(("overall_after", "p_value"), MEANS),
    **dict.fromkeys(("rows", "wins_alone", "losses_alone", "wins", "losses"), COUNTS),
    chance=st.none() | MEANS,
    changed_needed=st.none() | COUNTS,
    wins_needed=st.none() | COUNTS,
    repairs=st.lists(st.builds(Repair, KEYS, COUNTS), max_size=3).map(tuple),
    groups=st.lists(LINES, max_size=3).map(tuple),
    unsure=st.lists(KEYS, max_size=3).map(tuple),
)
FINDINGS = st.builds(
    FindingFeedback,
    **dict.fromkeys(("weight", "loss_inside", "loss_outside", "p_value", "p_adjusted"), MEANS),
    rows=COUNTS,
    largest_overlap=MEANS,
    counts=st.booleans(),
    why_not=KEYS,
)


@given(PATCHES | FINDINGS)
def test_what_was_written_is_read_back(feedback):
    assert feedback_from_json(json.loads(json.dumps(feedback.to_json()))) == feedback


def test_a_stored_row_of_a_patch_is_written_as_it_was():
    read = feedback_from_json(json.loads(PATCH))
    assert isinstance(read, PracticeFeedback) and read.repairs == (Repair("declared:1", 0),)
    assert json.dumps(read.to_json()) == PATCH


def test_a_stored_row_of_a_finding_is_written_as_it_was():
    read = feedback_from_json(json.loads(FINDING))
    assert isinstance(read, FindingFeedback) and not read.counts
    assert json.dumps(read.to_json()) == FINDING


def test_a_row_from_before_the_patch_alone_was_measured_has_none():
    old = json.loads(PATCH)
    for name in ("loss_alone", "wins_alone", "losses_alone", "unsure"):
        del old[name]
    read = feedback_from_json(old)
    assert isinstance(read, PracticeFeedback)
    assert (read.loss_alone, read.wins_alone, read.losses_alone, read.unsure) == (None, 0, 0, ())


def test_without_the_loss_of_the_patch_alone_no_change_is_still_a_sentence():
    read = feedback_from_json(json.loads(PATCH))
    assert isinstance(read, PracticeFeedback)
    old = dataclasses.replace(read, reason="no_change", loss_alone=None)
    words = Wording("on small children", {}, is_zero_one=True, certified=True)
    assert verdict_sentence(old, words).startswith("Not shown yet: it answers every practice row as well as")


def test_where_nothing_was_measured_there_is_no_feedback():
    assert feedback_from_json({}) is None
