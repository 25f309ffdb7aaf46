"""Addresses and entries of the moderators' queue."""

from __future__ import annotations

from bounty.models import Competition, Submission
from bounty.moderation import sections

State, Hold = Submission.State, Submission.Hold


CHILDREN = "AGE < 6"


HELD = {"hold": Hold.HELD, "hold_reason": "A moderator looks at every submission here."}


def address(competition: Competition, rest: str = "") -> str:
    return f"/c/{competition.slug}/moderate/{rest}"


def entry_of(submission: Submission) -> sections.QueueEntry:
    found = sections.find_entry(submission.competition, "held", str(submission.pk))
    assert found is not None
    return found
