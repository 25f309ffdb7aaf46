"""Model of a person's language and time zone."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Preferences(models.Model):
    """A person's chosen language and zone; "" follows the browser, whose last words are kept for mail."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences")
    language = models.CharField(max_length=10, blank=True)
    zone = models.CharField(max_length=64, blank=True)
    # What the browser said at the last log-in: mail has no browser to ask.
    seen_language = models.CharField(max_length=10, blank=True)
    seen_zone = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"preferences of {self.user}"
