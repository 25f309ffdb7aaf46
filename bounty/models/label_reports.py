"""Model of reports that the label of a public row is wrong, and of the organiser's answers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class LabelReport(models.Model):
    """A participant's report. Only rows of train and explore, which everybody has, can be reported."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for the organiser")
        ACCEPTED = "accepted", _("accepted: the table was corrected")
        REJECTED = "rejected", _("the label stays")

    class Split(models.TextChoices):
        TRAIN = "train", "train"
        EXPLORE = "explore", "explore"

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="label_reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="label_reports")
    # As it was reported: the file, and the row's number in it, from 1.
    split = models.CharField(max_length=8, choices=Split)
    number = models.PositiveIntegerField()
    # The row's number in the organiser's table, from 1: stays when a correction takes other rows out.
    row = models.PositiveIntegerField()
    label = models.CharField(max_length=80, help_text="As it was when it was reported.")
    # "" means that no label is right: the row should be taken out.
    suggested = models.CharField(max_length=80, blank=True)
    reason = models.TextField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True, max_length=2000)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    correction = models.ForeignKey(
        "bounty.TableCorrection", models.SET_NULL, null=True, blank=True, related_name="label_reports"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["competition", "state"], name="label_report_waiting")]
        constraints = [
            models.UniqueConstraint(
                fields=["competition", "reporter", "row"],
                condition=models.Q(state="open"),
                name="one_open_label_report",
            )
        ]

    def __str__(self) -> str:
        return f"label of row {self.number} of {self.split} in {self.competition}"
