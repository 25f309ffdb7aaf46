"""Model of a competition draft: what its organiser uploaded, chose and typed so far."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bounty.models.stored_files import StoredFile, UploadedTable

# An unfinished draft, and the table of one that was used, is kept so long after it was last touched.
RETENTION = timedelta(days=30)


class DraftQuerySet(models.QuerySet["CompetitionDraft"]):
    def abandoned(self, now: datetime) -> DraftQuerySet:
        """Drafts that nobody touched for so long that they are deleted, their tables with them."""
        return self.filter(updated_at__lt=now - RETENTION).exclude(state=CompetitionDraft.State.MAKING)

    def orphaned(self, now: datetime, asked_before: datetime) -> DraftQuerySet:
        """Those that wait for a worker whose message was lost, or whose worker was."""
        unclaimed = Q(lease_until=None, updated_at__lt=asked_before)
        return self.filter(unclaimed | Q(lease_until__lt=now), state=CompetitionDraft.State.MAKING)


class CompetitionDraft(models.Model):
    """A competition that is being put together, its owner's alone. `answers[step]` holds what was typed there,
    valid or not.
    """

    class State(models.TextChoices):
        EDITING = "editing", _("being put together")
        MAKING = "making", _("being made")
        MADE = "made", _("made")

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="competition_drafts")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)
    answers = models.JSONField(default=dict)
    # UploadedTable; {} where there is none.
    table_json = models.JSONField(default=dict)
    # StoredFile of an uploaded base model, with its name; {} where there is none.
    base_json = models.JSONField(default=dict)
    # Which rows become secret. Drawn at random: whoever knew it and the table would know the splits.
    seed = models.PositiveBigIntegerField(default=0)
    rehearsal = models.BooleanField(default=False)
    # Where the choices came from; of a rehearsal, whose people may not take part in what is made from here.
    source = models.ForeignKey(
        "bounty.Competition", models.SET_NULL, null=True, blank=True, related_name="copies"
    )

    state = models.CharField(max_length=8, choices=State, default=State.EDITING)
    # The competition's own key, fixed before it is made: a second try finds what the first one left.
    competition_key = models.UUIDField(default=uuid.uuid4, editable=False)
    competition = models.ForeignKey(
        "bounty.Competition", models.SET_NULL, null=True, blank=True, related_name="drafts"
    )
    stage = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Why the last try failed, and the step where it can be mended.
    problem = models.TextField(blank=True)
    problem_step = models.CharField(max_length=12, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return self.title or str(_("a competition without a title"))

    def get_absolute_url(self) -> str:
        return reverse("organise-draft", args=[self.key])

    @property
    def table(self) -> UploadedTable | None:
        return UploadedTable.from_json(self.table_json) if self.table_json else None

    @property
    def columns(self) -> list[str]:
        """The uploaded table's columns; [] where there is none."""
        return list(self.table.columns) if self.table else []

    @property
    def base_file(self) -> StoredFile | None:
        return StoredFile.from_json(self.base_json) if self.base_json else None

    @property
    def title(self) -> str:
        return str(self.answers.get("rules", {}).get("title", ""))

    @property
    def expires_at(self) -> datetime:
        return self.updated_at + RETENTION
