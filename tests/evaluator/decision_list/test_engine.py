"""The incremental engine against the definition that recomputes every version row by row."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.bitsets import pack_mask, word_count
from evaluator.decision_list import ArrayError, Engine, Head, Practice, Protected, Repair, Step, extend_head
from evaluator.decision_list.engine import bits, restore_engine, take_snapshot
from evaluator.losses import Loss
from tests.evaluator.decision_list.cases import answers, histories, naive_replay


def replayed(history):
    head, steps, declared, practice = history
    engine = Engine(head.predictions, practice, declared)
    for step in steps:
        engine.accept(engine.propose(step))
    return engine


def same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@pytest.mark.parametrize("few_bits", [0, bits._FEW_BITS])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_decisions_and_every_stored_version_are_those_of_the_definition(monkeypatch, few_bits, history):
    monkeypatch.setattr(bits, "_FEW_BITS", few_bits)  # small tables count words only where they are told to
    head, steps, declared, practice = history
    engine = replayed(history)
    nodes, predictions = naive_replay(head.predictions, steps, declared, practice)
    assert list(engine.nodes) == nodes
    np.testing.assert_array_equal(engine.head.predictions, predictions)
    masks = {group.key: group.mask for group in (*declared, *steps)}
    patches = {step.key: step.predictions for step in steps}
    for version, position in enumerate(engine.positions):
        expected = answers(nodes[:position], head.predictions, masks, patches)
        np.testing.assert_array_equal(engine.predictions_at(version), expected)


@settings(max_examples=120, deadline=None)
@given(histories())
def test_group_losses_and_gains_are_those_of_a_plain_sum(history):
    head, steps, declared, practice = history
    engine = Engine(head.predictions, practice, declared)
    for step in steps:
        before = engine.head.predictions
        patched = before.copy()
        patched[step.mask] = step.predictions[step.mask]
        total = int(practice.units(before).sum())
        assert engine.gain(step) == total - int(practice.units(patched).sum())
        proposal = engine.propose(step)
        assert proposal.gain == total - int(practice.units(proposal.candidate.predictions).sum())
        engine.accept(proposal)
    guarded = [
        group for group in (*declared, *(Protected(s.key, s.mask) for s in steps)) if practice.guards(group)
    ]
    units = practice.units(engine.head.predictions)
    expected = [int(units[group.mask[practice.rows]].sum()) for group in guarded]
    assert engine.keys == tuple(group.key for group in guarded)
    assert engine.group_losses().tolist() == expected


@settings(max_examples=80, deadline=None)
@given(histories())
def test_an_engine_over_published_heads_decides_as_the_one_that_built_them(history):
    head, steps, declared, practice = history
    engine = Engine(head.predictions, practice, declared)
    published, protected = [head], list(declared)
    for step in steps:
        proposal = engine.propose(step)
        candidate = extend_head(published[-1], published, step, protected, practice)
        assert candidate.added == proposal.candidate.added
        np.testing.assert_array_equal(candidate.predictions, proposal.candidate.predictions)
        engine.accept(proposal)
        published.append(candidate.as_head())
        protected.append(Protected(step.key, step.mask))


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_proposal_that_is_not_accepted_changes_nothing(history):
    engine = replayed(history)
    before = {name: array.copy() for name, array in take_snapshot(engine).items()}
    for step in history[1]:
        engine.gain(step)
        engine.propose(Step("submission:again", ~step.mask, step.predictions))
    same(before, take_snapshot(engine))


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 7))
def test_an_engine_comes_back_from_a_file_and_goes_on_alike(history, cut):
    head, steps, declared, practice = history
    whole = replayed(history)
    engine = replayed((head, steps[:cut], declared, practice))
    file = io.BytesIO()
    np.savez(file, **take_snapshot(engine))
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        back = restore_engine(dict(arrays), practice)
    for step in steps[cut:]:
        back.accept(back.propose(step))
    same(take_snapshot(whole), take_snapshot(back))
    for version in range(whole.version + 1):
        np.testing.assert_array_equal(back.predictions_at(version), whole.predictions_at(version))


def world(n=6, **more):
    y = np.zeros(n, dtype=np.int16)
    base = np.ones(n, dtype=np.int16)
    return Engine(base, Practice(slice(0, n), y, Loss("zero_one"), **more))


def step(mask, predictions, key="submission:a"):
    return Step(key, np.array(mask, dtype=bool), np.array(predictions, dtype=np.int16))


def test_a_long_history_is_walked_back_from_whole_copies():
    engine, rng = world(50), np.random.default_rng(0)
    kept = [engine.head.predictions]
    for i in range(60):
        engine.accept(engine.propose(step(rng.random(50) < 0.5, rng.integers(0, 2, 50), f"submission:{i}")))
        kept.append(engine.head.predictions)
    for version, predictions in enumerate(kept):
        np.testing.assert_array_equal(engine.predictions_at(version), predictions)
        _, between = engine.log.back_to(version, engine.head.predictions)
        assert between.stop - between.start <= 3 * 50 + 50


def test_a_universal_group_and_an_empty_one_are_ordinary_steps():
    engine = world()
    engine.accept(engine.propose(step([0] * 6, [0] * 6, "submission:nobody")))
    assert engine.keys == () and engine.version == 1
    engine.accept(engine.propose(step([1] * 6, [0] * 6, "submission:everybody")))
    assert engine.keys == ("submission:everybody",) and engine.group_losses().tolist() == [0]


def test_the_same_patch_again_gains_nothing_and_needs_no_repair():
    engine, patch = world(), step([1, 1, 0, 0, 0, 0], [0] * 6)
    engine.accept(engine.propose(patch))
    again = Step("submission:b", patch.mask, patch.predictions)
    assert engine.gain(again) == 0 and engine.propose(again).candidate.repairs == ()


def test_of_heads_that_served_a_group_equally_the_oldest_is_gone_back_to():
    engine = world()
    engine.protect(Protected("declared:1", np.array([1, 1, 0, 0, 0, 0], dtype=bool), declared=True))
    engine.accept(engine.propose(step([1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], "submission:a")))
    engine.accept(engine.propose(step([1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], "submission:b")))
    worse = engine.propose(step([1] * 6, [1, 1, 0, 0, 0, 0], "submission:c"))
    assert Repair("declared:1", 1) in worse.candidate.repairs


def test_a_proposal_for_an_older_head_is_refused():
    engine = world()
    late = engine.propose(step([1, 0, 0, 0, 0, 0], [0] * 6))
    engine.accept(engine.propose(step([0, 1, 0, 0, 0, 0], [0] * 6, "submission:b")))
    with pytest.raises(ValueError, match="another head than version 1"):
        engine.accept(late)


BAD_STEPS = {
    "a mask of the wrong length": (step([1] * 5, [0] * 6), r"bool\[5\], not bool\[6\]"),
    "answers of the wrong length": (step([1] * 6, [0] * 5), r"shape \(5,\), the model with \(6,\)"),
    "a mask of integers": (
        Step("submission:a", np.ones(6, dtype=int), np.zeros(6, dtype=np.int16)),
        r"int64\[6\], not bool",
    ),
    "floats": (Step("submission:a", np.ones(6, dtype=bool), np.full(6, 0.6)), "cannot hold"),
    "a negative class": (step([0, 0, 1, 1, 1, 1], [-1, -1, 0, -1, 0, 0]), "none of 0 to 2: in row 4, -1"),
    "an unseen class": (step([1] * 6, [0, 0, 0, 0, 0, 3]), "none of 0 to 2: in row 6, 3"),
}


@pytest.mark.parametrize("name", BAD_STEPS)
def test_a_step_that_does_not_fit_is_an_error_and_leaves_everything_as_it_was(name):
    bad, message = BAD_STEPS[name]
    engine = world(classes=3)
    engine.accept(engine.propose(step([1, 0, 0, 0, 0, 0], [0] * 6)))
    before = {key: array.copy() for key, array in take_snapshot(engine).items()}
    for ask in (engine.gain, engine.propose):
        with pytest.raises(ArrayError, match=message):
            ask(bad)
    same(before, take_snapshot(engine))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_answer_that_is_not_finite_is_named_by_its_row(bad):
    engine = Engine(np.zeros(3), Practice(slice(0, 3), np.zeros(3), Loss("squared")))
    with pytest.raises(ArrayError, match="not finite: in row 2") as caught:
        engine.propose(Step("submission:a", np.array([True, True, False]), np.array([0.0, bad, 0.0])))
    assert caught.value.row == 2


def test_probabilities_that_do_not_sum_to_one_are_named_by_their_row():
    base = np.full((3, 2), 0.5)
    engine = Engine(base, Practice(slice(0, 3), np.zeros(3, dtype=np.int16), Loss("log")))
    bad = np.array([[np.nan, 0], [0.5, 0.5], [0.9, 0.9]])
    with pytest.raises(ArrayError, match="sum to 1: in row 3"):
        engine.propose(Step("submission:a", np.array([False, True, True]), bad))


def test_practice_rows_with_gaps_are_refused():
    with pytest.raises(ValueError, match="follow one another"):
        Engine(np.zeros(4), Practice(slice(0, 4, 2), np.zeros(2), Loss("squared")))


def test_a_version_that_is_not_there_is_an_error():
    with pytest.raises(IndexError, match="no version 1"):
        world().predictions_at(1)


def test_a_snapshot_is_refused_by_other_labels_and_when_incomplete():
    engine = world()
    engine.accept(engine.propose(step([1, 1, 0, 0, 0, 0], [0] * 6)))
    arrays = take_snapshot(engine)
    other = Practice(slice(0, 6), np.ones(6, dtype=np.int16), Loss("zero_one"))
    with pytest.raises(ArrayError, match="submission:a"):
        restore_engine(arrays, other)
    with pytest.raises(ArrayError, match="no log_rows"):
        restore_engine({name: array for name, array in arrays.items() if name != "log_rows"}, engine.practice)
    with pytest.raises(ArrayError, match="another loss"):
        restore_engine(arrays, Practice(slice(0, 6), np.zeros(6), Loss("squared")))


@pytest.mark.parametrize("amounts", [[1], [1, 5], list(range(1, 40)), [2**30]])
@pytest.mark.parametrize("changed", [1, 40, 3000])
@pytest.mark.parametrize("few_bits", [0, 1000])
def test_changes_add_up_in_every_group_as_in_plain_integers(amounts, changed, few_bits, monkeypatch):
    monkeypatch.setattr(bits, "_WORDS_A_LANE", 16)
    monkeypatch.setattr(bits, "_WORDS_AT_ONCE", 64)
    monkeypatch.setattr(bits, "_FEW_WORDS", 8)
    monkeypatch.setattr(bits, "_FEW_BITS", few_bits)
    rng = np.random.default_rng(0)
    n = 5000
    packed, masks = bits.GroupBits(n), [rng.random(n) < share for share in (0, 0.01, 0.5, 1)]
    for mask in masks:
        packed.add(pack_mask(mask))
    rows = np.sort(rng.choice(n, changed, replace=False))
    changes = rng.choice(amounts, changed) * rng.choice([-1, 1], changed)
    for typed in (changes, changes.astype(np.int8)) if amounts == [1] else (changes,):
        assert packed.sums(rows, typed).tolist() == [int(changes[mask[rows]].sum()) for mask in masks]
    assert [packed.mask(i).tolist() for i in range(4)] == [mask.tolist() for mask in masks]


def test_sums_stay_exact_beyond_what_floating_point_holds():
    packed = bits.GroupBits(40)
    packed.add(pack_mask(np.ones(40, dtype=bool)))
    changes = np.array([2**60 + i for i in range(7)])
    assert packed.sums(np.arange(7), changes).tolist() == [int(changes.sum())]


def test_a_group_takes_one_bit_a_row():
    assert word_count(1_000_000) * 8 <= 1_000_000 / 8 + 64


def test_an_engine_over_one_head_knows_its_position():
    y = np.zeros(3, dtype=np.int16)
    practice = Practice(slice(0, 3), y, Loss("zero_one"))
    engine = Engine.from_heads([Head(0, y), Head(4, y)], [], practice)
    assert engine.positions == [0, 4] and engine.propose(step([1, 1, 1], [0] * 3)).candidate.position == 5
