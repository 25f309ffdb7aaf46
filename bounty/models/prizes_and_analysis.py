"""Models of prizes and of Shapley values over teams. Neither moves a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.validators import MinValueValidator
from django.db import models

from evaluator.scoring.shapley import Estimate, Shapley

if TYPE_CHECKING:
    from bounty.models.versions import ModelVersion


class Prize(models.Model):
    """A prize: a sum that is split by final points among the teams with positive ones, as the organiser promises."""

    competition = models.OneToOneField("bounty.Competition", models.CASCADE, related_name="prize")
    amount = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(1)])
    currency = models.CharField(max_length=12, default="EUR", help_text="As it is written behind the sum.")
    places = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Split among the first so many teams; empty: among all with positive final points.",
    )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def shapley_to_json(found: Shapley[int]) -> dict[str, Any]:
    """Shapley values by team id, as an analysis stores them: points and standard error."""
    values = {str(team): [each.value, each.standard_error] for team, each in found.values.items()}
    return {**vars(found), "values": values}


def shapley_from_json(data: Mapping[str, Any]) -> Shapley[int]:
    """The Shapley values that `shapley_to_json` wrote."""
    return Shapley(
        values={int(team): Estimate(*each) for team, each in data["values"].items()},
        total=data["total"],
        sum_error=data["sum_error"],
        permutations=data["permutations"],
        seed=data["seed"],
        replays=data["replays"],
        cut_off=data["cut_off"],
    )


class TeamAnalysis(models.Model):
    """Shapley values over teams of one version of the shared model: analysis, never the score."""

    competition = models.OneToOneField("bounty.Competition", models.CASCADE, related_name="analysis")
    # What was replayed, so that a page never shows it for another list.
    generation = models.PositiveIntegerField()
    head_number = models.PositiveIntegerField()
    final = models.BooleanField(help_text="On final rows; on practice rows otherwise.")
    # shapley_to_json.
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "team analyses"

    def __str__(self) -> str:
        return f"Shapley values of {self.competition}, version {self.head_number}"

    @property
    def shapley(self) -> Shapley[int]:
        """The values by team id."""
        return shapley_from_json(self.result)

    def describes(self, head: ModelVersion, *, final: bool) -> bool:
        """Whether it describes this head on these rows."""
        return (self.generation, self.head_number, self.final) == (head.generation, head.number, final)
