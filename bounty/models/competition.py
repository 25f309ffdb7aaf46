"""Models of a competition, its declared groups and its certification blocks."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

from bounty.models.stored_files import StoredBase, StoredFile, StoredTables
from bounty.models.stored_holdout import PublishedBounds, StoredPlan
from evaluator.losses import Loss
from evaluator.schema import Schema
from evaluator.splits import Layout

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from bounty.models.memberships import Membership
    from bounty.models.versions import ModelVersion


# The rule that new competitions open with.
PRESENT_RULE = 2


def new_noise_secret() -> str:
    """A fresh key of a competition's noise: 256 random bits in hex."""
    return secrets.token_hex(32)


class CompetitionQuerySet(models.QuerySet["Competition"]):
    # Who sees a competition is said twice, for many competitions here and for one below the class: change both.
    # tests/bounty/permissions/test_visible_competitions.py asks both for every kind of person and state.
    def publicly_visible(self) -> CompetitionQuerySet:
        """Competitions that everybody sees: public ones that were opened, no rehearsals."""
        return self.filter(self._public())

    def visible_to(self, user: User | AnonymousUser) -> CompetitionQuerySet:
        """Competitions that this person sees: public ones that were opened, those they serve, and those they entered.

        An inactive account sees what a visitor sees, and a superuser sees all.
        """
        if not (user.is_authenticated and user.is_active):
            return self.publicly_visible()
        if user.is_superuser:
            return self
        serves = Q(roles__user=user) | Q(organiser=user)
        entered = Q(participations__user=user) & ~Q(status=Competition.Status.PREPARING)
        return self.filter(self._public() | serves | entered).distinct()

    def served_by(self, user: User, kind: str | None = None) -> CompetitionQuerySet:
        """Competitions that this person made, or has a role in: one of this kind, where it is given."""
        role = Q(roles__user=user) if kind is None else Q(roles__user=user, roles__kind=kind)
        return self.filter(Q(organiser=user) | role).distinct()

    @staticmethod
    def _public() -> Q:
        return Q(visibility=Competition.Visibility.PUBLIC, rehearsal=False, status__in=Competition.OPENED)

    def due_to_open(self, now: datetime) -> CompetitionQuerySet:
        """Drafts whose opening date has passed."""
        return self.filter(status=Competition.Status.DRAFT, opens_at__lte=now)

    def due_to_close(self, now: datetime) -> CompetitionQuerySet:
        """Open and paused competitions whose closing date has passed."""
        return self.filter(
            status__in=[Competition.Status.OPEN, Competition.Status.PAUSED], closes_at__lte=now
        )


def is_visible_to(competition: Competition, user: User | AnonymousUser, membership: Membership) -> bool:
    """Whether this person, whose membership it is, sees the competition: `visible_to` for one; asks no query."""
    if competition.is_publicly_visible:
        return True
    if not (user.is_authenticated and user.is_active):
        return False
    if user.is_superuser or membership.roles:
        return True
    return membership.entered and competition.status != Competition.Status.PREPARING


class Competition(models.Model):
    """A competition: a table, a model, rules, and the holdout's budget."""

    class Status(models.TextChoices):
        PREPARING = "preparing", gettext_lazy("being prepared")
        DRAFT = "draft", gettext_lazy("draft")
        OPEN = "open", gettext_lazy("open")
        PAUSED = "paused", gettext_lazy("paused")
        CLOSED = "closed", gettext_lazy("closed")

    # Opened at some time; before that a competition is its organisers' and moderators' own.
    OPENED = (Status.OPEN, Status.PAUSED, Status.CLOSED)

    class Visibility(models.TextChoices):
        PUBLIC = "public", gettext_lazy("public")
        INVITATION = "invitation", gettext_lazy("by invitation")

    class Acceptance(models.TextChoices):
        LEDGER = "ledger", gettext_lazy("certified by the ledger")
        ALPHA = "alpha", gettext_lazy("plain rule: gain of at least alpha (not certified)")

    class HarmMode(models.TextChoices):
        NO_EVIDENCE = (
            "no_evidence",
            gettext_lazy("no evidence of harm: refuse where harm to a protected group is seen"),
        )
        CERTIFIED = (
            "certified",
            gettext_lazy("certified within tolerance: each protected group's harm is shown to be small"),
        )

    class Moderation(models.TextChoices):
        NONE = "none", gettext_lazy("nothing is held by policy")
        FLAGGED = "flagged", gettext_lazy("hold what the checks flag")
        FIRST = "first", gettext_lazy("hold a team's first submission, and what the checks flag")
        ALL = "all", gettext_lazy("hold every submission")

    # The artifact prefix: never changes, says nothing.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(unique=True, max_length=60)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=300, help_text="One sentence: what is at stake, for whom.")
    description = models.TextField(blank=True, help_text="Markdown.")
    rules = models.TextField(blank=True, help_text="Markdown.")
    terms = models.TextField(blank=True, help_text="Markdown. Accepted before the first submission.")
    visibility = models.CharField(max_length=12, choices=Visibility, default=Visibility.PUBLIC)
    # A try-out: seen only by those who serve or were invited; who organises may submit as well.
    rehearsal = models.BooleanField(default=False, editable=False)
    # Rows that were public, opened or told of there are never secret here (bounty.organisers.known_rows).
    copied_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.PREPARING, db_index=True)
    preparation_error = models.TextField(blank=True, editable=False)
    organiser = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="organised")
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    # What evaluator.schema.Schema, evaluator.losses.Loss and evaluator.splits.Layout serialise to.
    schema_json = models.JSONField(default=dict, editable=False)
    loss_json = models.JSONField(default=dict, editable=False)
    layout_json = models.JSONField(default=dict, editable=False)
    # StoredTables: read and replaced as a whole, never changed in place.
    tables_json = models.JSONField(default=dict, editable=False)
    # StoredBase: the base model's stored part.
    base_json = models.JSONField(default=dict, editable=False)
    # StoredPlan: what the holdout can certify, said anew where what it is asked for changes.
    plan_json = models.JSONField(default=dict, editable=False)

    # The text of docs/science.md that decides: evaluator.adjudication.rule.Rule.version. A competition keeps its own.
    rule_version = models.PositiveSmallIntegerField(default=PRESENT_RULE, editable=False)
    acceptance = models.CharField(max_length=8, choices=Acceptance, default=Acceptance.LEDGER)
    alpha = models.FloatField(default=0.001, help_text="Smallest gain under the plain rule.")
    delta = models.FloatField(default=0.05, help_text="Chance that anything false is ever certified.")
    gate_level = models.FloatField(default=0.05)
    gate_chance = models.FloatField(default=0.7, help_text="Predicted chance below which no query is asked.")
    target_gain = models.FloatField(
        default=0.01, help_text="A block is retired once no smaller gain could pass."
    )
    tolerance = models.FloatField(
        default=0.0, help_text="How much a protected group's mean loss may rise, in loss units."
    )
    harm_mode = models.CharField(
        max_length=12,
        choices=HarmMode,
        default=HarmMode.NO_EVIDENCE,
        help_text="Certified harm needs a tolerance, and large protected groups.",
    )
    smallest_group = models.PositiveIntegerField(default=20, help_text="k: fewest practice rows of a group.")

    # B, the certification blocks that share delta alike; null where more may be added: delta / (b (b + 1)) then.
    fixed_blocks = models.PositiveSmallIntegerField(null=True, default=1, editable=False)
    # M: a unit's sum counts over max(M, its rows). Fixed at creation, by default the table's largest unit.
    unit_rows = models.PositiveIntegerField(default=1, editable=False)
    noise_scale = models.FloatField(
        default=2.0,
        help_text="Laplace noise in what is told of strangers' groups and patches on practice rows. 0 only where "
        "rows are not people.",
    )
    # Keys the noise. Never shown, exported or logged.
    noise_secret = models.CharField(max_length=64, default=new_noise_secret, editable=False)

    verdicts_per_person = models.PositiveIntegerField(
        default=300, help_text="Verdicts with noised practice figures that one person may be told."
    )
    practice_failures_per_person = models.PositiveIntegerField(
        default=5, help_text="Failures on practice rows before a person's submissions are held."
    )
    submissions_per_day = models.PositiveIntegerField(default=50, help_text="A team, in 24 hours.")
    queries_per_team = models.PositiveIntegerField(default=20, help_text="Certification queries a team.")
    max_upload_bytes = models.PositiveIntegerField(default=20 * 1024 * 1024)
    moderation = models.CharField(max_length=8, choices=Moderation, default=Moderation.FLAGGED)
    show_sources = models.BooleanField(default=True, help_text="Show accepted sources after the close.")
    open_model = models.BooleanField(default=False, help_text="Everybody may download the model while open.")

    # The current list: versions of this generation. A rebuild replays into the next one and moves this pointer.
    generation = models.PositiveIntegerField(default=1, editable=False)
    final_opened_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CompetitionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Raises ValidationError where harm is to be certified and cannot be."""
        if self.harm_mode != self.HarmMode.CERTIFIED:
            return
        if self.acceptance != self.Acceptance.LEDGER:
            raise ValidationError({"harm_mode": "Under the plain rule nothing is certified, harm neither."})
        if not (self.tolerance or 0) > 0:
            raise ValidationError(
                {
                    "tolerance": "To certify harm there must be a tolerance above 0: no rows show that there is none."
                }
            )

    def get_absolute_url(self) -> str:
        return reverse("competition", args=[self.slug])

    @property
    def schema(self) -> Schema:
        return Schema.from_json(self.schema_json)

    @property
    def loss(self) -> Loss:
        return Loss.from_json(self.loss_json)

    @property
    def layout(self) -> Layout:
        return Layout.from_json(self.layout_json)

    @property
    def tables(self) -> StoredTables:
        return StoredTables.from_json(self.tables_json)

    @property
    def base(self) -> StoredBase:
        return StoredBase.from_json(self.base_json)

    @property
    def plan(self) -> StoredPlan:
        return StoredPlan.from_json(self.plan_json)

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def is_closed(self) -> bool:
        return self.status == self.Status.CLOSED

    @property
    def is_publicly_visible(self) -> bool:
        """Whether everybody sees it: `publicly_visible` for one."""
        public = self.visibility == self.Visibility.PUBLIC and not self.rehearsal
        return public and self.status in self.OPENED

    def head(self) -> ModelVersion:
        """The current shared model: newest version of the current generation."""
        return self.versions.current().latest("number")

    def open_block(self) -> CertificationBlock | None:
        """The block that queries are asked of now; None where none is open."""
        return self.blocks.filter(state=CertificationBlock.State.OPEN).order_by("number").first()


class DeclaredGroup(models.Model):
    """A declared group: named by the organiser before opening, and protected from the start."""

    competition = models.ForeignKey(Competition, models.CASCADE, related_name="declared_groups")
    name = models.CharField(max_length=80)
    expression = models.TextField()
    position = models.PositiveSmallIntegerField(default=0)
    # StoredFile of the group's mask over all rows, public first.
    mask = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["competition", "name"], name="declared_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """How nodes of the decision list name this group."""
        return f"declared:{self.pk}"

    @property
    def stored_mask(self) -> StoredFile:
        return StoredFile.from_json(self.mask)


class CertificationBlock(models.Model):
    """One block of certification rows and the state of its ledger (docs/science.md, The ledger)."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("waiting")
        OPEN = "open", gettext_lazy("open")
        RETIRED = "retired", gettext_lazy("retired")

    competition = models.ForeignKey(Competition, models.CASCADE, related_name="blocks")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    rows = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    queries = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    extra_bits = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)
    # Retests after corrections, oldest first: [{"correction": number, "after": queries by then,
    # "kept": [[query number, whether it was kept], ...] in the list's order}, ...].
    retests_json = models.JSONField(default=list, editable=False)
    # PublishedBounds of a retired block: bounty.ledger.bounds.
    bounds_json = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["competition", "number"], name="block_number_once")]

    def __str__(self) -> str:
        return f"{self.competition} block {self.number}"

    @property
    def split(self) -> str:
        """The name of this block's rows in the layout."""
        return f"certification-{self.number}"

    @property
    def bounds(self) -> PublishedBounds | None:
        """What was published of the block; None before."""
        return PublishedBounds.from_json(self.bounds_json) if self.bounds_json else None

    def as_ledger_json(self) -> dict[str, Any]:
        return {"queries": self.queries, "accepted": self.accepted, "extra_bits": self.extra_bits}
