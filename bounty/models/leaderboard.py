"""Model of the leaderboard: one row a team, written in the transaction that moves it."""

from __future__ import annotations

from django.db import models


class BoardRow(models.Model):
    """A team's row on the leaderboard: its points, their interval, and its counts."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="board")
    team = models.OneToOneField("bounty.Team", models.CASCADE, related_name="board_row")
    # None until the team has anything that counts.
    points = models.FloatField(null=True, blank=True)
    # Bootstrap interval by unit of these very points; None until it is computed.
    points_low = models.FloatField(null=True, blank=True)
    points_high = models.FloatField(null=True, blank=True)
    final = models.BooleanField(default=False)
    submissions = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    findings = models.PositiveIntegerField(default=0)
    # Practice loss of the team's own model.
    team_loss = models.FloatField(null=True, blank=True)
    # When the present points were reached: earlier wins a tie.
    reached_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["competition", "-points"])]

    def __str__(self) -> str:
        return f"{self.team}: {self.points}"
