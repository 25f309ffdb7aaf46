"""The acceptance rule of a competition: its name, its settings, and the version of the text that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["accepted", "not_shown", "harmful"]
# "no_evidence": harm refuses where it is seen. "certified": each protected group's harm must be shown to be small.
HarmMode = Literal["no_evidence", "certified"]


@dataclass(frozen=True)
class Rule:
    """A competition's acceptance rule: the certified ledger, or the plain rule "gain of at least alpha".

    `version`: which text of docs/science.md decides. 1 is the rule of 2026-11 (`rule_2026_11`), 2 the present one.
    """

    name: Literal["ledger", "alpha"] = "ledger"
    alpha: float = 0.0
    gate_level: float = 0.05
    gate_chance: float = 0.5
    harm: HarmMode = "no_evidence"
    version: int = 1
