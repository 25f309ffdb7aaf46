"""The acceptance rule of a competition, in the evaluator's type."""

from __future__ import annotations

from bounty.models import Competition
from evaluator.adjudication.rule import Rule


def rule_of(competition: Competition) -> Rule:
    """Returns the rule by which the competition accepts patches."""
    return Rule(
        "alpha" if competition.acceptance == Competition.Acceptance.ALPHA else "ledger",
        competition.alpha,
        competition.gate_level,
        competition.gate_chance,
        "certified" if competition.harm_mode == Competition.HarmMode.CERTIFIED else "no_evidence",
        competition.rule_version,
    )
