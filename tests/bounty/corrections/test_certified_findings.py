"""A finding that a certification query confirmed is tested again by a correction of the block's rows, like a patch."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from bounty import corrections
from bounty.adjudication import close, finding_query, judge
from bounty.corrections import Correction
from bounty.ledger import blocks
from bounty.models import CertificationBlock, LedgerQuery, Submission
from bounty.workers import tasks
from tests.verified import read_afresh, row_numbers, verify
from tests.world import CHILDREN, OLD_WOMEN, new_team

State = Submission.State


@pytest.fixture
def played(make, bob, sent):
    """A finding that a query confirmed, between two accepted patches."""
    world = make(rule_version=2, fixed_blocks=2, gate_chance=0.7)
    bobs = new_team(world.competition, bob, "Bobs")
    judge.judge_submission(world.good_patch(bobs, OLD_WOMEN).pk)
    finding = world.evaluated(bobs, CHILDREN)
    judge.judge_submission(finding.pk)
    finding.refresh_from_db()
    finding_query.request_certification(finding)
    tasks.judge_submission(str(finding.pk))
    judge.judge_submission(world.good_patch(bobs, CHILDREN).pk)
    assert list(LedgerQuery.objects.order_by("number").values_list("symbol", flat=True)) == ["A", "A", "A"]
    return world


def finding() -> Submission:
    return Submission.objects.get(patch_kind="none")


def kept() -> list[list[object]]:
    return CertificationBlock.objects.get(number=1).retests_json[-1]["kept"]


def test_it_stays_confirmed_where_the_rows_still_show_it(played, alice):
    rows = row_numbers(played, "certification-1")[:20]
    corrections.correct_table(read_afresh(played), Correction(withdrawn=rows), "twice", alice)
    assert kept() == [[1, True], [2, True], [3, True]]
    assert finding().state == State.CONFIRMED
    assert verify(played) == ""


def test_it_is_worse_on_practice_rows_again_where_they_no_longer_do(played, alice):
    mask = played.mask(CHILDREN)
    mended = {
        row: int(played.base[row - 1]) for row in row_numbers(played, "certification-1") if mask[row - 1]
    }
    changed = {row: label for row, label in mended.items() if label != played.y[row - 1]}
    corrections.correct_table(read_afresh(played), Correction(changed), "read from the wrong column", alice)
    assert [2, False] in kept()
    found = finding()
    assert (found.state, found.confirmed_at) == (State.WORSE, None)
    assert "no longer passes the test that confirmed it" in found.verdict.sentence
    assert verify(played) == ""
    close.close_competition(read_afresh(played), timezone.now())
    assert finding().state == State.CONFIRMED  # by final rows, in the family of the close
    assert verify(played) == ""


def test_confirmed_by_a_later_block_it_is_tested_on_that_block_alone(played, alice):
    mask = played.mask(CHILDREN)
    mended = {
        row: int(played.base[row - 1])
        for row in row_numbers(played, "certification-1")
        if mask[row - 1] and played.base[row - 1] != played.y[row - 1]
    }
    corrections.correct_table(read_afresh(played), Correction(mended), "read from the wrong column", alice)
    blocks.retire_block(CertificationBlock.objects.get(number=1), timezone.now())
    CertificationBlock.objects.filter(number=2).update(state=CertificationBlock.State.OPEN)
    finding_query.request_certification(finding())
    tasks.judge_submission(str(finding().pk))
    assert finding().state == State.CONFIRMED
    rows = row_numbers(played, "certification-1")[:5]
    corrections.correct_table(read_afresh(played), Correction(withdrawn=rows), "twice", alice)
    assert finding().state == State.CONFIRMED
    assert 2 not in [number for number, _ in kept()]
    assert verify(played) == ""


def test_practice_rows_do_not_take_back_what_certification_rows_confirmed(played, alice):
    mask = played.mask(CHILDREN)
    rows = np.array([row for row in row_numbers(played, "practice") if mask[row - 1]])
    mended = {
        int(row): int(played.base[row - 1]) for row in rows if played.base[row - 1] != played.y[row - 1]
    }
    corrections.correct_table(read_afresh(played), Correction(mended), "mended", alice)
    assert finding().state == State.CONFIRMED
    assert verify(played) == ""
