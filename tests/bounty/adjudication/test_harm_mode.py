"""Harm certified within a tolerance: an organiser's choice, refused where it could not be kept."""

from __future__ import annotations

import pytest

from bounty.adjudication import judge
from bounty.competitions.spec import NewCompetition, build_competition
from bounty.core.errors import Refusal
from bounty.ledger import blocks
from bounty.models import Competition, LedgerQuery
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from tests.world import new_team

CHILDREN = "AGE < 6"


def wish(alice, **settings):
    return build_competition(
        NewCompetition(alice, "Doctors", "SEEN", settings={"harm_mode": "certified"} | settings)
    )


def test_certified_harm_is_a_setting_of_a_new_competition(alice):
    assert wish(alice, tolerance=0.02).harm_mode == Competition.HarmMode.CERTIFIED


def test_without_a_tolerance_it_is_refused(alice):
    with pytest.raises(Refusal, match="no rows show that there is none") as refused:
        wish(alice)
    assert refused.value.field == "tolerance"


def test_under_the_plain_rule_it_is_refused(alice):
    with pytest.raises(Refusal, match="harm neither") as refused:
        wish(alice, tolerance=0.02, acceptance="alpha")
    assert refused.value.field == "harm_mode"


@pytest.mark.rule_2026_11
def test_by_the_older_rule_a_query_pays_for_every_protected_group(make, bob):
    world = make(harm_mode="certified", tolerance=0.1, declared={"men": "SEX == 'male' and AGE >= 6"})
    mask = world.mask(CHILDREN)
    judge.judge_submission(
        world.evaluated(new_team(world.competition, bob, "Bob"), mask, world.patch(mask, right=1.0)).pk
    )
    query = LedgerQuery.objects.get()
    assert query.passed
    assert query.log_inverse_delta == LedgerState(delta=world.competition.delta).log_inverse_delta(checks=2)
    assert blocks.count_checks(world.competition) == 3  # the accepted group is protected from now on


def test_each_protected_group_is_tested_at_the_query_s_own_level(make, bob):
    world = make(harm_mode="certified", tolerance=0.1, declared={"men": "SEX == 'male' and AGE >= 6"})
    mask = world.mask(CHILDREN)
    judge.judge_submission(
        world.evaluated(new_team(world.competition, bob, "Bob"), mask, world.patch(mask, right=1.0)).pk
    )
    query = LedgerQuery.objects.get()
    assert query.passed
    assert query.log_inverse_delta == BlockLedger(world.competition.delta / 2).level(query.chance)


def test_a_group_too_small_to_certify_is_told_and_costs_nothing(make, bob):
    world = make(
        harm_mode="certified", tolerance=0.01, declared={"old women": "SEX == 'female' and AGE >= 60"}
    )
    mask = world.mask(CHILDREN)
    submission = world.evaluated(new_team(world.competition, bob, "Bob"), mask, world.patch(mask, right=1.0))
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == "not_shown"
    assert "of old women there would be too few certification rows" in submission.verdict.sentence
    assert not LedgerQuery.objects.exists()


def test_the_rules_page_says_which_strength_was_chosen(make, client):
    certified = make(harm_mode="certified", tolerance=0.02)
    page = client.get(f"/c/{certified.competition.slug}/rules/").content.decode()
    assert "certified within tolerance" in page and "0.02" in page
    assert "no evidence of harm" not in page
