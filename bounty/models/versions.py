"""Models of versions: of the shared model, of each team's own model; and credits for them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Max
from django.utils.functional import cached_property

from bounty.models.stored_files import NOWHERE, StoredFile
from evaluator.decision_list import Node, nodes_from_json


class ListVersion(models.Model):
    """An abstract model of a published head of a pointer decision list: its whole node list and its predictions on
    all rows.
    """

    number = models.PositiveIntegerField(help_text="0 is the base model.")
    generation = models.PositiveIntegerField(default=1)
    # evaluator.decision_list.nodes_to_json of the complete list, oldest first.
    nodes_json = models.JSONField(default=list)
    # StoredFile of the head's predictions over all rows, public first.
    predictions = models.JSONField(default=dict)
    practice_loss = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        return nodes_from_json(self.nodes_json)

    @cached_property
    def node_count(self) -> int:
        """The number of nodes of the list; a query may count them without reading them
        (`queries.present_versions`).
        """
        return len(self.nodes_json)

    @property
    def stored_predictions(self) -> StoredFile:
        return StoredFile.from_json(self.predictions)


def next_generation(versions: models.QuerySet[Any]) -> int:
    """The number of the generation that a rebuild of this list begins: one more than any that it ever had."""
    return int(versions.aggregate(last=Max("generation"))["last"] or 0) + 1


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def current(self) -> ModelVersionQuerySet:
        """Versions of the generation that is present now: one list for each competition."""
        return self.filter(generation=F("competition__generation"))


class TeamVersionQuerySet(models.QuerySet["TeamVersion"]):
    def current(self) -> TeamVersionQuerySet:
        """Versions of each team's own model as it is now."""
        return self.filter(generation=F("team__generation"))


class CreditQuerySet(models.QuerySet["Credit"]):
    def current(self) -> CreditQuerySet:
        """Credits for versions of the present generation."""
        return self.filter(version__generation=F("version__competition__generation"))


class ModelVersion(ListVersion):
    """A version of the shared model."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="versions")
    # The accepted submission; none for the base model.
    submission = models.ForeignKey(
        "bounty.Submission", models.PROTECT, null=True, blank=True, related_name="versions"
    )
    explore_loss = models.FloatField()
    # Opened once, at the close.
    final_loss = models.FloatField(null=True, blank=True)
    # {"declared:3": [n, loss], "submission:<uuid>": [n, loss], ...}: protected groups on practice rows.
    groups = models.JSONField(default=dict)
    # StoredFile of this head's loss per public row, for find_group(X, y, loss); {} where it was not written yet.
    head_loss = models.JSONField(default=dict)
    # "" or how this row came about ("rebuilt without #12"); versions certified before a rebuild say so.
    note = models.TextField(blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["competition", "generation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "generation", "number"], name="version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.competition} version {self.number}"

    @property
    def stored_head_loss(self) -> StoredFile:
        """The StoredFile of the head's loss per public row; NOWHERE before it was written."""
        return StoredFile.from_json(self.head_loss) if self.head_loss else NOWHERE


class TeamVersion(ListVersion):
    """A version of a team's own model: any practice gain is taken, with its own repairs. On practice rows only."""

    team = models.ForeignKey("bounty.Team", models.CASCADE, related_name="versions")
    submission = models.ForeignKey(
        "bounty.Submission", models.CASCADE, null=True, blank=True, related_name="+"
    )

    objects = TeamVersionQuerySet.as_manager()

    class Meta:
        ordering = ["team", "generation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["team", "generation", "number"], name="team_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.team}'s version {self.number}"


class Credit(models.Model):
    """The points of a team for one version (docs/science.md, Points). The board is the sum over `current()`."""

    version = models.ForeignKey(ModelVersion, models.CASCADE, related_name="credits")
    team = models.ForeignKey("bounty.Team", models.CASCADE, related_name="credits")
    points = models.FloatField()
    # False on practice rows while open; True on final rows, once, at the close.
    final = models.BooleanField(default=False)

    objects = CreditQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "team", "final"], name="credit_once")]

    def __str__(self) -> str:
        return f"{self.points:.1f} points for {self.team}"
