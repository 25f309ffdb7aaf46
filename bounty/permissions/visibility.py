"""What a person sees of one submission, superusers who compete included.

`has_perm` grants a superuser everything without asking. Who competes must not read what a rival keeps for itself (code,
what was refused, a finding under an embargo), whoever they are; so pages about one submission ask `may_see`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import rules
from django.utils.translation import gettext as _

from bounty.models import Competition, TeamMember
from bounty.permissions.rules import is_competitor

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

    from bounty.models import Submission

    Person = User | AnonymousUser


def refusal(user: Person, submission: Submission) -> str:
    """Why this superuser sees no more of the submission than others, in words for them; "" for everybody else."""
    competition = submission.competition
    if not (user.is_authenticated and user.is_superuser) or competition.rehearsal:
        return ""
    if not is_competitor(user, competition):
        return ""
    return _("You are on a team in this competition, so you see of other teams what everybody sees.")


def may_see(user: Person, permission: str, submission: Submission) -> bool:
    """Whether they hold `bounty.see_…` on it: by the rules themselves, where the shortcut of superusers is refused."""
    if refusal(user, submission):
        return bool(rules.has_perm(permission, user, submission))
    return user.has_perm(permission, submission)


def competed_in(user: Person) -> QuerySet[Competition]:
    """Where they are on a team, rehearsals left out: lists of all submissions there are not for them."""
    if not user.is_authenticated:
        return Competition.objects.none()
    teams = TeamMember.objects.filter(user=user).values("competition")
    return Competition.objects.filter(pk__in=teams, rehearsal=False)
