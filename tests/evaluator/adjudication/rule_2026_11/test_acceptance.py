"""The verdict on a patch, end to end on arrays."""

import json
from dataclasses import replace

import numpy as np
import pytest

from evaluator.adjudication.feedback import PracticeFeedback, Wording, verdict_sentence
from evaluator.adjudication.rule_2026_11.acceptance import (
    Case,
    Certification,
    Rule,
    judge_patch,
    team_candidate,
)
from evaluator.adjudication.rule_2026_11.harm import alarm_bits, is_harm_shown
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.decision_list import Head, Practice, Protected, Repair, Step
from evaluator.losses import Loss

PRACTICE, ROWS = 2000, 6000


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
        certification=Certification(slice(PRACTICE, ROWS), y[PRACTICE:], LedgerState()),
        place="on small children",
        names={"declared:1": "women"},
    )


def with_patch(case, predictions):
    return replace(case, step=replace(case.step, predictions=predictions))


def weaker(case, share=0.05):
    """The same patch on a twentieth of the group: too little to be shown."""
    rng = np.random.default_rng(3)
    return replace(case, step=replace(case.step, mask=case.step.mask & (rng.random(ROWS) < share)))


def test_a_real_improvement_is_accepted_by_one_query(case):
    decision = judge_patch(case)
    assert decision.state == "accepted" and decision.passed_gate
    assert decision.query is not None and decision.query.passed and decision.query.certified
    assert (decision.query.number, decision.query.accepted_before) == (1, 0)
    assert decision.sentence.startswith("Accepted: the shared model now errs ")
    assert decision.sentence.endswith(" points less on small children.")
    assert decision.practice.loss_after < decision.practice.loss_before


def test_feedback_is_plain_json_with_the_arithmetic_of_practice_rows(case):
    data = json.loads(json.dumps(judge_patch(case).practice.to_json()))
    assert data["kind"] == "patch"
    assert data["gain"] == pytest.approx((data["wins"] - data["losses"]) / PRACTICE)
    assert data["weight"] == pytest.approx(data["rows"] / PRACTICE)
    assert set(data["groups"][0]) == {"key", "rows", "before", "after", "best"}


def test_a_weak_patch_asks_no_query_and_is_told_how_far_it_is(case):
    decision = judge_patch(weaker(case))
    assert decision.state == "not_shown" and decision.query is None and not decision.passed_gate
    assert decision.sentence.startswith("Not shown yet: it won ")
    assert ", won as often, would be enough to be sure (chance of passing now " in decision.sentence


def test_a_worse_patch_is_told_so(case):
    decision = judge_patch(with_patch(case, (1 - case.head.predictions).astype(np.int16)))
    assert decision.state == "not_shown" and decision.query is None


def test_a_patch_that_answers_like_the_head_changes_nothing(case):
    decision = judge_patch(with_patch(case, case.head.predictions))
    assert decision.practice.reason == "no_change" and decision.query is None


def test_a_patch_that_is_worse_in_its_own_group_is_told_by_how_much(case):
    """Its own repair takes it back; the team still reads what the patch itself did."""
    decision = judge_patch(with_patch(case, (1 - case.head.predictions).astype(np.int16)))
    told = decision.practice
    assert told.reason == "no_change" and told.loss_after == told.loss_before
    assert told.loss_alone == pytest.approx(1 - told.loss_before)
    assert (told.wins_alone + told.losses_alone, told.wins + told.losses) == (told.rows, 0)
    assert decision.sentence == (
        f"Not shown yet: in the group it errs on {told.loss_alone:.1%}, "
        f"the shared model on {told.loss_before:.1%}, so a repair took it back."
    )


def test_a_worse_patch_is_told_so_in_points_of_loss_where_answers_are_not_right_or_wrong(case):
    """A model of probabilities: 0.6 for the right class before, 0.5 with the patch."""
    right = np.where(case.head.predictions == 1, 0.6, 0.4)
    head = Head(0, np.column_stack([1 - right, right]))
    worse = replace(
        with_patch(case, np.full((ROWS, 2), 0.5)),
        head=head,
        published=[head],
        practice=Practice(slice(0, PRACTICE), case.head.predictions[:PRACTICE], Loss("log"), 0.0, 20),
    )
    decision = judge_patch(worse)
    assert decision.practice.reason == "no_change"
    assert decision.sentence.startswith("Not shown yet: in the group its loss is ")
    assert decision.sentence.endswith(" higher than the shared model's, so a repair took it back.")


def test_a_chance_that_rounds_to_nothing_is_not_called_nothing():
    feedback = PracticeFeedback(
        "practice", 90, 0.1, 0.4, 0.39, 0.39, 5, 4, 0.2, 0.19, 5, 4, 0.4, 0.0, 900, 800
    )
    told = verdict_sentence(feedback, Wording("here", {}, is_zero_one=True, certified=True))
    assert "(chance of passing now under 1%)" in told


def test_a_group_without_practice_rows_is_not_shown(case):
    decision = judge_patch(replace(case, step=replace(case.step, mask=np.arange(ROWS) >= PRACTICE)))
    assert decision.practice.reason == "empty_group"
    assert decision.sentence.startswith("Not shown yet: none of the practice rows")


def test_without_a_block_nothing_can_be_certified(case):
    decision = judge_patch(replace(case, certification=None))
    assert decision.state == "not_shown" and decision.practice.reason == "no_block"


def test_a_team_without_queries_left_asks_none(case):
    decision = judge_patch(replace(case, queries_left=0))
    assert decision.query is None and decision.practice.reason == "allowance"


def test_what_practice_promises_certification_may_refuse(case):
    """The patch knows practice labels by heart and is a coin flip elsewhere."""
    rng = np.random.default_rng(8)
    learnt = np.r_[case.practice.y, rng.integers(0, 2, ROWS - PRACTICE)].astype(np.int16)
    decision = judge_patch(with_patch(case, learnt))
    assert decision.state == "not_shown" and decision.query is not None and not decision.query.passed
    assert decision.query.alarm_bits == 0
    assert "the certification rows did not confirm it" in decision.sentence


def test_a_fuller_ledger_asks_for_more(case):
    full = LedgerState(queries=2000, accepted=1000)
    block = replace(case.certification, state=full)
    decision = judge_patch(replace(case, certification=block))
    assert decision.state == "not_shown"


def test_only_the_bit_depends_on_certification_labels(case):
    """Other certification labels may change state and query, and nothing else that is told."""
    flipped = replace(case.certification, y=(1 - case.certification.y).astype(np.int16))
    one, other = judge_patch(case), judge_patch(replace(case, certification=flipped))
    assert one.query.passed and not other.query.passed
    strip = {"reason": None}
    assert one.practice.to_json() | strip == other.practice.to_json() | strip
    assert one.candidate.added == other.candidate.added


def harmful_case(case):
    """On practice rows nobody loses; on certification rows the second half of the group does."""
    rows = np.arange(ROWS)
    y = np.zeros(ROWS, dtype=np.int16)
    teenagers = rows % 10 == 0
    base = np.where(teenagers | (rows % 10 == 5), 0, 1).astype(np.int16)
    patch = np.where(teenagers & (rows >= PRACTICE), 1, 0).astype(np.int16)
    head = Head(0, base)
    return replace(
        case,
        step=Step("submission:a", np.ones(ROWS, dtype=bool), patch),
        head=head,
        published=[head],
        protected=[Protected("declared:2", teenagers, declared=True)],
        practice=replace(case.practice, y=y[:PRACTICE]),
        certification=Certification(slice(PRACTICE, ROWS), y[PRACTICE:], LedgerState()),
    )


def test_harm_to_a_protected_group_on_certification_rows_refuses(case):
    decision = judge_patch(harmful_case(case))
    assert decision.state == "harmful" and decision.query is not None and not decision.query.passed
    assert decision.query.alarm_bits == 8
    assert decision.sentence.startswith("Harm seen: ")
    assert "declared" not in decision.sentence


def test_the_alarm_does_not_say_which_group(case):
    decision = judge_patch(harmful_case(case))
    assert (
        decision.sentence == "Harm seen: the certification rows show that it makes a protected group worse."
    )


def test_an_alarm_costs_more_the_later_it_comes_and_too_late_it_is_a_plain_refusal():
    assert alarm_bits(LedgerState()) == 8
    assert alarm_bits(LedgerState(queries=10, accepted=5)) == 13
    assert alarm_bits(LedgerState(block_number=200)) is None


def test_harm_must_be_shown_not_merely_possible():
    before, after = np.zeros(100), np.r_[np.ones(3), np.zeros(97)]
    group = [np.arange(100) < 10]
    assert not is_harm_shown(before, after, group, is_zero_one=True, log_inverse_delta=3)
    assert is_harm_shown(before, after, group, is_zero_one=True, log_inverse_delta=2)


def test_a_repair_is_part_of_the_candidate_and_of_what_is_told(case):
    """The patch is a coin flip for its group's women; they go back to the base model."""
    rng = np.random.default_rng(4)
    women = rng.random(ROWS) < 0.2
    wild = np.where(women, 1 - case.head.predictions, case.step.predictions).astype(np.int16)
    decision = judge_patch(
        replace(
            with_patch(case, wild), protected=[Protected("declared:1", women & case.step.mask, declared=True)]
        )
    )
    assert decision.candidate.repairs == (Repair("declared:1", 0),)
    assert decision.practice.repairs == (Repair("declared:1", 0),)
    line = decision.practice.groups[0]
    assert line.after <= line.best


def test_the_plain_rule_says_that_it_certifies_nothing(case):
    decision = judge_patch(replace(case, rule=Rule("alpha", alpha=0.01)))
    assert decision.state == "accepted" and not decision.query.certified
    assert decision.practice.chance is None
    assert decision.sentence.startswith("Accepted by the plain rule, not certified: ")


def test_the_plain_rule_refuses_smaller_gains(case):
    decision = judge_patch(replace(case, rule=Rule("alpha", alpha=0.5)))
    assert decision.state == "not_shown" and decision.query is None
    assert "50.0 points less are asked for" in decision.sentence


def test_bounded_losses_are_judged_by_the_same_door(case):
    rng = np.random.default_rng(2)
    y = rng.random(ROWS)
    base = Head(0, np.clip(y + rng.normal(0, 0.5, ROWS), 0, 1))
    bounded = replace(
        case,
        step=replace(case.step, predictions=np.clip(y + rng.normal(0, 0.1, ROWS), 0, 1)),
        head=base,
        published=[base],
        practice=replace(case.practice, y=y[:PRACTICE], loss=Loss("squared")),
        certification=Certification(slice(PRACTICE, ROWS), y[PRACTICE:], LedgerState()),
    )
    decision = judge_patch(bounded)
    assert decision.state == "accepted"
    assert "has a loss" in decision.sentence and "lower on small children" in decision.sentence


def test_a_teams_own_model_takes_any_practice_gain_and_no_loss(case):
    weak = weaker(case)
    kept = team_candidate(case.head, case.published, weak.step, [], case.practice)
    assert kept is not None and kept.position == 1
    worse = replace(case.step, predictions=(1 - case.head.predictions).astype(np.int16))
    inside = replace(
        worse, mask=case.step.mask & (case.head.predictions == np.r_[case.practice.y, case.certification.y])
    )
    assert team_candidate(case.head, case.published, inside, [], case.practice) is None
