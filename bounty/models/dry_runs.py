"""Model of a dry run: a submission tried on public rows alone, for its author's eyes; gone after a day."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy

from bounty.models.stored_files import StoredFile, files_from_json
from bounty.models.submission import Submission


class DryRun(models.Model):
    """A dry run, with the fields of a submission, so that it can become one."""

    class State(models.TextChoices):
        QUEUED = "queued", gettext_lazy("queued")
        RUNNING = "running", gettext_lazy("running")
        DONE = "done", gettext_lazy("it ran")
        FAILED = "failed", gettext_lazy("could not be run")
        ERROR = "error", gettext_lazy("our fault")

    UNFINISHED = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="dry_runs")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="dry_runs")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    # The failed submission that this reproduces, with its files; none where something new is tried.
    reproduces = models.ForeignKey(Submission, models.CASCADE, null=True, blank=True, related_name="dry_runs")

    group_kind = models.CharField(max_length=12, choices=Submission.GroupKind)
    # As typed; for `find`, the one that the function returned.
    expression = models.TextField(blank=True)
    words = models.TextField(blank=True)
    patch_kind = models.CharField(max_length=12, choices=Submission.PatchKind)
    learner = models.CharField(max_length=32, blank=True)
    files = models.JSONField(default=dict)
    description = models.CharField(max_length=500, blank=True)
    wants_gpu = models.BooleanField(default=False)
    supersedes = models.ForeignKey(Submission, models.SET_NULL, null=True, blank=True, related_name="+")

    # After the close: judged on practice rows as well. It counts for nothing.
    practice = models.BooleanField(default=False)

    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=1)
    stage = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    error_class = models.CharField(max_length=20, blank=True)
    error_detail = models.TextField(blank=True)
    # After the close; then the detail is a sentence of ours, and nothing of what happened there.
    failed_on_secret_rows = models.BooleanField(default=False)
    notices = models.JSONField(default=list)
    # bounty.dry_runs.results.DryRunResult.to_json
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "queued_at"]), models.Index(fields=["author", "created_at"])]

    def __str__(self) -> str:
        return f"dry run of {self.author}"

    def get_absolute_url(self) -> str:
        return reverse("dry-run-result", args=[self.competition.slug, self.pk])

    @property
    def is_running(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def is_finding(self) -> bool:
        return self.patch_kind == Submission.PatchKind.NONE

    @property
    def stored_files(self) -> dict[str, StoredFile]:
        """Its stored files by part."""
        return files_from_json(self.files)

    def move(self, attempt: int, new: str, /, **fields: object) -> bool:
        """Compare-and-set while it is unfinished and in this attempt; False where it ended or went on."""
        mine = DryRun.objects.filter(pk=self.pk, attempt=attempt, state__in=self.UNFINISHED)
        changed = mine.update(state=new, **fields)
        if changed:
            self.state = new
            for name, value in fields.items():
                setattr(self, name, value)
        return bool(changed)
