"""Models of profiles, and of certificates of contributions."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# Without letters that are read as another one: codes are typed from paper.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _LETTERS = 5, 4


def new_code() -> str:
    """A new certificate code that nobody guesses: 98 bits, in groups that a person can type."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _each in range(_LETTERS)) for _group in range(_GROUPS)
    )


class Profile(models.Model):
    """A person's profile page. Without a row nobody but the person sees one."""

    class Visibility(models.TextChoices):
        EVERYBODY = "everybody", _("everybody")
        MEMBERS = "members", _("people who are logged in")
        NOBODY = "nobody", _("nobody but me")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile")
    bio = models.TextField(blank=True)
    visibility = models.CharField(max_length=9, choices=Visibility, default=Visibility.NOBODY)
    # Why a moderator took the text away, in words for the person; "" once they have written another one.
    taken_away = models.CharField(max_length=500, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"profile of {self.user}"

    def get_absolute_url(self) -> str:
        return reverse("profile", args=[self.user.get_username()])


class Certificate(models.Model):
    """A certificate of what a team, or a member, has in a competition; the holder of the code sees whether it still
    holds.
    """

    code = models.CharField(max_length=40, unique=True, default=new_code, editable=False)
    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="certificates")
    team = models.ForeignKey("bounty.Team", models.CASCADE, related_name="certificates")
    # Whom it names; none for a certificate of the whole team.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="certificates"
    )
    # Primary keys of the submissions that it listed when it was issued (again).
    entries = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"],
                condition=models.Q(user__isnull=False),
                name="certificate_once_a_person",
            ),
            models.UniqueConstraint(
                fields=["team"], condition=models.Q(user__isnull=True), name="certificate_once_a_team"
            ),
        ]

    def __str__(self) -> str:
        return f"certificate of {self.user or self.team}"

    def get_absolute_url(self) -> str:
        return reverse("certificate", args=[self.code])
