"""Mistakes that published implementations of bias bounties make, one test each: each of them would be caught here."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings

from evaluator.adjudication.rule_2026_11.acceptance import Case, Certification, judge_patch
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, passes_test
from evaluator.decision_list import (
    Head,
    NodeError,
    Practice,
    Protected,
    Repair,
    Step,
    Update,
    extend_head,
    merge_patch,
    repair_groups,
)
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.losses import Loss, make_loss
from evaluator.runtime import OutputSpec, PartError
from evaluator.runtime.outputs import check_output
from evaluator.schema import Label, Schema
from tests.evaluator.age_models import AGES, SCHEMA, ZERO_ONE, model, python
from tests.evaluator.decision_list.cases import histories


def practice(y, *, loss=ZERO_ONE, tolerance=0.0) -> Practice:
    return Practice(slice(0, len(y)), np.asarray(y), loss, tolerance, 1)


def codes(*values) -> np.ndarray:
    return np.array(values, dtype=np.int16)


# --- a group that returns 0/1 integers is accepted, then silently ignored at prediction ----------------------------
@pytest.mark.parametrize("kind", ["int", "float", "'int8'", "object"])
def test_a_group_of_ones_and_zeros_means_the_same_when_judged_and_when_predicting(kind):
    source = f"def group(X):\n    return (X['AGE'] >= 30).astype({kind})\n"
    judged = check_output((AGES["AGE"] >= 30).astype(int).to_numpy(), 40, OutputSpec("mask"))
    patched = model(GroupAndPatch(python(source, "group"), Part.constant(1)))
    assert judged.dtype == bool and judged.sum() == 10
    assert np.array_equal(patched.predict(AGES) == 1, judged)


@pytest.mark.parametrize("answer", [np.full(3, 2), np.array([0.5, 0, 1]), np.array(["True"] * 3)])
def test_a_group_of_other_numbers_is_refused(answer):
    with pytest.raises(PartError) as caught:
        check_output(answer, 3, OutputSpec("mask"))
    assert caught.value.error_class == "bad_output"


# --- a failing h is swallowed and an older model answers -----------------------------------------------------------
def test_a_failing_patch_is_never_replaced_by_an_older_model():
    failing = python("def predict(X):\n    raise KeyError('AGEP')\n", "predict")
    patched = model(
        GroupAndPatch(Part.expression("True"), Part.constant(1)),
        GroupAndPatch(Part.expression("AGE >= 30"), failing),
    )
    with pytest.raises(NodeError, match="patch of node 2"):
        patched.predict(AGES)


def test_a_failing_group_is_never_an_empty_one():
    failing = python("def group(X):\n    raise KeyError('AGEP')\n", "group")
    with pytest.raises(NodeError, match="group of node 1"):
        model(GroupAndPatch(failing, Part.constant(1))).predict(AGES)


# --- accuracy used as a "loss": accepted in the wrong direction, repaired to the worst -----------------------------
def test_lower_is_better_at_every_step():
    y = np.tile(codes(0, 1), 500)
    right, wrong = y.copy(), (1 - y).astype(np.int16)
    loss_right, loss_wrong = ZERO_ONE.rows(y, right), ZERO_ONE.rows(y, wrong)
    assert loss_right.mean() == 0 and loss_wrong.mean() == 1
    level = LedgerState().log_inverse_delta()
    assert passes_test(loss_wrong, loss_right, is_zero_one=True, log_inverse_delta=level)
    assert not passes_test(loss_right, loss_wrong, is_zero_one=True, log_inverse_delta=level)

    everyone = np.ones(len(y), dtype=bool)
    heads = [Head(0, wrong), Head(1, right)]
    repairs, repaired = repair_groups(
        wrong, heads, [Protected("declared:1", everyone, declared=True)], practice(y)
    )
    assert repairs == (Repair("declared:1", 1),) and np.array_equal(repaired, right)

    rows = slice(500, 1000)
    block = Certification(rows, y[rows], LedgerState())
    rule = Practice(slice(0, 500), y[:500], ZERO_ONE)
    for before, after, state in ((wrong, right, "accepted"), (right, wrong, "not_shown")):
        head = Head(0, before)
        case = Case(Step("submission:0", everyone, after), head, [head], [], rule, block)
        assert judge_patch(case).state == state


def test_a_cost_may_not_reward_a_wrong_answer():
    with pytest.raises(Exception, match="less than"):
        make_loss("cost", SCHEMA.label, [[1.0, 0.0], [0.0, 1.0]])


# --- integer base predictions truncate float patches (0.6 becomes 0) -----------------------------------------------
def test_fractions_are_never_cut_to_the_base_s_integers():
    mask = np.array([True, False])
    with pytest.raises(ValueError, match="cannot hold"):
        merge_patch(codes(0, 1), mask, np.array([0.6, 0.0]))
    schema = Schema(SCHEMA.columns, Label("COST", "regression", low=0.0, high=1.0))
    patch = python("def predict(X):\n    return [0.6] * len(X)\n", "predict")
    patched = model(GroupAndPatch(Part.expression("AGE >= 30"), patch), loss=Loss("squared"), schema=schema)
    assert list(patched.predict(AGES.iloc[[0, 35]])) == [0.0, 0.6]


# --- "never worse" weighted by group size; the best-ever starts at introduction instead of at the base model -------
def test_a_small_group_is_repaired_as_a_large_one_is():
    """25 of 1,000 rows go from no error to 0.6: 1.5% of all rows, far above a tolerance of 0.1 of the group."""
    y = np.zeros(1000, dtype=np.int16)
    small = np.arange(1000) < 25
    base = np.where(small, 0, 1).astype(np.int16)
    patch = np.where(np.arange(1000) < 15, 1, 0).astype(np.int16)
    head = Head(0, base)
    step = Step("submission:0", np.ones(1000, dtype=bool), patch)
    candidate = extend_head(
        head, [head], step, [Protected("declared:1", small, True)], practice(y, tolerance=0.1)
    )
    assert candidate.repairs == (Repair("declared:1", 0),)
    assert candidate.predictions[small].sum() == 0


def test_the_best_ever_counts_from_the_base_model_on():
    """A group that the first update hurt before it was protected is brought back to what the base gave it."""
    y = codes(0, 0, 0, 0)
    first_two = np.array([True, True, False, False])
    base, head = Head(0, codes(0, 0, 1, 1)), Head(1, codes(1, 1, 0, 0))
    step = Step("submission:1", first_two, codes(0, 1, 0, 0))
    candidate = extend_head(head, [base, head], step, [], practice(y))
    assert candidate.repairs == (Repair("submission:1", 0),)
    assert list(candidate.predictions) == [0, 0, 0, 0]


# --- routing state kept in the model: wrong after an exception, wrong under threads --------------------------------
def test_an_exception_and_other_threads_leave_no_trace():
    picky = python(
        "def predict(X):\n    assert (X['AGE'] != 31.5).all()\n    return [1] * len(X)\n", "predict"
    )
    patched = model(
        GroupAndPatch(Part.expression("AGE >= 30"), picky),
        GroupAndPatch(Part.expression("AGE >= 35"), Part.constant(0)),
    )
    expected = ((AGES["AGE"] >= 30) & (AGES["AGE"] < 35)).to_numpy().astype(int)

    def once(number: int) -> bool:
        if number % 3 == 0:
            with pytest.raises(NodeError):
                patched.predict(AGES.assign(AGE=31.5))
        return bool(np.array_equal(patched.predict(AGES), expected))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(once, range(60)))


# --- a group empty on one split, NaN from h, a recursion limit at 1,100 nodes: exceptions instead of a rejection ---
@pytest.mark.parametrize("held", ["practice", "certification", "neither"])
def test_a_group_that_is_empty_somewhere_is_a_verdict(held):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400).astype(np.int16)
    mask = np.zeros(400, dtype=bool)
    mask[{"practice": slice(0, 200), "certification": slice(200, 400), "neither": slice(0, 0)}[held]] = True
    head = Head(0, (1 - y).astype(np.int16))
    block = Certification(slice(200, 400), y[200:], LedgerState())
    rule = Practice(slice(0, 200), y[:200], ZERO_ONE)
    decision = judge_patch(Case(Step("submission:0", mask, y), head, [head], [], rule, block))
    assert decision.state == "not_shown" and decision.sentence.startswith("Not shown yet: ")


@pytest.mark.parametrize("kind", ["codes", "probabilities", "values"])
def test_nan_from_a_patch_is_bad_output(kind):
    raw = np.full((3, 2) if kind == "probabilities" else 3, np.nan)
    with pytest.raises(PartError) as caught:
        check_output(raw, 3, OutputSpec(kind, (0, 1)))
    assert caught.value.error_class == "bad_output"


def test_more_nodes_than_python_recurses():
    nodes = [Update("submission:0"), *[Repair("submission:1", i) for i in range(3 * sys.getrecursionlimit())]]
    patched = model(
        GroupAndPatch(Part.expression("AGE >= 30"), Part.constant(1)),
        GroupAndPatch(Part.expression("AGE < 10"), Part.constant(0)),
        nodes=nodes,
    )
    assert np.array_equal(patched.predict(AGES), (AGES["AGE"] >= 30).astype(int))


# --- the newest group left out of its own repair check -------------------------------------------------------------
def test_a_patch_that_hurts_its_own_group_is_repaired_there():
    y = codes(0, 0, 0)
    head = Head(0, codes(0, 0, 1))
    step = Step("submission:0", np.array([True, True, False]), codes(1, 1, 0))
    candidate = extend_head(head, [head], step, [], practice(y))
    assert candidate.repairs == (Repair("submission:0", 0),)
    assert np.array_equal(candidate.predictions, head.predictions)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_no_protected_group_ends_above_its_best(history):
    """The new group, the declared and the earlier ones; the scan restarts, or a repair could undo another."""
    base, steps, declared, rule = history
    published, protected = [base], list(declared)
    for step in steps:
        candidate = extend_head(published[-1], published, step, protected, rule)
        protected.append(Protected(step.key, step.mask))
        after = rule.units(candidate.predictions)
        slack = round(rule.tolerance * 2**30)
        for group in protected:
            if rule.guards(group):
                inside = group.mask[rule.rows]
                best = min(int(rule.units(head.predictions)[inside].sum()) for head in published)
                assert int(after[inside].sum()) <= best + slack * int(inside.sum())
        published.append(candidate.as_head())
