"""The paragraph for those who check a verdict by the rule of 2026-11: its numbers, its thresholds, what was spent."""

from __future__ import annotations

import math

import pytest
from django.utils import translation

from bounty.adjudication.explanation import verdict_paragraph
from bounty.models import Competition, LedgerQuery, Verdict
from evaluator.decision_list import Repair
from evaluator.losses import Loss

pytestmark = pytest.mark.rule_2026_11

CANDIDATE = (
    "On 800 practice rows the candidate, which is the patch alone, changed 36 answers: "
    "33 became better, 3 worse."
)
LOSSES = "Mean loss over all of them: 25.0% to 21.2%; in the group: 70.0% to 20.0%."
GATE = (
    "Practice gate: p = 0.012 (exact sign test; at most 0.05), "
    "predicted chance of passing certification 62.5% (at least 50%)."
)
NOTHING_SPENT = (
    "No certification query was asked, so nothing of the team’s allowance or of the block was spent."
)


def asked(verdict: Verdict, **changes) -> LedgerQuery:
    """The fifth query of the first block, after two yes."""
    fields = {
        "number": 5,
        "accepted_before": 2,
        "extra_bits": 3,
        "log_inverse_delta": math.log(400),
        "passed": True,
    }
    block = verdict.submission.competition.blocks.get(number=1)
    return LedgerQuery.objects.create(block=block, submission=verdict.submission, **fields | changes)


def told(verdict: Verdict, query: LedgerQuery | None = None) -> str:
    return verdict_paragraph(verdict.submission, verdict, query)


def of_loss(competition: Competition, name: str) -> None:
    Competition.objects.filter(pk=competition.pk).update(loss_json=Loss(name).to_json())


def test_without_a_query_it_says_what_was_measured_what_was_asked_for_and_that_nothing_was_spent(judged):
    assert told(judged()) == " ".join((CANDIDATE, LOSSES, GATE, NOTHING_SPENT))


def test_the_thresholds_are_those_of_the_competition(judged, competition):
    Competition.objects.filter(pk=competition.pk).update(gate_level=0.0125, gate_chance=0.8)
    verdict = Verdict.objects.get(pk=judged().pk)
    assert "at most 0.0125)" in told(verdict)
    assert "62.5% (at least 80%)" in told(verdict)


def test_a_query_tells_the_ledger_before_it_the_level_and_its_one_bit(judged):
    verdict = judged("accepted", reason="accepted")
    assert told(verdict, asked(verdict)).removeprefix(f"{CANDIDATE} {LOSSES} {GATE} ") == (
        "Certification: query 5 of block 1 (1,200 rows, share of δ = 0.025), after 2 accepted, 2 refused and 3 extra "
        "bits, tested by the exact sign test at level 0.0025 (ln 1/δ = 5.99, by the Krichevsky-Trofimov code): "
        "passed. Spent: one query of the team’s allowance, and one published bit of the block."
    )


def test_a_query_that_was_not_passed_says_so(judged):
    verdict = judged(reason="refused")
    assert "code): not passed. Spent: one query" in told(verdict, asked(verdict, passed=False))


def test_a_level_too_small_to_be_written_is_nought(judged):
    verdict = judged(reason="refused")
    assert "at level 0 (ln 1/δ = 800.00" in told(verdict, asked(verdict, log_inverse_delta=800))


def test_a_later_block_has_a_smaller_share_of_delta(judged):
    verdict = judged(reason="refused")
    query = asked(verdict, number=1, accepted_before=0)
    query.block = verdict.submission.competition.blocks.get(number=2)
    assert "query 1 of block 2 (600 rows, share of δ = 0.00833), after 0 accepted, 0 refused" in told(
        verdict, query
    )


@pytest.mark.parametrize(("repairs", "words"), [(1, "the 1 repair it needs"), (2, "the 2 repairs it needs")])
def test_repairs_are_counted(judged, repairs, words):
    lines = tuple(Repair(f"declared:{n}", 0) for n in range(repairs))
    assert f"the candidate, which is the patch with {words}, changed 36" in told(judged(repairs=lines))


def test_where_nothing_changed_there_is_no_gate(judged):
    said = told(judged(reason="no_change", wins=0, losses=0))
    assert "changed 0 answers" in said
    assert "Practice gate" not in said


def test_the_plain_rule_predicts_no_chance_and_charges_no_ledger(judged):
    said = told(judged("accepted", reason="accepted", chance=None))
    assert said.endswith(
        "Practice gate: p = 0.012 (exact sign test; at most 0.05). "
        "Accepted by the plain rule; nothing was certified and no ledger was charged."
    )


def test_another_loss_names_the_tests_that_judge_it(judged, competition):
    of_loss(competition, "squared")
    verdict = Verdict.objects.get(pk=judged(reason="refused").pk)
    said = told(verdict, asked(verdict))
    assert "(one-sided t-test; at most 0.05)" in said
    assert "tested by the empirical Bernstein bound of Maurer and Pontil at level" in said
    assert "Mean loss over all of them: 0.2500 to 0.2125; in the group: 0.7000 to 0.2000." in said


def test_a_finding_tells_its_gap_its_correction_and_that_no_query_is_spent(judged_finding):
    assert told(judged_finding("confirmed")) == (
        "60 practice rows are in the group (7.5% of all): mean loss 70.0% there, 20.0% elsewhere. "
        "One-sided p = 0.012, 0.025 after Holm’s correction over all findings of the team; 0.05 confirms. "
        "The largest overlap with an earlier confirmed finding is less than 80% (Jaccard). "
        "Findings are judged on practice rows alone: confirmed, not certified, and no query is spent."
    )


def test_an_overlap_is_exact_only_where_it_was_the_reason(judged_finding):
    assert "finding is 85% (Jaccard)" in told(judged_finding(largest_overlap=0.85))
    assert "finding is less than 80% (Jaccard)" in told(judged_finding(largest_overlap=0.79))


def test_while_it_is_judged_again_nothing_is_said(judged):
    assert told(judged("judging")) == ""


def test_where_nothing_was_measured_nothing_is_said(judged):
    verdict = judged()
    verdict.practice = {}
    assert told(verdict) == ""


def test_it_is_told_in_spanish(judged, judged_finding):
    verdict, finding = judged(), judged_finding()
    with translation.override("es"):
        said = f"{told(verdict, asked(verdict))} {told(finding)}"
    for english in ("practice rows", "Mean loss", "Certification", "Spent", "passed", "sign test", "Holm’s"):
        assert english not in said
