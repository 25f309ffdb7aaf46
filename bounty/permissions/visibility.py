"""Visibility of submissions: the public's rule, and what one person sees of one submission.

Which competitions a person sees at all is said in bounty/models/competition.py (`visible_to`, `is_visible_to`) and
asked through `bounty.permissions.rules.can_view`.

`has_perm` grants a superuser everything without asking. Who competes must not read what a rival keeps for itself (code,
what was refused, a finding under an embargo), whoever they are; so pages about one submission ask `may_see`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.models import Competition, Submission, TeamMember
from bounty.models.memberships import Membership
from bounty.permissions import conflicts
from bounty.permissions.memberships import membership_of_reader
from bounty.permissions.rules import (
    can_view,
    is_active_user,
    is_competitor,
    is_in_team_of,
    serves_competition,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet
    from django.http import HttpRequest

    Person = User | AnonymousUser

# States of which strangers may read: the group in words and the description, never the source.
PUBLIC_STATES = (Submission.State.ACCEPTED, *Submission.SHOWN_FINDINGS)


# --- the public --------------------------------------------------------------------------------------------------
def publicly_visible(rows: QuerySet[Submission], now: datetime | None = None) -> QuerySet[Submission]:
    """Of these submissions, those that strangers may read about: accepted and shown ones under no embargo."""
    return not_embargoed(rows.filter(state__in=PUBLIC_STATES), now)


def is_publicly_visible(submission: Submission, now: datetime | None = None) -> bool:
    """Whether strangers who may view the competition may read about the submission: `publicly_visible` for one."""
    return submission.state in PUBLIC_STATES and not is_embargoed(submission, now)


def not_embargoed(rows: QuerySet[Submission], now: datetime | None = None) -> QuerySet[Submission]:
    """Of these submissions, those that no embargo hides; for public counts over all that was sent."""
    return rows.exclude(embargo_until__gt=now or timezone.now())


def is_embargoed(submission: Submission, now: datetime | None = None) -> bool:
    """Whether a moderator keeps it from the public until a date; its team and those who serve see it all the same."""
    until = submission.embargo_until
    return until is not None and until > (now or timezone.now())


# --- one person and one submission -------------------------------------------------------------------------------
def sees_submission(user: Person, submission: Submission, membership: Membership | None = None) -> bool:
    """Whether they see everything about it: its team, and who serves the competition."""
    return is_in_team_of(user, submission, membership) or serves_competition(
        user, submission.competition, membership
    )


def sees_summary(user: Person, submission: Submission, membership: Membership | None = None) -> bool:
    """Whether they see the group in words: as `sees_submission`, and who may view the competition what is public."""
    if is_publicly_visible(submission) and can_view(user, submission.competition, membership):
        return True
    return sees_submission(user, submission, membership)


def sees_source(user: Person, submission: Submission, membership: Membership | None = None) -> bool:
    """Whether they see the code: its team, who serves and has no conflict, everybody where it was published."""
    competition = submission.competition
    published = (
        competition.is_closed
        and competition.show_sources
        and submission.state == Submission.State.ACCEPTED
        and can_view(user, competition, membership)
    )
    if published or is_in_team_of(user, submission, membership):
        return True
    # Whoever may not decide about a team has no business in its code.
    return serves_competition(user, competition, membership) and not (
        is_active_user(user) and conflicts.conflict_refusal(user, submission.team)
    )


_RULES: dict[str, Callable[[Person, Submission, Membership | None], bool]] = {
    "bounty.see_submission": sees_submission,
    "bounty.see_summary": sees_summary,
    "bounty.see_source": sees_source,
}


def may_see_submission(
    user: Person, permission: str, submission: Submission, membership: Membership | None = None
) -> bool:
    """Whether they hold `bounty.see_…` on it: by the rules themselves where the shortcut of superusers is refused."""
    if is_active_user(user) and user.is_superuser and not competitor_refusal(user, submission, membership):
        return True
    return _RULES[permission](user, submission, membership)


def reader_may_see_submission(request: HttpRequest, permission: str, submission: Submission) -> bool:
    """Whether the sender of the request holds `bounty.see_…` on the submission, by the request's membership."""
    membership = membership_of_reader(request, submission.competition)
    return may_see_submission(request.user, permission, submission, membership)


def competitor_refusal(user: Person, submission: Submission, membership: Membership | None = None) -> str:
    """The reason why this superuser sees no more of the submission than others; "" for everybody else."""
    competition = submission.competition
    if not (user.is_authenticated and user.is_superuser) or competition.rehearsal:
        return ""
    if not is_competitor(user, competition, membership):
        return ""
    return _("You are on a team in this competition, so you see of other teams what everybody sees.")


def competitions_competed_in(user: Person) -> QuerySet[Competition]:
    """Competitions where they are on a team, less rehearsals: lists of all submissions there are not for them."""
    if not user.is_authenticated:
        return Competition.objects.none()
    teams = TeamMember.objects.filter(user=user).values("competition")
    return Competition.objects.filter(pk__in=teams, rehearsal=False)
