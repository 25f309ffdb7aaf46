"""Template tags of announcements, write-ups and reports of abuse."""

from __future__ import annotations

from typing import Any

from django import template

from bounty.discussion import read
from bounty.models import Competition, Team, Thread, WriteUp
from bounty.models.discussion import AuthoredText

register = template.Library()


@register.simple_tag
def announcements(competition: Competition) -> list[Thread]:
    """The newest announcements."""
    return read.newest_announcements(competition)


@register.simple_tag
def write_up_of(team: Team) -> WriteUp | None:
    """The team's write-up, where everybody reads it; None otherwise."""
    return WriteUp.objects.filter(team=team, state=AuthoredText.State.SHOWN).first()


@register.simple_tag(takes_context=True)
def may_report(context: dict[str, Any]) -> bool:
    """Whether the reader can report something: everybody who is logged in."""
    return "request" in context and context["request"].user.is_authenticated
