"""Checks of the chain itself: its numbers, and each digest over the one before."""

from __future__ import annotations

from collections.abc import Sequence

from bounty.hash_chain import log
from bounty.models import ChainEntry, Competition
from bounty.verification.differences import Difference


def check_chain(competition: Competition, entries: Sequence[ChainEntry]) -> None:
    """Raises Difference at the first entry that is missing or was changed."""
    if not entries and competition.versions.exists():
        decided = competition.submissions.filter(verdict__isnull=False).exists()
        if decided:
            raise Difference("chain", "there is none, though submissions were decided")
    previous = log.genesis_digest(competition)
    for number, entry in enumerate(entries):
        if entry.number != number:
            raise Difference("number", f"{entry.number} follows {number - 1}", entry=number)
        if entry.previous != previous:
            raise Difference("previous digest", "it is not that of the entry before", entry=number)
        if entry.digest != log.entry_digest(previous, number, entry.kind, entry.payload):
            raise Difference("digest", "the entry is not what was written", entry=number)
        previous = entry.digest
