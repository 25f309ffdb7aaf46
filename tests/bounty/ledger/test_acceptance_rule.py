"""The acceptance rule: one, which the verdict asks, the chain writes down and verification reads back."""

from __future__ import annotations

import pytest

from bounty.hash_chain.encoding import rule_from_json, rule_json
from bounty.ledger.acceptance_rule import rule_of
from bounty.models import Competition
from evaluator.adjudication.rule import Rule

LEDGER, ALPHA = Competition.Acceptance.LEDGER, Competition.Acceptance.ALPHA


def test_the_rule_of_a_competition_is_what_its_settings_say():
    competition = Competition(
        acceptance=ALPHA, alpha=0.1, gate_level=0.2, gate_chance=0.3, harm_mode="certified"
    )
    assert rule_of(competition) == Rule("alpha", 0.1, 0.2, 0.3, "certified", version=2)


@pytest.mark.parametrize("acceptance", [LEDGER, ALPHA])
@pytest.mark.parametrize("harm", Competition.HarmMode.values)
def test_what_the_chain_writes_of_a_rule_reads_back_as_the_rule(acceptance, harm):
    competition = Competition(acceptance=acceptance, alpha=0.1, harm_mode=harm)
    assert rule_from_json(rule_json(competition)) == rule_of(competition)


@pytest.mark.rule_2026_11
def test_what_the_chain_writes_of_a_rule_keeps_its_names_and_values():
    # Chains of sites that exist hold these; a name that changes would be a difference to find.
    told = rule_json(Competition(alpha=0.0, gate_level=0.05, gate_chance=0.5))
    assert list(told) == [
        *("name", "alpha", "gate_level", "gate_chance", "harm"),
        *("delta", "tolerance", "smallest_group", "target_gain"),
    ]
    assert (told["name"], told["harm"]) == ("ledger", "no_evidence")
