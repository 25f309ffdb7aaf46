"""Models of a submission, its outcome, its verdict and its ledger queries."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from bounty.models import submission_states as states
from bounty.models.stored_files import StoredFile, files_from_json
from evaluator.adjudication.feedback import FindingFeedback
from evaluator.adjudication.gap_test import FinalTest
from evaluator.adjudication.stored_feedback import PatchFeedback, feedback_from_json


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def lease_expired(self, now: datetime) -> SubmissionQuerySet:
        """Running steps whose worker no longer renews its lease."""
        return self.filter(state__in=Submission.LEASED, lease_until__lt=now)

    def undispatched(self, before: datetime) -> SubmissionQuerySet:
        """Queued submissions whose task the broker may have lost."""
        return self.filter(state=Submission.State.QUEUED, queued_at__lt=before)

    def awaiting_order(self) -> SubmissionQuerySet:
        """Queued submissions of which no order was sent: they wait for others of their author, or for a moderator."""
        return self.filter(state=Submission.State.QUEUED, queued_at=None)

    def awaiting_moderation(self) -> SubmissionQuerySet:
        """Submissions that wait for a moderator."""
        return self.filter(hold=Submission.Hold.HELD).exclude(state__in=Submission.ENDED)


class Submission(models.Model):
    State = states.State

    class Hold(models.TextChoices):
        NONE = "none", gettext_lazy("not held")
        HELD = "held", gettext_lazy("held")
        RELEASED = "released", gettext_lazy("released")

    # Nothing is held longer: then it is released by the clock.
    HELD_AT_MOST = timedelta(hours=48)

    class GroupKind(models.TextChoices):
        EXPRESSION = "expression", gettext_lazy("an expression")
        PYTHON = "python", gettext_lazy("a Python file with group(X)")
        FIND = "find", gettext_lazy("a Python file with find_group(X, y, loss)")
        ZIP = "zip", gettext_lazy("a zip with a Python file and its model files")
        ONNX = "onnx", gettext_lazy("an ONNX model")
        SKOPS = "skops", gettext_lazy("a skops file")

    class PatchKind(models.TextChoices):
        NONE = "none", gettext_lazy("no patch: a finding")
        FIT = "fit", gettext_lazy("fitted by the platform")
        SAME = "same", gettext_lazy("in the same file as the group")
        PYTHON = "python", gettext_lazy("a Python file with predict(X)")
        ZIP = "zip", gettext_lazy("a zip with a Python file and its model files")
        ONNX = "onnx", gettext_lazy("an ONNX model")
        SKOPS = "skops", gettext_lazy("a skops file")

    LEASED = states.LEASED
    RUNNING = states.RUNNING
    JUDGED = states.JUDGED
    SHOWN_FINDINGS = states.SHOWN_FINDINGS
    ENDED = states.ENDED

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="submissions")
    team = models.ForeignKey("bounty.Team", models.CASCADE, related_name="submissions")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField(help_text="From 1 within the competition, in the order of arrival.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    description = models.CharField(max_length=500, blank=True)

    group_kind = models.CharField(max_length=12, choices=GroupKind)
    # The expression as typed; for `find`, the one that the function returned.
    expression = models.TextField(blank=True)
    # The group in words, built from the schema; "" where only code knows it.
    words = models.TextField(blank=True)
    patch_kind = models.CharField(max_length=12, choices=PatchKind)
    learner = models.CharField(
        max_length=32, blank=True, help_text="Of evaluator.fitting, where the patch is fitted."
    )
    # StoredFile by part, "group" and "patch": stored uploads.
    files = models.JSONField(default=dict)
    wants_gpu = models.BooleanField(default=False)

    state = models.CharField(max_length=12, choices=State, default=State.QUEUED, db_index=True)
    hold = models.CharField(max_length=8, choices=Hold, default=Hold.NONE)
    hold_reason = models.CharField(max_length=300, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    moderator_reason = models.TextField(blank=True, help_text="Shown to the team.")

    attempt = models.PositiveSmallIntegerField(default=1)
    stage = models.CharField(max_length=40, blank=True, help_text="What the worker does right now.")
    lease_until = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    evaluated_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # A finding's, by the present rule: at the close or by a query. By the rule of 2026-11 the verdict confirms.
    confirmed_at = models.DateTimeField(null=True, blank=True)

    error_class = models.CharField(max_length=20, blank=True)
    # From the public rows only (the dry run); never anything from a secret row.
    error_detail = models.TextField(blank=True)
    # By the rule of 2026-11 such a failure publishes a bit and counts against the allowance (bounty.ledger.blocks).
    failed_on_secret_rows = models.BooleanField(default=False)
    # By the present rule: told by class, costs quota, and a person has few (Competition.practice_failures_per_person).
    failed_on_practice_rows = models.BooleanField(default=False)
    # Past the gate and waiting for its query: c, and since when (bounty.adjudication).
    query_chance = models.FloatField(null=True, blank=True)
    query_waits_since = models.DateTimeField(null=True, blank=True)
    # Verdicts with noised practice figures that were told of it, one for each head it was judged against.
    verdicts_told = models.PositiveIntegerField(default=0, editable=False)
    # Notices that are no failure ("one class only: a constant patch was fitted").
    notices = models.JSONField(default=list)
    quota_returned = models.BooleanField(default=False)
    # A confirmed finding is hidden from the public until then: ask bounty.permissions.visibility.
    embargo_until = models.DateTimeField(null=True, blank=True)
    supersedes = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="superseded_by"
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "number"], name="submission_number_once"),
        ]
        indexes = [
            models.Index(fields=["competition", "state"]),
            models.Index(fields=["team", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"#{self.number} of {self.team}"

    def get_absolute_url(self) -> str:
        return reverse("submission", args=[self.competition.slug, self.pk])

    @property
    def is_finding(self) -> bool:
        return self.patch_kind == self.PatchKind.NONE

    @property
    def is_running(self) -> bool:
        return self.state in self.RUNNING

    @property
    def awaits_order(self) -> bool:
        """Whether no order of it was sent: it is not evaluated yet, whatever workers do (practice_failures)."""
        return self.state == self.State.QUEUED and self.queued_at is None

    @property
    def key(self) -> str:
        """How nodes of the decision list name this submission's group and patch."""
        return f"submission:{self.pk}"

    @property
    def stored_files(self) -> dict[str, StoredFile]:
        """Its stored files by part."""
        return files_from_json(self.files)

    def move(self, old: str | tuple[str, ...], new: str, /, *where: Q, **fields: object) -> bool:
        """Compare-and-set: change the state only where the row still is in an old one (and `where` holds).

        False means that somebody else won; the caller must not go on. Only the named fields are written.
        Raises MoveNotAllowed where the table of moves has no such move.
        """
        olds = (old,) if isinstance(old, str) else old
        states.check_move(olds, new)
        changed = Submission.objects.filter(*where, pk=self.pk, state__in=olds).update(state=new, **fields)
        if changed:
            self.state = new
            for name, value in fields.items():
                setattr(self, name, value)
        return bool(changed)


class Outcome(models.Model):
    """The outcome of an evaluation, once a (submission, attempt): arrays by digest. Never recomputed."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="outcomes")
    attempt = models.PositiveSmallIntegerField()
    # StoredFile by name, "mask" and "predictions": over all rows, public first (evaluator.splits.Layout).
    arrays = models.JSONField(default=dict)
    # StoredFile by name: a fitted patch, "patch", or what else evaluation stored.
    files = models.JSONField(default=dict)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "attempt"], name="outcome_once")]

    def __str__(self) -> str:
        return f"outcome of {self.submission}, attempt {self.attempt}"

    @property
    def stored_arrays(self) -> dict[str, StoredFile]:
        """The group's mask and the patch's predictions, as they are stored."""
        return files_from_json(self.arrays)

    @property
    def stored_files(self) -> dict[str, StoredFile]:
        """Its stored files by part."""
        return files_from_json(self.files)


class Verdict(models.Model):
    """The verdict on a submission: arithmetic on practice rows, and the answer of a query.

    `practice` is what the team may see in full, as stored: the chain's digests are over it, so that it is compared and
    digested as it lies there, and read through `feedback`.
    """

    submission = models.OneToOneField(Submission, models.CASCADE, related_name="verdict")
    practice = models.JSONField(default=dict)
    # evaluator.adjudication.gap_test.FinalTest of a counted finding, once the final rows are opened; {} before.
    final = models.JSONField(default=dict)
    # One sentence for the team; the same four words everywhere (docs/participants.md).
    sentence = models.TextField()
    passed_gate = models.BooleanField(default=False)
    queried = models.BooleanField(default=False)
    # What it was judged against: asking again makes sense once the head or the open block is another one.
    generation = models.PositiveIntegerField(default=1)
    head_number = models.PositiveIntegerField(default=0)
    block_number = models.PositiveSmallIntegerField(null=True, blank=True)
    team_version = models.ForeignKey(
        "bounty.TeamVersion", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"verdict on {self.submission}"

    @property
    def feedback(self) -> PatchFeedback | FindingFeedback | None:
        """The feedback as a type; None where nothing was measured."""
        return feedback_from_json(self.practice)

    @property
    def finding_feedback(self) -> FindingFeedback | None:
        """The feedback on a finding; None of a patch, and where nothing was measured."""
        found = self.feedback
        return found if isinstance(found, FindingFeedback) else None

    @property
    def final_test(self) -> FinalTest | None:
        """A counted finding's test on final rows; None before the close, and where it was not in the family."""
        return FinalTest.from_json(self.final) if self.final else None


class LedgerQuery(models.Model):
    """One query of a certification block: one published symbol."""

    class Symbol(models.TextChoices):
        ACCEPTED = "A", gettext_lazy("accepted")
        REFUSED = "R", gettext_lazy("refused")
        HARM = "H", gettext_lazy("harm seen")

    class Test(models.TextChoices):
        SIGN = "sign", gettext_lazy("exact sign test")
        BET = "bet", gettext_lazy("betting test")
        FISHER = "fisher", gettext_lazy("Fisher’s exact test")  # of a finding

    block = models.ForeignKey("bounty.CertificationBlock", models.CASCADE, related_name="asked")
    submission = models.ForeignKey(Submission, models.CASCADE, related_name="queries")
    number = models.PositiveIntegerField(help_text="t, from 1 within the block.")
    accepted_before = models.PositiveIntegerField()
    extra_bits = models.PositiveIntegerField(default=0)
    log_inverse_delta = models.FloatField()
    passed = models.BooleanField()
    # Of the rule of today; empty in queries by the rule of 2026-11, which has one published bit and `extra_bits`.
    symbol = models.CharField(max_length=1, choices=Symbol, blank=True)
    chance = models.FloatField(
        null=True, blank=True, help_text="c, the predicted chance, rounded and clipped."
    )
    log_probability = models.FloatField(
        null=True, blank=True, help_text="ln P of the string before it, then A."
    )
    test = models.CharField(max_length=6, choices=Test, blank=True)
    bet_weight = models.FloatField(null=True, blank=True, help_text="L, chosen on practice rows.")
    # evaluator.adjudication.gap_test.GapTest of a finding's query, fixed on practice rows; {} of a patch's.
    gap_test = models.JSONField(default=dict)
    # Of a finding's query: the {"generation", "version"} that it was asked against, and the {"earlier"} findings, whose
    # rows were not its own: what a correction tests again.
    asked_against = models.JSONField(default=dict)
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["block", "number"]
        constraints = [models.UniqueConstraint(fields=["block", "number"], name="query_number_once")]

    def __str__(self) -> str:
        return f"query {self.number} of {self.block}"
