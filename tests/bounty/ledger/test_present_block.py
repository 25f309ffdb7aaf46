"""A block's ledger by the present rule: what its rows hold makes its level, and when it is retired."""

from __future__ import annotations

import math

import pytest
from django.utils import timezone

from bounty.ledger import blocks, bounds, present_block
from bounty.models import CertificationBlock, LedgerQuery
from tests.world import new_team

State = CertificationBlock.State


@pytest.fixture
def world(make):
    return make(rule_version=2, fixed_blocks=2)


@pytest.fixture
def team(world, bob):
    return new_team(world.competition, bob, "Bobs")


def block_of(world, number: int = 1) -> CertificationBlock:
    return world.competition.blocks.get(number=number)


def ask(world, team, symbols: str, chance: float = 0.7) -> None:
    block = block_of(world)
    for number, symbol in enumerate(symbols, start=1):
        ledger = present_block.block_ledger(world.competition, block)
        LedgerQuery.objects.create(
            block=block,
            submission=world.submission(team),
            number=number,
            accepted_before=ledger.accepted,
            log_inverse_delta=ledger.level(chance),
            log_probability=ledger.log_probability(chance),
            passed=symbol == "A",
            symbol=symbol,
            chance=chance,
            test="sign",
        )
        block.queries, block.accepted = number, block.accepted + int(symbol == "A")
    block.save()


def test_the_ledger_is_what_was_told_of_the_block_in_order(world, team):
    ask(world, team, "AHR")
    ledger = present_block.block_ledger(world.competition, block_of(world))
    assert [each.symbol for each in ledger.asked] == ["A", "H", "R"]
    assert (ledger.delta, ledger.alarms) == (0.05 / 2, 1)


def test_where_blocks_may_be_added_a_block_s_delta_falls_with_its_number(make):
    world = make(rule_version=2, fixed_blocks=None)
    ledgers = [present_block.block_ledger(world.competition, block_of(world, each)) for each in (1, 2)]
    assert [each.delta for each in ledgers] == pytest.approx([0.05 / 2, 0.05 / 6])


def test_a_block_that_may_still_show_what_is_wanted_stays_open(world, team):
    ask(world, team, "R")
    blocks.charge_block(world.competition, timezone.now())
    assert block_of(world).state == State.OPEN


def test_a_block_past_the_organiser_s_target_is_retired_and_the_next_opens(world, team):
    ask(world, team, "R" * 30)
    world.competition.target_gain = 0.015
    blocks.charge_block(world.competition, timezone.now())
    assert (block_of(world).state, block_of(world, 2).state) == (State.RETIRED, State.OPEN)


def test_the_last_block_is_retired_like_the_others(make, bob):
    world = make(rule_version=2, fixed_blocks=1)
    world.competition.blocks.filter(number=2).delete()
    ask(world, new_team(world.competition, bob, "Bobs"), "R" * 30)
    world.competition.target_gain = 0.015
    blocks.charge_block(world.competition, timezone.now())
    assert block_of(world).state == State.RETIRED
    assert present_block.load_certification(world.competition) is None


def test_published_bounds_share_what_the_string_left(world, team):
    ask(world, team, "AR")
    blocks.retire_block(block_of(world), timezone.now())
    bounds.publish_bounds(world.competition)
    said = block_of(world).bounds
    ledger = present_block.block_ledger(world.competition, block_of(world))
    assert said.checks == 3  # everybody's loss from both sides, and what was gained
    assert said.log_inverse_delta == pytest.approx(ledger.bounds_level(3))
    assert said.log_inverse_delta < ledger.bounds_level(1) + math.log(3) + 1e-9
    line = said.lines[0]
    assert line.low < line.loss < line.high and line.gained <= 0
