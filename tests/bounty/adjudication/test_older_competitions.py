"""A competition by the rule of 2026-11 goes on by it: it is judged, charged, corrected, closed and verified so."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty import corrections
from bounty.adjudication import close, judge
from bounty.corrections import Correction
from bounty.ledger import blocks
from bounty.models import CertificationBlock, ChainEntry, LedgerQuery, Submission
from evaluator.adjudication.feedback import PracticeFeedback
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from tests.verified import read_afresh, row_numbers, verify
from tests.world import CHILDREN, OLD_WOMEN, new_team

State = Submission.State


@pytest.fixture
def older(make, bob):
    """A finding and an accepted patch."""
    world = make(rule_version=1, declared={"women": "SEX == 'female'"})
    bobs = new_team(world.competition, bob, "Bobs")
    judge.judge_submission(world.evaluated(bobs, OLD_WOMEN).pk)
    judge.judge_submission(world.good_patch(bobs, CHILDREN).pk)
    return world


def test_its_verdicts_have_exact_figures_and_its_findings_are_confirmed_on_practice_rows(older):
    finding, patch = Submission.objects.order_by("number")
    assert (finding.state, patch.state) == (State.CONFIRMED, State.ACCEPTED)
    feedback = patch.verdict.feedback
    assert isinstance(feedback, PracticeFeedback)
    assert feedback.rows == int(older.mask(CHILDREN)[older.layout.rows_of("practice")].sum())


def test_its_queries_are_levelled_by_its_own_ledger_and_told_in_the_chain(older):
    query = LedgerQuery.objects.get()
    assert query.log_inverse_delta == LedgerState(delta=0.05).log_inverse_delta()
    assert (query.symbol, query.chance, query.test) == ("", None, "")
    said = ChainEntry.objects.filter(kind="verdict").last().data
    assert said["query"]["log_inverse_delta"] == query.log_inverse_delta
    assert "version" not in said["rule"] and "retests" not in said["blocks"]["1"]


def test_a_failure_on_secret_rows_still_costs_it_a_bit(older):
    blocks.charge_failure(older.competition, timezone.now())
    assert list(CertificationBlock.objects.values_list("extra_bits", flat=True)) == [1, 1]


def test_it_is_corrected_closed_and_verified_by_its_rule(older, alice):
    assert verify(older) == ""
    rows = row_numbers(older, "certification-1")[:30]
    corrections.correct_table(read_afresh(older), Correction(withdrawn=rows), "twice", alice)
    assert verify(older) == ""
    corrected = ChainEntry.objects.get(kind="corrected").data
    assert corrected["tested"][0]["level"] == LedgerQuery.objects.get().log_inverse_delta
    block = CertificationBlock.objects.get(number=1)
    assert (block.extra_bits, block.retests_json) == (1, [])
    close.close_competition(read_afresh(older), timezone.now())
    assert "queries" not in ChainEntry.objects.get(kind="closed").data
    assert verify(older) == ""
