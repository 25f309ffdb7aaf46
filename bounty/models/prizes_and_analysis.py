"""What there is to win, and what an analysis found about who contributed. Neither moves a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models

if TYPE_CHECKING:
    from bounty.models.versions import ModelVersion


class Prize(models.Model):
    """The organiser's promise: a sum that is split by final points among the teams with positive ones."""

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


class TeamAnalysis(models.Model):
    """Shapley values over teams of one version of the shared model: analysis, never the score."""

    competition = models.OneToOneField("bounty.Competition", models.CASCADE, related_name="analysis")
    # What was replayed, so that a page never shows it for another list.
    generation = models.PositiveIntegerField()
    head_number = models.PositiveIntegerField()
    final = models.BooleanField(help_text="On final rows; on practice rows otherwise.")
    # {"values": {team id: [points, standard error]}, "total", "sum_error", "permutations", "seed", "replays",
    # "cut_off"}: evaluator.scoring.shapley.Shapley.
    result = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "team analyses"

    def __str__(self) -> str:
        return f"Shapley values of {self.competition}, version {self.head_number}"

    def is_of(self, head: ModelVersion, *, final: bool) -> bool:
        """Whether it describes this head on these rows."""
        return (self.generation, self.head_number, self.final) == (head.generation, head.number, final)
