"""What happens in a competition, told to those whom it concerns; where it happens, and in the same transaction."""

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
from bounty.notifications.send import tell
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
def verdict(submission: Submission, sentence: Words) -> None:
    """The team hears what became of it."""

    def subject() -> str:
        state = Submission.State(submission.state).label
        return _("#%(number)d: %(state)s") % {"number": submission.number, "state": state}

    _to_team(NoticeKind.VERDICT, submission, subject, sentence)


def failed(submission: Submission) -> None:
    """The team hears that it could not be run; the page says why."""
    _to_team(
        NoticeKind.VERDICT,
        submission,
        lambda: _("#%(number)d could not be run") % {"number": submission.number},
        lambda: _("Its page names the kind of failure, the likely cause and what to try."),
    )


def held(submission: Submission) -> None:
    """The team hears that a moderator looks first."""
    _to_team(
        NoticeKind.MODERATION,
        submission,
        lambda: _("#%(number)d waits for a moderator") % {"number": submission.number},
        submission.hold_reason,
    )


def released_overdue(submission: Submission) -> None:
    """The team hears that nobody decided in time, and that it goes on."""
    _to_team(
        NoticeKind.MODERATION,
        submission,
        lambda: _("#%(number)d is judged now") % {"number": submission.number},
        lambda: _("No moderator decided within 48 hours, so it was released."),
    )


def _to_team(kind: str, submission: Submission, subject: Words, body: Words) -> None:
    tell(
        kind,
        to=recipients.team(submission),
        competition=submission.competition,
        subject=subject,
        body=body,
        url=submission.get_absolute_url(),
    )


# --- news ----------------------------------------------------------------------------------------------------------
def spread_news(now: datetime) -> None:
    """For the notices worker: followers hear of patches that became part of a model, each once.

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
            _accepted(version)


def _accepted(version: ModelVersion) -> None:
    submission, competition = version.submission, version.competition
    assert submission is not None  # noqa: S101 - filtered by it
    _row, first = PhaseTold.objects.get_or_create(competition=competition, what=f"accepted:{submission.pk}")
    if not first or visibility.is_embargoed(submission):
        return
    submission.competition = competition
    # Its own team has a verdict.
    own = {user.pk for user in recipients.team(submission)}

    def subject() -> str:
        group = submission.words or submission.expression or _("a group that only its code describes")
        said = {"team": submission.team.name, "group": group}
        return _("%(team)s improved the model for %(group)s") % said

    tell(
        NoticeKind.ACCEPTED,
        to=[user for user in recipients.followers(competition) if user.pk not in own],
        competition=competition,
        subject=subject,
        body=lambda: _("The shared model is at version %(number)d now.") % {"number": version.number},
        url=submission.get_absolute_url(),
    )


# --- phases ----------------------------------------------------------------------------------------------------------
def remind(now: datetime) -> None:
    """For the sweep: followers of what closes within a day hear of it, once for each date that was set.

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
        tell(
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
def joined(team: Team, user: User) -> None:
    said = {"person": user.get_username(), "team": team.name}
    _to_others(
        team,
        user,
        lambda: _("%(person)s joined %(team)s") % said,
        lambda: _("They see everything that the team sent."),
    )


def left(team: Team, user: User) -> None:
    said = {"person": user.get_username(), "team": team.name}
    _to_others(team, user, lambda: _("%(person)s left %(team)s") % said, "")


def _to_others(team: Team, user: User, subject: Words, body: Words) -> None:
    others: Iterable[User] = [other for other in TeamMember.objects.users_of(team) if other.pk != user.pk]
    url = reverse("my-team", args=[team.competition.slug])
    tell(NoticeKind.TEAM, to=others, competition=team.competition, subject=subject, body=body, url=url)
