"""Model of the hash chain: the record that cannot be edited unseen, as each entry holds the digest of the one
before it.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import models


class ChainEntry(models.Model):
    """One entry of a competition's chain, as bounty.hash_chain.log wrote it down. Rows are added, never changed."""

    competition = models.ForeignKey("bounty.Competition", models.CASCADE, related_name="chain")
    number = models.PositiveIntegerField(help_text="From 0.")
    kind = models.CharField(max_length=16)
    # Canonical JSON, kept as text: what was hashed must come back byte for byte from any database.
    payload = models.TextField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["competition", "number"]
        verbose_name_plural = "chain entries"
        constraints = [models.UniqueConstraint(fields=["competition", "number"], name="chain_number_once")]

    def __str__(self) -> str:
        return f"entry {self.number} of {self.competition}: {self.kind}"

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.payload)
        return found
