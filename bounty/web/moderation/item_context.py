"""The template context that every item of the moderators' panel shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from bounty.models import Assignment
from bounty.moderation import assignments, history
from bounty.moderation.sections import QueueEntry
from bounty.permissions import rules
from bounty.permissions.memberships import membership_of_reader
from bounty.permissions.moderators import moderators_of
from bounty.web.requests import PersonRequest


def item_context(request: PersonRequest, entry: QueueEntry, *more: Any) -> dict[str, Any]:
    """What templates/moderation/item.html needs: assignment, notes, conflict, history (also of `more` rows)."""
    competition = entry.competition
    membership = membership_of_reader(request, competition)
    held_by = Assignment.objects.filter(competition=competition, section=entry.section, item=entry.key)
    assignment = held_by.select_related("user").first()
    now: datetime = timezone.now()
    return {
        "competition": competition,
        "entry": entry,
        "late": entry.due is not None and entry.due <= now,
        "assignee": assignment.user if assignment else None,
        "moderators": list(moderators_of(competition)),
        "conflict": rules.decision_refusal(request.user, competition, entry.team, membership),
        "notes": assignments.readable_notes(request.user, entry, membership),
        "trail": history.audit_trail(entry.subject, *more),
    }
