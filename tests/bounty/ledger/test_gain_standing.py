"""What can still be won, in one sentence beside all that the base model loses: wherever somebody decides."""

from __future__ import annotations

import pytest
from django.test import Client

from bounty.adjudication import judge
from bounty.ledger import overview
from bounty.ledger.smallest_gain import SmallestGains
from bounty.models import Competition, LedgerQuery
from bounty.models.stored_holdout import StoredPlan
from bounty.organisers.ledger_report import ledger_budget
from tests.world import World, new_team

PAGES = ("", "rules/", "submit/", "explore/")


@pytest.fixture
def world(make, sent) -> World:
    return make(rule_version=2, fixed_blocks=2, noise_scale=0.0)


def lose(competition: Competition, base_loss: float) -> None:
    competition.plan_json = StoredPlan(base_loss=base_loss).to_json()
    competition.save()


def page_of(user, address: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(address).content.decode()


def test_it_is_compared_with_all_that_the_base_model_loses(world):
    lose(world.competition, 0.2)
    gain = SmallestGains(world.competition).of_next_query(world.competition.open_block())
    standing = overview.gain_standing(world.competition)
    assert not standing.is_nothing
    assert f"at least {100 * gain:.2f} points over everybody" in standing.sentence
    assert f"{gain / 0.2:.0%} of all that the base model loses (20.0 points)" in standing.sentence


def test_more_than_it_loses_cannot_be_gained(world):
    lose(world.competition, 0.001)
    standing = overview.gain_standing(world.competition)
    assert standing.is_nothing and standing.sentence.startswith(
        "Nothing can be accepted: the next patch must"
    )


def test_without_an_open_block_nothing_is_accepted(world):
    world.competition.blocks.update(state="retired")
    standing = overview.gain_standing(world.competition)
    assert standing.is_nothing and "No certification block is open" in standing.sentence


def test_the_plain_rule_and_a_closed_competition_say_nothing(make):
    assert overview.gain_standing(make(acceptance="alpha").competition) is None
    assert overview.gain_standing(make(status="closed").competition) is None


@pytest.mark.parametrize("version", [1, 2])
def test_every_query_raises_it(make, bob, version):
    world = make(rule_version=version, fixed_blocks=2)
    block = world.competition.open_block()
    before = SmallestGains(world.competition).of_next_query(block)
    judge.judge_submission(world.good_patch(new_team(world.competition, bob, "Bobs")).pk)
    block.refresh_from_db()
    gains = SmallestGains(world.competition)
    query = LedgerQuery.objects.get()
    assert gains.of_next_query(block) > before
    assert gains.of_asked(query, block) <= gains.of_next_query(block)


@pytest.mark.parametrize("page", PAGES)
def test_it_stands_where_somebody_decides(world, bob, page):
    new_team(world.competition, bob, "Bobs")
    lose(world.competition, 0.001)
    assert "Nothing can be accepted: " in page_of(bob, f"{world.competition.get_absolute_url()}{page}")


@pytest.mark.parametrize("page", ["organise/", "organise/budget/"])
def test_the_organiser_reads_it_too(world, alice, page):
    lose(world.competition, 0.001)
    assert "Nothing can be accepted: " in page_of(alice, f"{world.competition.get_absolute_url()}{page}")


def test_the_budget_counts_what_is_left_at_the_target(world):
    small, large = (budget_at(world.competition, target) for target in (0.001, 0.2))
    assert small == 0 < large


def budget_at(competition: Competition, target: float) -> int:
    competition.target_gain = target
    competition.save()
    return ledger_budget(competition).blocks[0].left


def test_opening_what_can_accept_nothing_says_so_loudly(make, alice):
    competition = make(status="draft").competition
    competition.plan_json = StoredPlan(nothing="Nothing can be accepted: too few rows.").to_json()
    competition.save()
    client = Client()
    client.force_login(alice)
    answer = client.post(f"{competition.get_absolute_url()}organise/phase/", {"do": "open"}, follow=True)
    assert "Nothing can be accepted: too few rows." in answer.content.decode()
