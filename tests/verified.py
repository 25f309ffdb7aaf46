"""Competitions read afresh and verified, with no array from memory."""

from __future__ import annotations

from bounty import verification
from bounty.core import artifacts
from bounty.models import Competition
from tests.world import World


def read_afresh(world: World) -> Competition:
    artifacts._arrays = artifacts.ArrayCache(artifacts.ARRAY_CACHE_BYTES)
    return Competition.objects.get(pk=world.competition.pk)


def row_numbers(world: World, split: str) -> range:
    """Their numbers: in a world without an origin, places from 1."""
    start, stop = world.layout.ranges[split]
    return range(start + 1, stop + 1)


def verify(world: World) -> str:
    """The difference, or "" where there is none. Nothing comes from memory."""
    try:
        verification.verify_competition(read_afresh(world))
    except verification.Difference as difference:
        return str(difference)
    return ""
