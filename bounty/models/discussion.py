"""Models of discussion: threads, posts, write-ups, every earlier wording, and reports of abuse."""

from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# Posts on a page of a thread.
POSTS_A_PAGE = 25


class AuthoredText(models.Model):
    """An abstract model of a text by a person. Nothing is ever lost: hidden and deleted texts stay for moderators."""

    class State(models.TextChoices):
        SHOWN = "shown", _("shown")
        HELD = "held", _("held for a moderator")
        HIDDEN = "hidden", _("hidden by a moderator")
        DELETED = "deleted", _("deleted by its author")

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="%(class)ss")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.SHOWN)
    # Why it is held or hidden, in words for its author.
    reason = models.CharField(max_length=500, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Thread(models.Model):
    """A discussion, a question with answers, or an organiser's announcement. Its text is its first post."""

    class Kind(models.TextChoices):
        DISCUSSION = "discussion", _("discussion")
        QUESTION = "question", _("question")
        ANNOUNCEMENT = "announcement", _("announcement")

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="threads")
    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(max_length=120)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="threads")
    created_at = models.DateTimeField(auto_now_add=True)
    # Of its newest post.
    last_at = models.DateTimeField()
    pinned = models.BooleanField(default=False)
    locked = models.BooleanField(default=False)
    accepted = models.ForeignKey("bounty.Post", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-pinned", "-last_at", "-pk"]
        indexes = [models.Index(fields=["competition", "-pinned", "-last_at"], name="thread_order")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("thread", args=[self.competition.slug, self.pk])


class Post(AuthoredText):
    """One text in a thread; number 1 begins it."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="posts")
    number = models.PositiveIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["thread", "number"], name="post_number_once")]
        indexes = [models.Index(fields=["author", "created_at"], name="post_rate")]

    def __str__(self) -> str:
        return f"{self.thread}, {self.number}"

    def get_absolute_url(self) -> str:
        page = (self.number - 1) // POSTS_A_PAGE + 1
        query = f"?page={page}" if page > 1 else ""
        return f"{self.thread.get_absolute_url()}{query}#post-{self.pk}"


class WriteUp(AuthoredText):
    """A team's write-up: how it found what it found. One a team."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="write_ups")
    team = models.OneToOneField("bounty.Team", models.CASCADE, related_name="write_up")
    title = models.CharField(max_length=120)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("write-up", args=[self.competition.slug, self.team.slug])


class Revision(models.Model):
    """An earlier wording of a post or a write-up."""

    post = models.ForeignKey(Post, models.CASCADE, null=True, related_name="revisions")
    write_up = models.ForeignKey(WriteUp, models.CASCADE, null=True, related_name="revisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    title = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    replaced_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-replaced_at", "-pk"]

    def __str__(self) -> str:
        return f"earlier wording of {self.post or self.write_up}"


class AbuseReport(models.Model):
    """A report of abuse: somebody tells the moderators of something that a person wrote
    (bounty.discussion.reportable).
    """

    class Category(models.TextChoices):
        INSULT = "insult", _("insults, threats or contempt")
        PRIVATE = "private", _("points at a person, or tells private things")
        SPAM = "spam", _("advertising or spam")
        SECRET = "secret", _("gives away secret rows or others' work")
        OTHER = "other", _("something else")

    class State(models.TextChoices):
        OPEN = "open", _("waits for a moderator")
        UPHELD = "upheld", _("upheld")
        DISMISSED = "dismissed", _("dismissed")

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="abuse_reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="abuse_reports")
    target_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    target_id = models.CharField(max_length=40)
    target = GenericForeignKey("target_type", "target_id")
    category = models.CharField(max_length=8, choices=Category)
    text = models.TextField(blank=True)
    # What it said when it was reported: its author may change it meanwhile.
    said = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "target_type", "target_id"],
                condition=models.Q(state="open"),
                name="one_open_report",
            )
        ]
        indexes = [models.Index(fields=["competition", "state"], name="report_waiting")]

    def __str__(self) -> str:
        return f"report {self.pk} in {self.competition}"

    def get_absolute_url(self) -> str:
        return reverse("moderate-report", args=[self.competition.slug, self.pk])
