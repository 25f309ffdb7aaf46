"""Updates and repairs against a naive recomputation, and the mistakes that such code has made before."""

import numpy as np
import pytest
from hypothesis import given, settings

from evaluator.decision_list import (
    Head,
    Practice,
    Protected,
    Repair,
    Step,
    Update,
    extend_head,
    merge_patch,
    repair_groups,
    repairs,
    replay_steps,
)
from evaluator.losses import Loss
from tests.evaluator.decision_list.cases import histories, naive_replay

ZERO_ONE = Loss("zero_one")


def codes(text):
    return np.array([int(c) for c in text], dtype=np.int16)


def bits(text):
    return np.array([c == "1" for c in text])


def on_all(y, **more):
    return Practice(slice(0, len(y)), y, ZERO_ONE, **more)


@settings(max_examples=120, deadline=None)
@given(histories())
def test_a_replay_is_what_the_definition_says_row_by_row(history):
    head, steps, declared, practice = history
    versions = replay_steps(head.predictions, steps, declared, practice)
    nodes, predictions = naive_replay(head.predictions, steps, declared, practice)
    assert [node for version in versions for node in version.added] == nodes
    np.testing.assert_array_equal(versions[-1].predictions, predictions)
    assert versions[-1].position == len(nodes)


@settings(max_examples=120, deadline=None)
@given(histories())
def test_no_protected_group_is_ever_worse_than_its_best_on_practice_rows(history):
    head, steps, declared, practice = history
    published = [head.predictions]
    guarded = list(declared)
    for step, version in zip(steps, replay_steps(head.predictions, steps, declared, practice), strict=True):
        guarded.append(Protected(step.key, step.mask))
        for group in guarded:
            if practice.guards(group):
                inside = group.mask[practice.rows]
                best = min(int(practice.units(p)[inside].sum()) for p in published)
                now = int(practice.units(version.predictions)[inside].sum())
                assert now <= best + round(practice.tolerance * 2**30) * int(inside.sum())
        published.append(version.predictions)


def test_a_patch_that_hurts_a_protected_group_is_repaired_for_that_group():
    y = codes("00000000")
    head = Head(0, codes("00001111"))
    step = Step("submission:a", bits("11111111"), codes("11000000"))
    group = Protected("declared:1", bits("11000000"), declared=True)
    candidate = extend_head(head, [head], step, [group], on_all(y))
    assert candidate.added == (Update("submission:a"), Repair("declared:1", 0))
    np.testing.assert_array_equal(candidate.predictions, codes("00000000"))


def test_tolerance_is_on_the_groups_own_mean_not_weighted_by_its_size():
    y = np.zeros(1000, dtype=np.int16)
    head = Head(0, np.r_[np.zeros(25), np.ones(975)].astype(np.int16))
    patch = np.r_[np.ones(15), np.zeros(985)].astype(np.int16)  # 25 of 1000: from 0 to 0.6
    group = Protected("declared:1", np.arange(1000) < 25, declared=True)
    step = Step("submission:a", np.ones(1000, dtype=bool), patch)
    for tolerance, repaired in ((0.5, True), (0.7, False)):
        candidate = extend_head(head, [head], step, [group], on_all(y, tolerance=tolerance))
        assert bool(candidate.repairs) is repaired


def test_the_largest_gap_in_the_mean_is_repaired_first():
    y = codes("0000000000")
    head = Head(0, codes("0000000000"))
    now = codes("1110000011")
    large = Protected("declared:1", bits("1111110000"), declared=True)  # 3 of 6
    small = Protected("declared:2", bits("0000000011"), declared=True)  # 2 of 2
    repairs, _ = repair_groups(now, [head], [large, small], on_all(y))
    assert [r.key for r in repairs] == ["declared:2", "declared:1"]


def test_the_base_model_counts_as_a_head_to_go_back_to():
    y = codes("0000")
    base, later = Head(0, codes("0011")), Head(1, codes("1100"))
    group = Protected("declared:1", bits("1100"), declared=True)
    repairs, predictions = repair_groups(later.predictions, [base, later], [group], on_all(y))
    assert repairs == (Repair("declared:1", 0),)
    np.testing.assert_array_equal(predictions, codes("0000"))


def test_the_new_group_is_part_of_its_own_check():
    y = codes("0000")
    base = Head(0, codes("0011"))
    head = Head(1, codes("0111"))
    step = Step("submission:b", bits("1100"), codes("0100"))  # no better than the head, worse than the base
    candidate = extend_head(head, [base, head], step, [], on_all(y))
    assert candidate.repairs == (Repair("submission:b", 0),)


def test_an_accepted_sliver_is_not_protected_but_a_declared_one_is():
    y = codes("00000000")
    head = Head(0, codes("00001111"))
    step = Step("submission:new", bits("11111111"), codes("10000000"))
    sliver = bits("10000000")
    practice = on_all(y, smallest_group=2)
    assert not extend_head(head, [head], step, [Protected("submission:old", sliver)], practice).repairs
    assert extend_head(head, [head], step, [Protected("declared:1", sliver, declared=True)], practice).repairs


def test_a_group_without_practice_rows_asks_for_nothing():
    y = codes("00")
    head = Head(0, codes("1100"))
    group = Protected("declared:1", bits("0011"), declared=True)
    step = Step("submission:a", bits("1111"), codes("0011"))
    candidate = extend_head(head, [head], step, [group], Practice(slice(0, 2), y, ZERO_ONE))
    assert candidate.repairs == ()


def test_repairs_apply_to_all_rows_though_practice_rows_decide():
    y = codes("00")
    head = Head(0, codes("0000"))
    group = Protected("declared:1", bits("1010"), declared=True)
    step = Step("submission:a", bits("1111"), codes("1111"))
    candidate = extend_head(head, [head], step, [group], Practice(slice(0, 2), y, ZERO_ONE))
    np.testing.assert_array_equal(candidate.predictions[[0, 2]], codes("00"))


def test_float_answers_are_never_truncated_into_an_integer_model():
    with pytest.raises(ValueError, match="cannot hold"):
        merge_patch(codes("00"), bits("11"), np.array([0.6, 0.4]))


def test_integer_answers_widen_into_a_float_model():
    np.testing.assert_array_equal(merge_patch(np.array([0.5, 0.5]), bits("10"), codes("10")), [1.0, 0.5])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_answer_that_is_not_finite_is_refused_inside_the_group(bad):
    with pytest.raises(ValueError, match="not finite"):
        merge_patch(np.zeros(2), bits("10"), np.array([bad, 0.0]))


def test_what_lies_outside_the_group_is_not_looked_at():
    np.testing.assert_array_equal(merge_patch(np.zeros(2), bits("10"), np.array([1.0, np.nan])), [1.0, 0.0])


def test_an_integer_mask_is_refused_rather_than_used_as_row_numbers():
    with pytest.raises(ValueError, match="bool"):
        merge_patch(codes("000"), codes("011"), codes("111"))


def test_a_patch_of_another_length_is_refused():
    with pytest.raises(ValueError, match="shape"):
        merge_patch(codes("000"), bits("011"), codes("11"))


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="negative"):
        repair_groups(codes("0"), [Head(0, codes("0"))], [], on_all(codes("0"), tolerance=-0.1))


def test_probabilities_are_repaired_like_codes():
    y = codes("0011")
    loss = Loss("log")
    good = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    head = Head(0, good)
    step = Step("submission:a", bits("1000"), good[::-1].copy())
    candidate = extend_head(head, [head], step, [], Practice(slice(0, 4), y, loss))
    np.testing.assert_array_equal(candidate.predictions, good)


@pytest.mark.parametrize("heads", [(), (3,)])
def test_sums_are_exact_whichever_way_they_are_taken(heads, monkeypatch):
    rng = np.random.default_rng(0)
    units, masks = rng.integers(0, 2**30, (500, *heads)), rng.random((4, 500)) < 0.5
    fast = repairs.group_sums(masks, units)
    monkeypatch.setattr(repairs, "_EXACT_IN_FLOAT", 0)
    np.testing.assert_array_equal(fast, repairs.group_sums(masks, units))
    assert fast.dtype == np.int64 and fast.shape == (4, *heads)
