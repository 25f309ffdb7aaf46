"""The verdict on a patch by the present rule, end to end on arrays."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from evaluator.adjudication.acceptance import judge_patch
from evaluator.adjudication.case import Case, Certification
from evaluator.adjudication.gate import GateRule, predict_query
from evaluator.adjudication.harm import alarm_level, guarded_groups
from evaluator.adjudication.ledger import Asked, BlockLedger, rounded_chance
from evaluator.adjudication.measured_patch import measure_patch
from evaluator.adjudication.noise import ChangeCells, Noise
from evaluator.adjudication.noised_feedback import NoisedFeedback
from evaluator.adjudication.own_model import extend_own_model
from evaluator.adjudication.query_test import QueryTest, still_passes
from evaluator.adjudication.rule import Rule
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list import Head, Practice, Protected, Step
from evaluator.losses import Loss

PRACTICE, ROWS = 2000, 6000
NOISE = Noise(2.0, "a secret", "submission:1 head 1:0")


def noisy(rng, y, errors):
    """Predictions that err on a share of the rows."""
    return np.where(rng.random(len(y)) < errors, 1 - y, y).astype(np.int16)


@pytest.fixture
def case():
    """Children (30% of the rows) are served at 45% error by a base model that errs on 20% of the others."""
    rng = np.random.default_rng(11)
    y = rng.integers(0, 2, ROWS).astype(np.int16)
    children = rng.random(ROWS) < 0.3
    base = noisy(rng, y, np.where(children, 0.45, 0.2))
    head = Head(0, base)
    return Case(
        step=Step("submission:a", children, noisy(rng, y, 0.25)),
        head=head,
        published=[head],
        protected=[Protected("declared:1", rng.random(ROWS) < 0.5, declared=True)],
        practice=Practice(slice(0, PRACTICE), y[:PRACTICE], Loss("zero_one"), 0.0, 20),
        sampling=Sampling(),
        certification=Certification(slice(PRACTICE, ROWS), y[PRACTICE:], BlockLedger(0.05), Sampling()),
        noise=NOISE,
        rule=Rule(gate_chance=0.7, version=2),
        place="on small children",
        names={"declared:1": "women"},
    )


def with_patch(case, predictions):
    return replace(case, step=replace(case.step, predictions=predictions))


def weaker(case, share=0.1):
    """The same patch on a tenth of the group: too little to be shown."""
    rng = np.random.default_rng(3)
    return replace(case, step=replace(case.step, mask=case.step.mask & (rng.random(ROWS) < share)))


def in_probabilities(case):
    """The same case with answers as probabilities and a squared loss of them."""
    head = Head(0, np.where(case.head.predictions == 1, 0.8, 0.2))
    answers = np.where(case.step.predictions == 1, 0.8, 0.2)
    block = case.certification
    return replace(
        case,
        step=replace(case.step, predictions=answers),
        head=head,
        published=[head],
        practice=replace(case.practice, loss=Loss("squared"), y=case.practice.y.astype(float)),
        certification=replace(block, y=block.y.astype(float)),
    )


def test_a_real_improvement_is_accepted_by_one_query(case):
    decision = judge_patch(case)
    assert decision.state == "accepted" and decision.passed_gate
    query = decision.query
    assert query.symbol == "A" and query.certified and query.test == "sign" and query.bet_weight is None
    assert (query.number, query.accepted_before) == (1, 0)
    assert decision.sentence.startswith("Accepted: the shared model now errs about ")
    assert decision.sentence.endswith(" points less on small children.")


def test_the_level_follows_from_the_stored_chance(case):
    ledger = BlockLedger(0.05, (Asked("R", 0.8), Asked("A", 0.9), Asked("H", 0.7)))
    query = judge_patch(replace(case, certification=replace(case.certification, ledger=ledger))).query
    assert query.chance == 0.97  # certain, clipped
    assert query.log_inverse_delta == pytest.approx(ledger.level(query.chance), rel=1e-12)
    assert query.log_probability == pytest.approx(-math.log(0.05) - query.log_inverse_delta, rel=1e-12)
    assert (query.number, query.accepted_before) == (4, 1)


def test_other_losses_are_tested_by_a_bet_that_practice_rows_fixed(case):
    query = judge_patch(in_probabilities(case)).query
    assert query.symbol == "A" and query.test == "bet" and 0 < query.bet_weight < 1


def test_feedback_is_plain_json_that_adds_up_and_comes_back(case):
    for each in (case, weaker(case), in_probabilities(case)):
        told = judge_patch(each).practice
        assert NoisedFeedback.from_json(json.loads(json.dumps(told.to_json()))) == told
        if told.wins is not None:
            assert told.gain == pytest.approx((told.wins - told.losses) / PRACTICE)
            assert told.loss_before - told.loss_alone == pytest.approx((told.wins - told.losses) / told.rows)


def test_no_figure_of_a_patch_is_the_exact_one(case):
    exact, told = (
        judge_patch(replace(case, noise=noise, certification=None)).practice
        for noise in (Noise(), replace(NOISE, key="another"))
    )
    assert exact.scale == 0 and told.scale == 2
    assert (exact.rows, exact.wins, exact.losses) != (told.rows, told.wins, told.losses)
    assert abs(exact.rows - told.rows) < 60


def test_the_same_arrays_under_another_submission_are_told_otherwise(case):
    told = {judge_patch(replace(case, noise=replace(NOISE, key=str(i)))).practice.rows for i in range(8)}
    assert len(told) > 3
    assert judge_patch(case).practice == judge_patch(case).practice


def test_a_candidate_s_repairs_are_told_only_once_it_has_passed(case):
    harmed = replace(
        case, protected=[*case.protected, Protected("declared:2", _lost_by(case), declared=True)]
    )
    accepted = judge_patch(harmed)
    assert accepted.state == "accepted" and accepted.practice.whole.repairs
    refused = judge_patch(replace(harmed, certification=None))
    assert refused.practice.whole is None
    assert "declared:2" not in json.dumps(refused.practice.to_json())


def _lost_by(case):
    """A group that the patch serves worse: half its losses, and some rows that it leaves alone."""
    y = np.concatenate([case.practice.y, case.certification.y])
    lost = case.step.mask & (case.head.predictions == y) & (case.step.predictions != y)
    return lost & (np.arange(ROWS) % 2 == 0)


def test_a_patch_that_loses_in_its_own_group_is_stopped_though_its_repair_would_win(case):
    """It lost more answers than it won, and a repair keeps only what it won."""
    y = np.concatenate([case.practice.y, case.certification.y])
    rng = np.random.default_rng(4)
    worse = noisy(rng, y, np.where(np.arange(ROWS) % 3 == 0, 0.05, 0.75))
    spoiled = Protected("declared:2", case.step.mask & (np.arange(ROWS) % 3 != 0), declared=True)
    decision = judge_patch(replace(with_patch(case, worse), protected=[spoiled]))
    measured = measure_patch(replace(with_patch(case, worse), protected=[spoiled]))
    assert measured.alone.losses > measured.alone.wins and measured.whole.gain > 0
    assert measured.query.passes(measured.gate)
    assert decision.practice.reason == "practice" and decision.query is None
    assert "no better there than the shared model" in decision.sentence


def test_a_weak_patch_asks_no_query_and_is_told_how_far_it_is(case):
    decision = judge_patch(weaker(case))
    assert decision.practice.reason == "practice" and decision.query is None and not decision.passed_gate
    assert decision.sentence.startswith("Not shown yet: it won about ")
    assert ", won as often, would be enough to be sure (chance of passing now " in decision.sentence


def test_a_group_below_k_by_the_noised_count_is_too_few_to_say(case):
    decision = judge_patch(weaker(case, 0.01))
    assert decision.practice.reason == "too_few"
    assert decision.practice.wins is None and decision.practice.loss_before == 0
    assert decision.sentence == (
        "Not shown yet: fewer than about 20 practice rows are in this group, too few to say anything."
    )


def test_what_passes_the_gate_may_wait_and_then_asks_the_same_query(case):
    waits = judge_patch(replace(case, asks=False))
    assert waits.practice.reason == "waiting" and waits.passed_gate and waits.query is None
    assert judge_patch(case).query is not None


def test_a_person_s_raised_gate_stops_what_the_rule_s_lets_through(case):
    thinner = weaker(case, 0.2)
    assert judge_patch(replace(thinner, gate_chance=0.5)).passed_gate
    assert judge_patch(replace(thinner, gate_chance=0.95)).practice.reason == "practice"


def test_a_team_without_queries_is_told_so_and_a_competition_without_rows_too(case):
    assert judge_patch(replace(case, queries_left=0)).practice.reason == "allowance"
    assert judge_patch(replace(case, certification=None)).practice.reason == "no_block"


def test_harm_on_certification_rows_is_the_symbol_h(case):
    """A group that only the certification rows know to be harmed."""
    y = np.concatenate([case.practice.y, case.certification.y])
    harmed = case.step.mask & (case.head.predictions == y) & (case.step.predictions != y)
    harmed[:PRACTICE] = case.step.mask[:PRACTICE] & (case.head.predictions[:PRACTICE] != y[:PRACTICE])
    decision = judge_patch(replace(case, protected=[Protected("declared:1", harmed, declared=True)]))
    assert decision.state == "harmful" and decision.query.symbol == "H"
    assert decision.sentence == (
        "Harm seen: the certification rows show that it makes a protected group worse."
    )


def test_declared_cells_are_guarded_where_they_hold_k_practice_rows(case):
    wide, sliver = np.ones(ROWS, dtype=bool), np.zeros(ROWS, dtype=bool)
    sliver[:5] = True
    cells = [Protected("cell:0", wide), Protected("cell:1", sliver)]
    accepted = [Protected("submission:b", sliver), Protected("submission:c", wide)]
    guarded = guarded_groups([*case.protected, *accepted], cells, case.practice)
    assert [group.key for group in guarded] == ["declared:1", "submission:c", "cell:0"]


def test_alarms_share_five_percent_and_never_exceed_the_query_s_own_level():
    assert alarm_level(3.0, 20) == pytest.approx(math.log(400))
    assert alarm_level(9.0, 20) == 9.0


def test_certified_harm_tests_each_group_at_the_query_s_own_level(case):
    certified = replace(
        case,
        rule=replace(case.rule, harm="certified"),
        practice=replace(case.practice, tolerance=0.02),
    )
    decision = judge_patch(certified)
    assert decision.query.symbol == "A"
    assert decision.query.log_inverse_delta == judge_patch(case).query.log_inverse_delta
    untouched = Protected("declared:2", ~case.step.mask & (np.arange(ROWS) % 100 == 0), declared=True)
    small = judge_patch(replace(certified, protected=[untouched])).practice
    assert (small.reason, small.unsure) == ("unsure_harm", ("declared:2",))


def test_an_accepted_change_still_passes_on_the_same_rows_and_not_on_spoiled_labels(case):
    decision = judge_patch(case)
    block, query = case.certification, decision.query
    measured = measure_patch(case)
    tested = QueryTest(
        case.head,
        decision.candidate.as_head(),
        case.protected,
        case.practice,
        block.rows,
        block.y,
        block.sampling,
        case.rule,
        measured.query.test,
        query.log_inverse_delta,
    )
    assert still_passes(tested)
    assert not still_passes(replace(tested, y=case.head.predictions[block.rows]))


def test_the_plain_rule_compares_the_noised_gain_with_alpha(case):
    plain = replace(case, rule=Rule("alpha", alpha=0.01, version=2))
    decision = judge_patch(plain)
    assert decision.query.symbol == "A" and not decision.query.certified
    assert decision.practice.chance is None
    assert judge_patch(replace(plain, rule=replace(plain.rule, alpha=0.5))).practice.reason == "practice"


def test_the_chance_is_predicted_at_the_level_that_it_makes():
    cells = ChangeCells(400, 180.0, 120.0, 60.0, 180.0, 120, 60)
    rule = GateRule(Loss("zero_one"), PRACTICE, Sampling(), 4000, BlockLedger(0.05), chance=0.7)
    found = predict_query(cells, rule)
    assert found.chance == rounded_chance(found.predicted)
    assert found.log_inverse_delta == rule.ledger.level(found.chance)


def test_a_team_s_own_model_takes_a_patch_by_the_loss_that_is_told_of_it(case):
    before = float(case.practice.loss.rows(case.practice.y, case.head.predictions[:PRACTICE]).mean())
    taken = extend_own_model(
        case.head, case.published, case.step, case.protected, case.practice, NOISE, before
    )
    assert taken is not None
    candidate, told = taken
    exact = float(case.practice.loss.rows(case.practice.y, candidate.predictions[:PRACTICE]).mean())
    assert told < before and told != exact and abs(told - exact) < 60 / PRACTICE
    arguments = (case.head, case.published, case.step, case.protected, case.practice)
    assert extend_own_model(*arguments, NOISE, told) is None
    assert extend_own_model(*arguments, Noise(), exact + 1 / PRACTICE)[1] == exact


def one_answer(case, row=0):
    """A patch for everybody that answers as the head does, but in one practice row."""
    answers = case.head.predictions.copy()
    answers[row] = 1 - answers[row]
    return replace(case, step=Step("submission:a", np.ones(ROWS, dtype=bool), answers))


def test_nothing_is_told_of_what_a_patch_changes_in_few_answers(case):
    told = judge_patch(one_answer(case)).practice
    assert told.few_changes == 20 and told.wins is None and told.chance is None
    assert told.loss_alone == told.loss_before and told.p_value == 1
    exact = judge_patch(replace(one_answer(case), noise=Noise())).practice
    assert exact.few_changes == 0 and exact.wins + exact.losses == 1


def test_a_team_s_own_model_takes_no_patch_that_changes_few_answers(case):
    y = case.practice.y
    wrong = int(np.flatnonzero(case.head.predictions[:PRACTICE] != y)[0])
    arguments = (case.head, case.published, one_answer(case, wrong).step, [], case.practice)
    for key in range(20):
        assert extend_own_model(*arguments, replace(NOISE, key=str(key)), 1.0) is None
    assert extend_own_model(*arguments, Noise(), 1.0) is not None


def test_a_repair_that_one_person_sets_off_hardly_moves_the_gate(case):
    """A guarded group where the patch wins as often as it loses: one row more lost, and a repair takes it back."""
    y = np.concatenate([case.practice.y, case.certification.y])
    right = case.head.predictions == y
    group = np.zeros(ROWS, dtype=bool)
    group[np.flatnonzero(right[:PRACTICE])[:60]] = group[np.flatnonzero(~right[:PRACTICE])[:60]] = True
    plain = np.zeros(ROWS, dtype=bool)
    plain[np.flatnonzero(~right[:PRACTICE])[60:80]] = True
    step = Step("submission:a", group | plain, (1 - case.head.predictions).astype(np.int16))
    guarded = Protected("declared:2", group, declared=True)
    more = group.copy()
    extra = np.flatnonzero(right[:PRACTICE])[60]
    more[extra] = True
    tipped = replace(step, mask=step.mask | more)
    chances = []
    for mask, sent in ((guarded, step), (replace(guarded, mask=more), tipped)):
        measured = measure_patch(replace(case, step=sent, protected=[mask]))
        chances.append((measured.query.predicted, len(measured.candidate.repairs)))
    assert [repairs for _, repairs in chances] == [0, 1]
    assert abs(chances[0][0] - chances[1][0]) < 0.3
