"""Findings by the present rule: worse on practice rows while open, confirmed on final rows at the close."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bounty.adjudication import close, judge
from bounty.adjudication.explanation import verdict_paragraph
from bounty.corrections import Correction, correct_table
from bounty.hash_chain.encoding import canonical_json
from bounty.models import BoardRow, ChainEntry, Credit, Notice, Submission
from tests.verified import read_afresh, row_numbers, verify
from tests.world import CHILDREN, OLD_WOMEN, make_world, new_team

State = Submission.State
SERVED_ALIKE = "AGE >= 30 and AGE < 36"


@pytest.fixture
def world(alice):
    return make_world(alice, rule_version=2, fixed_blocks=2, noise_scale=2.0)


@pytest.fixture
def bobs(world, bob):
    return new_team(world.competition, bob, "Bobs")


@pytest.fixture
def charlies(world, charlie):
    return new_team(world.competition, charlie, "Charlies")


def judged(submission):
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    return submission


def closed(world):
    close.close_competition(world.competition, timezone.now())


def points(team, *, final):
    return sum(Credit.objects.filter(team=team, final=final).values_list("points", flat=True))


def test_a_finding_is_worse_on_practice_rows_and_not_confirmed(world, bobs):
    finding = judged(world.evaluated(bobs, CHILDREN))
    assert finding.state == State.WORSE and finding.confirmed_at is None
    assert finding.verdict.sentence.startswith("Worse on practice rows: ")
    assert "errs on about" in finding.verdict.sentence
    assert finding.verdict.finding_feedback.counts


def test_a_group_that_is_served_alike_is_not_shown(world, bobs):
    assert judged(world.evaluated(bobs, SERVED_ALIKE)).state == State.NOT_SHOWN


def test_the_words_of_the_older_rule_stay_with_older_competitions(alice, bob):
    world = make_world(alice, rule_version=1)
    finding = judged(world.evaluated(new_team(world.competition, bob, "Bobs"), CHILDREN))
    assert finding.state == State.CONFIRMED
    closed(world)
    finding.verdict.refresh_from_db()
    assert finding.verdict.sentence.startswith("Confirmed finding: ") and finding.verdict.final == {}


def test_each_finding_of_a_team_is_judged_at_a_smaller_level(world, bobs):
    for number in (1, 2, 3):
        found = judged(world.evaluated(bobs, CHILDREN)).verdict.finding_feedback
        assert found.number == number
        assert found.p_adjusted == pytest.approx(min(1.0, found.p_value * number * (number + 1)))


def test_judged_again_a_finding_counts_as_one_more_of_its_team(world, bobs, charlies):
    first = judged(world.evaluated(bobs, SERVED_ALIKE))
    judged(world.evaluated(bobs, "AGE >= 40 and AGE < 46"))
    judged(world.good_patch(charlies, CHILDREN))
    numbers = []
    for _ in range(2):
        Submission.objects.filter(pk=first.pk).update(state=State.JUDGING)
        numbers.append(judged(first).verdict.finding_feedback.number)
        first.refresh_from_db()
    assert numbers == [3, 4]
    assert verify(world) == ""
    rows = row_numbers(world, "practice")[:5]
    correct_table(read_afresh(world), Correction(withdrawn=rows), "twice", world.competition.organiser)
    judged(world.evaluated(bobs, "AGE >= 50 and AGE < 56"))
    assert verify(world) == ""


def test_a_finding_is_judged_on_the_rows_in_no_earlier_finding_that_counts(world, bobs, charlies):
    judged(world.evaluated(bobs, CHILDREN))
    wider = judged(world.evaluated(charlies, "AGE < 12"))
    found = wider.verdict.finding_feedback
    rest = world.mask("AGE >= 6 and AGE < 12")[world.layout.rows_of("practice")].sum()
    assert abs(found.rows - rest) < 20 and 0.3 < found.own_share < 0.7
    assert wider.state == State.NOT_SHOWN
    copied = judged(world.evaluated(charlies, CHILDREN))
    assert copied.state == State.NOT_SHOWN and "too few to say" in copied.verdict.sentence


def test_the_explanation_of_a_group_that_is_too_small_tells_no_loss(world, bobs):
    finding = judged(world.evaluated(bobs, "AGE < 0"))
    assert verdict_paragraph(finding, finding.verdict, None) == (
        "Fewer than 20 of the 800 practice rows are in the group, by a noised count: too few to say anything."
    )


def test_the_close_confirms_on_final_rows_in_one_family(world, bobs, charlies):
    true = [judged(world.evaluated(team, group)) for team, group in ((bobs, CHILDREN), (charlies, OLD_WOMEN))]
    closed(world)
    for finding in true:
        finding.refresh_from_db()
        test = finding.verdict.final_test
        assert finding.state == State.CONFIRMED and finding.confirmed_at is not None
        assert test.test.name == "fisher" and test.confirmed and test.p_adjusted >= test.p_value
        assert finding.verdict.sentence.startswith("Confirmed finding: on final rows")
    assert {row.findings for row in BoardRow.objects.filter(competition=world.competition)} == {1}


def test_what_final_rows_do_not_show_stays_worse_on_practice_rows(world, bobs):
    """A group that holds the practice rows which the base model gets wrong, and others by chance."""
    practice = world.layout.rows_of("practice")
    mask = world.mask(SERVED_ALIKE).copy()
    mask[practice] &= (world.base != world.y)[practice]
    mask[practice.start : practice.start + 60] |= (world.base != world.y)[
        practice.start : practice.start + 60
    ]
    finding = judged(world.evaluated(bobs, mask))
    assert finding.state == State.WORSE
    before = Notice.objects.count()
    closed(world)
    finding.refresh_from_db()
    assert finding.state == State.WORSE and finding.confirmed_at is None
    assert finding.verdict.sentence.startswith("Not confirmed at the close: on final rows")
    assert Notice.objects.count() > before
    assert BoardRow.objects.get(team=bobs).findings == 0


def test_finders_are_paid_once_their_finding_is_confirmed(world, bobs, charlies):
    judged(world.evaluated(bobs, CHILDREN))
    later = timezone.now() + timedelta(seconds=1)
    patch = world.good_patch(charlies)
    Submission.objects.filter(pk=patch.pk).update(created_at=later)
    assert judged(patch).state == State.ACCEPTED
    assert points(bobs, final=False) == 0 and points(charlies, final=False) > 0
    closed(world)
    share = points(bobs, final=True) / (points(bobs, final=True) + points(charlies, final=True))
    assert 0.2 < share <= 0.3 + 1e-9


def test_the_chain_says_what_the_close_confirmed(world, bobs):
    finding = judged(world.evaluated(bobs, CHILDREN))
    closed(world)
    finding.verdict.refresh_from_db()
    (said,) = ChainEntry.objects.get(kind="closed").data["findings"]
    assert (said["submission"], said["state"]) == (str(finding.pk), State.CONFIRMED)
    assert canonical_json(said["final"]) == canonical_json(finding.verdict.final)
