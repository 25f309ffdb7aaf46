"""Notices of a competition's events: verdicts, holds, accepted patches, phases, teams; written in the event's
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from bounty.core import localization
from bounty.models import Competition, ModelVersion, NoticeKind, PhaseTold, Submission, TeamMember
from bounty.notifications import recipients
from bounty.notifications.send import notify_users
from bounty.notifications.wording import Words
from bounty.permissions import visibility

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from bounty.models import Team

# How long before the close its followers are reminded.
LAST_DAY = timedelta(hours=24)
# For how long an accepted patch is news; what a worker could not tell of within it is no longer told.
NEWS_FOR = timedelta(days=2)
NEWS_AT_ONCE = 50


# --- submissions -----------------------------------------------------------------------------------------------------
def notify_verdict(submission: Submission, sentence: Words) -> None:
    """Writes the notice of a verdict to the submission's team."""

    def subject() -> str:
        state = Submission.State(submission.state).label
        return _("#%(number)d: %(state)s") % {"number": submission.number, "state": state}

    _notify_team(NoticeKind.VERDICT, submission, subject, sentence)


def notify_failed(submission: Submission) -> None:
    """Writes the notice to the team that its submission could not be run; the page says why."""
    _notify_team(
        NoticeKind.VERDICT,
        submission,
        lambda: _("#%(number)d could not be run") % {"number": submission.number},
        lambda: _("Its page names the kind of failure, the likely cause and what to try."),
    )


def notify_held(submission: Submission) -> None:
    """Writes the notice to the team that a moderator looks first."""
    _notify_team(
        NoticeKind.MODERATION,
        submission,
        lambda: _("#%(number)d waits for a moderator") % {"number": submission.number},
        submission.hold_reason,
    )


def notify_released_overdue(submission: Submission) -> None:
    """Writes the notice to the team that no moderator decided in time, and that the submission goes on."""
    _notify_team(
        NoticeKind.MODERATION,
        submission,
        lambda: _("#%(number)d is judged now") % {"number": submission.number},
        lambda: _("No moderator decided within 48 hours, so it was released."),
    )


def _notify_team(kind: str, submission: Submission, subject: Words, body: Words) -> None:
    notify_users(
        kind,
        to=recipients.team_members(submission),
        competition=submission.competition,
        subject=subject,
        body=body,
        url=submission.get_absolute_url(),
    )


# --- news ----------------------------------------------------------------------------------------------------------
def notify_accepted_patches(now: datetime) -> None:
    """Writes notices of patches that became part of a model to the competition's followers, each once.

    Not with the verdict, as everything else is: a thousand followers would hold up the next one. What was accepted
    is found by its version, so that nothing is lost where this comes late.
    """
    recent = ModelVersion.objects.current().filter(
        created_at__gt=now - NEWS_FOR,
        number__gt=0,
        submission__state=Submission.State.ACCEPTED,
    )
    keys = {f"accepted:{submission}": pk for pk, submission in recent.values_list("pk", "submission")}
    told = set(PhaseTold.objects.filter(told_at__gt=now - 2 * NEWS_FOR).values_list("what", flat=True))
    new = [pk for key, pk in keys.items() if key not in told]
    versions = ModelVersion.objects.filter(pk__in=new[:NEWS_AT_ONCE])
    for version in versions.select_related("competition", "submission__team").order_by("created_at", "pk"):
        with transaction.atomic():
            _notify_accepted(version)


def _notify_accepted(version: ModelVersion) -> None:
    submission, competition = version.submission, version.competition
    assert submission is not None  # noqa: S101 - filtered by it
    _row, first = PhaseTold.objects.get_or_create(competition=competition, what=f"accepted:{submission.pk}")
    if not first or visibility.is_embargoed(submission):
        return
    submission.competition = competition
    # Its own team has a verdict.
    own = {user.pk for user in recipients.team_members(submission)}

    def subject() -> str:
        group = submission.words or submission.expression or _("a group that only its code describes")
        said = {"team": submission.team.name, "group": group}
        return _("%(team)s improved the model for %(group)s") % said

    notify_users(
        NoticeKind.ACCEPTED,
        to=[user for user in recipients.followers(competition) if user.pk not in own],
        competition=competition,
        subject=subject,
        body=lambda: _("The shared model is at version %(number)d now.") % {"number": version.number},
        url=submission.get_absolute_url(),
    )


# --- phases ----------------------------------------------------------------------------------------------------------
def remind_of_closing(now: datetime) -> None:
    """Writes notices to followers of a competition that closes within a day, once for each date that was set.

    (Opening, pausing and closing are told by bounty.competitions.phases.)
    """
    soon = Competition.objects.filter(
        status=Competition.Status.OPEN, closes_at__gt=now, closes_at__lte=now + LAST_DAY
    )
    for competition in soon:
        assert competition.closes_at is not None  # noqa: S101 - filtered by it
        at = competition.closes_at
        if not PhaseTold.objects.filter(competition=competition, what=f"closing:{at.isoformat()}").exists():
            with transaction.atomic():
                _remind(competition, at)


def _remind(competition: Competition, at: datetime) -> None:
    _row, first = PhaseTold.objects.get_or_create(competition=competition, what=f"closing:{at.isoformat()}")
    if first:
        notify_users(
            NoticeKind.PHASE,
            to=recipients.followers(competition),
            competition=competition,
            subject=lambda: _("“%(title)s” closes within a day") % {"title": competition.title},
            body=lambda: (
                _("On %(at)s. What is sent by then is still judged.")
                % {"at": localization.format_time_with_zone(at)}
            ),
            url=competition.get_absolute_url(),
        )


# --- teams -----------------------------------------------------------------------------------------------------------
def notify_joined(team: Team, user: User) -> None:
    """Writes the notice of a new member to the other members of the team."""
    said = {"person": user.get_username(), "team": team.name}
    _notify_other_members(
        team,
        user,
        lambda: _("%(person)s joined %(team)s") % said,
        lambda: _("They see everything that the team sent."),
    )


def notify_left(team: Team, user: User) -> None:
    """Writes the notice of a member's leave to the remaining members of the team."""
    said = {"person": user.get_username(), "team": team.name}
    _notify_other_members(team, user, lambda: _("%(person)s left %(team)s") % said, "")


def _notify_other_members(team: Team, user: User, subject: Words, body: Words) -> None:
    others: Iterable[User] = [other for other in TeamMember.objects.users_of(team) if other.pk != user.pk]
    url = reverse("my-team", args=[team.competition.slug])
    notify_users(
        NoticeKind.TEAM, to=others, competition=team.competition, subject=subject, body=body, url=url
    )
