"""Moderators of a competition, as a queryset of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Q

from bounty.models import Competition

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet


def moderators_of(competition: Competition) -> QuerySet[User]:
    """The users who may moderate the competition: organisers and moderators, without those who compete."""
    serving = get_user_model().objects.filter(
        Q(pk=competition.organiser_id) | Q(bounty_roles__competition=competition), is_active=True
    )
    if not competition.rehearsal:
        serving = serving.exclude(memberships__competition=competition)
    return serving.distinct().order_by("username")
