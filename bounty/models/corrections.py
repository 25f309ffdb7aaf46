"""Model of a correction of a competition's table, and whether the files that it replaced are gone yet."""

from __future__ import annotations

from django.db import models


class TableCorrection(models.Model):
    """One correction of the table. Which rows it touched is not kept: only how many, and the table that it left."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="corrections")
    number = models.PositiveIntegerField(help_text="From 1.")
    reason = models.TextField()
    by = models.CharField(max_length=150)
    # {split: {"mended": n, "withdrawn": n, "deleted": n}}
    counts = models.JSONField(default=dict)
    # Digests of public tables that it replaced: downloads built from them are removed.
    replaced = models.JSONField(default=list)
    # A person's rows were deleted: earlier labels and units go, too, and not only earlier features.
    erases = models.BooleanField(default=False)
    # Empty until the files that it replaced are gone.
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["competition", "number"]
        constraints = [
            models.UniqueConstraint(fields=["competition", "number"], name="correction_number_once")
        ]

    def __str__(self) -> str:
        return f"correction {self.number} of {self.competition}"
