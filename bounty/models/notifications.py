"""Models of notifications: notices, preferences, follows, feed tokens, web hooks and their deliveries."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bounty.models.competition import Competition
from bounty.models.participation import new_token

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def new_secret() -> str:
    return secrets.token_urlsafe(32)


class NoticeKind(models.TextChoices):
    """The kinds of notices."""

    VERDICT = "verdict", _("Verdicts on what your team sent")
    MODERATION = "moderation", _("Held, released or refused by a moderator")
    ANNOUNCEMENT = "announcement", _("Announcements by organisers")
    REPLY = "reply", _("Replies in discussions")
    PHASE = "phase", _("A competition opens, is about to close, or has its final result")
    ACCEPTED = "accepted", _("Accepted patches in competitions that you follow")
    TEAM = "team", _("Your team: who joined and who left")
    APPEAL = "appeal", _("Appeals")
    TRIAGE = "triage", _("What the owner does about a finding")
    LABEL_REPORT = "label_report", _("Reports of wrong labels")
    HOOK = "hook", _("Your web hooks")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_reader(self, user: User) -> NoticeQuerySet:
        """A person's own notices, without those of competitions that they may no longer see."""
        visible = Competition.objects.visible_to(user).values("pk")
        return self.filter(Q(competition=None) | Q(competition__in=visible), user=user, on_site=True)

    def mails_due(self, now: datetime) -> NoticeQuerySet:
        """Notices whose mail is due now."""
        return self.filter(mail=Notice.Mail.WAITING, mail_after__lte=now)


class Notice(models.Model):
    """A notice: one thing that one person is told. Written with what it tells of; sent by mail later, from here."""

    class Mail(models.TextChoices):
        NONE = "none", "not by mail"
        WAITING = "waiting", "to be sent"
        DIGEST = "digest", "in the next digest"
        SENT = "sent", "sent"
        FAILED = "failed", "could not be sent"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=16, choices=NoticeKind)
    competition = models.ForeignKey(
        "bounty.Competition", models.CASCADE, null=True, blank=True, related_name="notices"
    )
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    # A path of this site.
    url = models.CharField(max_length=500, blank=True)
    # What belongs together, as "thread:12", is one row while it stays unread; `count` says how many it tells of.
    bundle = models.CharField(max_length=40, blank=True)
    count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    on_site = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=8, choices=Mail, default=Mail.NONE)
    mail_attempts = models.PositiveSmallIntegerField(default=0)
    mail_after = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "read_at"], name="notice_unread"),
            models.Index(fields=["user", "-created_at"], name="notice_newest"),
            models.Index(fields=["mail", "mail_after"], name="notice_mail_due"),
        ]

    def __str__(self) -> str:
        return self.subject


class NoticePreference(models.Model):
    """A person's choice for one kind of notice. Without a row the kind's default holds
    (bounty.notifications.kinds).
    """

    class Mail(models.TextChoices):
        OFF = "off", _("no mail")
        NOW = "now", _("at once")
        DAILY = "daily", _("once a day")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=16, choices=NoticeKind)
    on_site = models.BooleanField(default=True)
    mail = models.CharField(max_length=5, choices=Mail, default=Mail.OFF)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notice_preference_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind} {self.mail}"


class Follow(models.Model):
    """Whether a person follows a competition, where that differs from the default (entering follows by itself)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="follows")
    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="follows")
    on = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "competition"], name="follow_once")]

    def __str__(self) -> str:
        return f"{self.user} {'follows' if self.on else 'does not follow'} {self.competition}"


class FeedToken(models.Model):
    """The secret token in a person's private feed addresses; a new one ends the old addresses."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feed_token")
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)

    def __str__(self) -> str:
        return f"feeds of {self.user}"


class PhaseTold(models.Model):
    """A mark that people were told of a moment in a competition's life, so that they are told once."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="+")
    # closing:<when>, accepted:<submission>
    what = models.CharField(max_length=60)
    told_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["competition", "what"], name="phase_told_once")]

    def __str__(self) -> str:
        return f"{self.competition}: {self.what}"


class WebHook(models.Model):
    """A web hook: an address that hears of notices, a person's own or a competition's, which its organisers keep."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="web_hooks")
    competition = models.ForeignKey(
        "bounty.Competition", models.CASCADE, null=True, blank=True, related_name="web_hooks"
    )
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=64, default=new_secret, editable=False)
    # Of NoticeKind.
    kinds = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    # Failed attempts in a row.
    failures = models.PositiveIntegerField(default=0)
    disabled_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.url

    def get_absolute_url(self) -> str:
        return reverse("hook", args=[self.pk])


class Delivery(models.Model):
    """One message to one web hook, and every attempt's outcome."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hook = models.ForeignKey(WebHook, models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=16)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="The receiver's last answer.")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "next_at"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.hook}"
