"""What is published of a retired block: bounds that know what the block gave away."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bounty.adjudication import close, judge
from bounty.ledger import blocks, bounds
from bounty.models import CertificationBlock, Competition
from bounty.workers import sweep
from evaluator.adjudication.ledger import BlockLedger
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from tests.world import new_team

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHILDREN = "AGE < 6"
Block = CertificationBlock


def retire_first(competition):
    blocks.retire_block(competition.blocks.get(number=1), NOW)
    competition.blocks.filter(number=2).update(state=Block.State.OPEN)


def test_of_an_open_block_nothing_is_published(world):
    sweep.run_sweep(NOW)
    assert [block.bounds for block in world.competition.blocks.all()] == [None, None]


def test_a_retired_block_shows_the_models_losses_within_bounds(make, bob):
    world = make(declared={"children": CHILDREN})
    competition = world.competition
    mask = world.mask(CHILDREN)
    judge.judge_submission(world.evaluated(new_team(competition, bob, "Bob"), mask, world.patch(mask)).pk)
    retire_first(competition)
    sweep.run_sweep(NOW)
    everyone, children = competition.blocks.get(number=1).bounds.lines
    assert (everyone.name, everyone.rows) == ("everyone", 1200)
    assert children.name == "children" and children.rows < everyone.rows
    for line in (everyone, children):
        assert 0 <= line.low < line.loss < line.high <= 1
    assert children.gained > 0.2 and everyone.gained < children.gained


def test_the_level_is_what_the_block_has_left_shared_by_all_bounds(world):
    retire_first(world.competition)
    bounds.publish_retired_blocks(NOW)
    said = world.competition.blocks.get(number=1).bounds
    expected = BlockLedger(world.competition.delta / 2).bounds_level(3)
    assert (said.checks, said.log_inverse_delta) == (3, expected)


@pytest.mark.rule_2026_11
def test_by_the_older_rule_the_level_is_that_of_one_more_query_shared_by_all_bounds(world):
    block = world.competition.blocks.get(number=1)
    Block.objects.filter(pk=block.pk).update(queries=7, accepted=3, extra_bits=2)
    retire_first(world.competition)
    Block.objects.filter(number=1).update(queries=7, accepted=3, extra_bits=2)
    bounds.publish_retired_blocks(NOW)
    block.refresh_from_db()
    expected = LedgerState(7, 3, 2, world.competition.delta, 1).log_inverse_delta(checks=3)
    assert (block.bounds.checks, block.bounds.log_inverse_delta) == (3, expected)


def test_bounds_are_published_once(world):
    retire_first(world.competition)
    bounds.publish_retired_blocks(NOW)
    Block.objects.filter(number=1).update(queries=500)
    first = world.competition.blocks.get(number=1).bounds_json
    bounds.publish_retired_blocks(NOW)
    assert world.competition.blocks.get(number=1).bounds_json == first


def test_at_the_close_every_block_is_published(world):
    close.close_competition(world.competition, NOW)
    assert all(block.bounds.lines for block in world.competition.blocks.all())


def test_under_the_plain_rule_nothing_is_certified(make):
    world = make(acceptance=Competition.Acceptance.ALPHA)
    close.close_competition(world.competition, NOW)
    sweep.run_sweep(NOW)
    assert [block.bounds for block in world.competition.blocks.all()] == [None, None]


@pytest.mark.django_db
def test_the_rules_page_shows_them(world, client):
    retire_first(world.competition)
    bounds.publish_retired_blocks(NOW)
    page = client.get(f"/c/{world.competition.slug}/rules/").content.decode()
    assert "What block 1 shows of version 0, now that it is retired" in page
    assert "What block 2 shows" not in page
    assert "no evidence of harm" in page


@pytest.mark.django_db
def test_the_rules_page_says_what_is_published_of_each_split(world, client):
    page = client.get(f"/c/{world.competition.slug}/rules/").content.decode()
    assert "<td>One answer a query: accepted, not shown yet, or harm seen.</td>" in page
