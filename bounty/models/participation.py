"""Models of participation: roles, entries, teams and members, invitations, bans."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def new_token() -> str:
    return secrets.token_urlsafe(24)


class Role(models.Model):
    """A role of a person in one competition, beside taking part. The creator is an organiser without a row."""

    class Kind(models.TextChoices):
        ORGANISER = "organiser", gettext_lazy("organiser")
        MODERATOR = "moderator", gettext_lazy("moderator")

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="roles")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bounty_roles")
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["competition", "user", "kind"], name="role_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.kind} of {self.competition}"


class Participation(models.Model):
    """An entry of a person into a competition: the terms were accepted, or an invitation was taken up."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="participations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="participations")
    invited = models.BooleanField(default=False)
    accepted_terms_at = models.DateTimeField(null=True, blank=True)
    # After the close dry runs meet practice rows, too, and are deleted after a day: what they told is counted here.
    failed_dry_runs = models.PositiveIntegerField(default=0, editable=False)
    measured_dry_runs = models.PositiveIntegerField(
        default=0, editable=False
    )  # noised verdicts like any other

    class Meta:
        constraints = [models.UniqueConstraint(fields=["competition", "user"], name="participation_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.competition}"


class Invitation(models.Model):
    """An invitation: a link into a competition that is open by invitation."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="invitations")
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    note = models.CharField(max_length=120, blank=True)
    uses_left = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"invitation to {self.competition} ({self.uses_left} left)"

    def get_absolute_url(self) -> str:
        return reverse("invitation", args=[self.token])


class Ban(models.Model):
    """An exclusion: a person may no longer submit to a competition."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="bans")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bans")
    reason = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["competition", "user"], name="ban_once")]

    def __str__(self) -> str:
        return f"{self.user} banned from {self.competition}"


class Team(models.Model):
    """A team, which submits. A solo participant is a team of one."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="teams")
    name = models.CharField(max_length=60)
    slug = models.SlugField(max_length=60)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # The team's own model: versions of this generation. A rebuild replays into the next one.
    generation = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "slug"], name="team_slug_once"),
            models.UniqueConstraint(fields=["competition", "name"], name="team_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("team", args=[self.competition.slug, self.slug])


class TeamMemberQuerySet(models.QuerySet["TeamMember"]):
    def users_of(self, team: Team | int) -> list[User]:
        """A team's members, in the order in which they joined; one query."""
        return [member.user for member in self.filter(team=team).select_related("user")]


class TeamMember(models.Model):
    """A person's membership in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    # Repeated from the team so that the database itself keeps "one team a person a competition".
    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = TeamMemberQuerySet.as_manager()

    class Meta:
        ordering = ["joined_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "user"], name="one_team_a_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"
