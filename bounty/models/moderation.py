"""Models of moderation: panel rules, canned reasons, conflicts, assignments, notes, appeals, triage."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PanelRules(models.Model):
    """An organiser's settings of the moderator's panel. Without a row: the defaults."""

    competition = models.OneToOneField("bounty.Competition", models.CASCADE, related_name="panel_rules")
    embargo_days = models.PositiveSmallIntegerField(
        default=0, help_text="A newly confirmed finding is hidden from the public for so many days; 0: not."
    )

    def __str__(self) -> str:
        return f"panel rules of {self.competition}"


class CannedReason(models.Model):
    """A reason that moderators of one competition write often; they fill it in and change it."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="canned_reasons")
    title = models.CharField(max_length=60)
    text = models.TextField(max_length=1000)

    class Meta:
        ordering = ["title", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "title"], name="canned_reason_once")]

    def __str__(self) -> str:
        return self.title


class Conflict(models.Model):
    """A declared conflict of interest of a moderator with a team. It lasts until an organiser takes it back."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="conflicts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    team = models.ForeignKey("bounty.Team", models.CASCADE, related_name="conflicts")
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="conflict_once")]

    def __str__(self) -> str:
        return f"{self.user} has a conflict with {self.team}"


class Assignment(models.Model):
    """The moderator who looks at one item of the queue; `section` and `item` name it (bounty.moderation.sections)."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="assignments")
    section = models.CharField(max_length=20)
    item = models.CharField(max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["competition", "section", "item"], name="assignment_once")
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.item}: {self.user}"


class PrivateNote(models.Model):
    """A moderator's note for the others at an item of the queue. Teams never see it."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="private_notes")
    section = models.CharField(max_length=20)
    item = models.CharField(max_length=40)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["competition", "section", "item"])]

    def __str__(self) -> str:
        return f"note of {self.author} at {self.section} {self.item}"


class Appeal(models.Model):
    """An appeal: a team asks once that somebody else looks at a decision again."""

    class Kind(models.TextChoices):
        REFUSAL = "refusal", _("a refusal")
        DISQUALIFICATION = "disqualification", _("a disqualification")
        BAN = "ban", _("an exclusion")

    class State(models.TextChoices):
        OPEN = "open", _("waiting for an answer")
        UPHELD = "upheld", _("the decision stands")
        OVERTURNED = "overturned", _("the decision was taken back")

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="appeals")
    team = models.ForeignKey("bounty.Team", models.CASCADE, related_name="appeals", null=True)
    kind = models.CharField(max_length=16, choices=Kind)
    submission = models.ForeignKey(
        "bounty.Submission", models.CASCADE, related_name="appeals", null=True, blank=True
    )
    # A ban is deleted when it is lifted; whom it was about stays.
    ban = models.ForeignKey("bounty.Ban", models.SET_NULL, related_name="appeals", null=True, blank=True)
    banned = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", null=True, blank=True
    )
    # The decision appealed against: its words, and who took it (None: the platform).
    decision_reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True, max_length=4000)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["competition", "state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "kind"],
                condition=Q(submission__isnull=False),
                name="appeal_once_a_decision",
            ),
            models.UniqueConstraint(fields=["ban"], condition=Q(ban__isnull=False), name="appeal_once_a_ban"),
        ]

    def __str__(self) -> str:
        about = self.submission if self.submission_id else self.banned
        return f"appeal against {self.get_kind_display()}: {about}"

    def get_absolute_url(self) -> str:
        return reverse("moderate-appeal", args=[self.competition.slug, self.pk])


class Triage(models.Model):
    """The triage of a confirmed finding: its severity, and what the model's owner says about it."""

    class Severity(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")
        CRITICAL = "critical", _("critical")

    class Answer(models.TextChoices):
        NONE = "none", _("no answer yet")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        WILL_FIX = "will_fix", _("will be fixed")
        FIXED = "fixed", _("fixed")
        WONT_FIX = "wont_fix", _("will not be fixed")

    submission = models.OneToOneField("bounty.Submission", models.CASCADE, related_name="triage")
    severity = models.CharField(max_length=8, choices=Severity, blank=True)
    triaged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True
    )
    triaged_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=12, choices=Answer, default=Answer.NONE)
    answer_text = models.TextField(blank=True, max_length=2000, help_text="Markdown is not read; plain text.")
    fixed_in = models.PositiveIntegerField(null=True, blank=True, help_text="A version of the model.")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"triage of {self.submission}"
