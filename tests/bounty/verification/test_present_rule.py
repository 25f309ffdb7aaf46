"""A competition by the present rule verifies at every step; what its queries were asked with is sealed at first."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from bounty import corrections
from bounty.adjudication import close
from bounty.corrections import Correction
from bounty.hash_chain import query_seal
from bounty.models import (
    CertificationBlock,
    ChainEntry,
    Competition,
    LedgerQuery,
    Submission,
    TeamVersion,
    Verdict,
)
from tests.verified import read_afresh, row_numbers, verify

SEALED = {"chance": 0.5, "log_inverse_delta": 1.0, "log_probability": -1.0, "test": "bet", "bet_weight": 0.5}


def test_an_untouched_competition_verifies_open_and_closed(played_present):
    assert verify(played_present) == ""
    close.close_competition(played_present.competition, timezone.now())
    assert verify(played_present) == ""


def test_until_the_close_the_chain_tells_no_chance_level_or_bet(played_present):
    queries = list(LedgerQuery.objects.all())
    said = "".join(ChainEntry.objects.values_list("payload", flat=True))
    assert queries and '"sealed"' in said
    for name in SEALED:
        assert f'"{name}"' not in said
    for query in queries:
        assert repr(query.log_inverse_delta) not in said and repr(query.log_probability) not in said


def test_a_seal_cannot_be_opened_by_trying_every_chance(played_present):
    """It is salted by the competition's secret: without that nobody can tell which of eleven chances it was."""
    query = LedgerQuery.objects.first()
    competition = played_present.competition
    sealed = query_seal.seal_query(competition, 1, query)
    competition.noise_secret = "guess"
    assert query_seal.seal_query(competition, 1, query) != sealed


def test_the_close_opens_the_seals(played_present):
    close.close_competition(played_present.competition, timezone.now())
    closed = ChainEntry.objects.get(kind="closed").data
    sealed = {
        (entry.data["query"]["block"], entry.data["query"]["number"]): entry.data["query"]["sealed"]
        for entry in ChainEntry.objects.filter(kind="verdict")
        if entry.data["query"]
    }
    assert len(closed["queries"]) == len(sealed) == LedgerQuery.objects.count()
    for said in closed["queries"]:
        values = {name: said[name] for name in SEALED}
        assert query_seal.seal_values(said["salt"], values) == sealed[said["block"], said["number"]]


@pytest.mark.parametrize(("field", "value"), SEALED.items())
def test_an_edited_query_is_found(field, value, played_present):
    query = LedgerQuery.objects.order_by("number").first()
    LedgerQuery.objects.filter(pk=query.pk).update(**{field: value})
    assert verify(played_present) != ""


def test_another_symbol_is_found(played_present):
    LedgerQuery.objects.filter(number=1).update(symbol="H")
    assert "symbol" in verify(played_present)


def test_the_loss_of_a_team_s_own_model_is_told_with_the_same_noise(played_present):
    own = TeamVersion.objects.order_by("pk").last()
    TeamVersion.objects.filter(pk=own.pk).update(practice_loss=own.practice_loss + 0.01)
    assert "practice_loss" in verify(played_present)


def test_another_secret_is_found(played_present):
    Competition.objects.update(noise_secret="other")
    assert verify(played_present) != ""


def test_a_correction_is_verified_with_its_pattern(played_present, alice):
    rows = row_numbers(played_present, "certification-1")[:40]
    corrections.correct_table(played_present.competition, Correction(withdrawn=rows), "twice", alice)
    assert verify(played_present) == ""
    block = CertificationBlock.objects.get(number=1)
    assert [each["correction"] for each in block.retests_json] == [1]
    told = ChainEntry.objects.get(kind="corrected").data
    assert all("level" not in each for each in told["tested"])
    again = [[number, not kept] for number, kept in block.retests_json[0]["kept"]]
    block.retests_json = [block.retests_json[0] | {"kept": again}]
    block.save()
    assert "retests" in verify(played_present)


def test_after_a_deletion_what_is_before_is_read_as_written(played_present, alice):
    rows = [
        *row_numbers(played_present, "certification-1")[:20],
        *row_numbers(played_present, "practice")[:20],
    ]
    corrections.correct_table(played_present.competition, Correction(deleted=rows), "asked for", alice)
    assert verify(played_present) == ""
    corrections.correct_table(
        read_afresh(played_present),
        Correction(withdrawn=row_numbers(played_present, "certification-1")[30:40]),
        "twice",
        alice,
    )
    assert verify(played_present) == ""
    close.close_competition(read_afresh(played_present), timezone.now())
    assert verify(played_present) == ""


def test_every_entry_names_its_rule(played_present):
    rules = [
        json.loads(payload)["rule"]["version"]
        for payload in ChainEntry.objects.exclude(kind="closed").values_list("payload", flat=True)
    ]
    assert rules and set(rules) == {2}


def test_a_finding_that_the_close_confirmed_is_verified_on_final_rows(played_present):
    close.close_competition(played_present.competition, timezone.now())
    finding = Submission.objects.get(patch_kind="none")
    assert (finding.state, finding.verdict.final["rows"] > 0) == (Submission.State.CONFIRMED, True)
    assert verify(played_present) == ""
    Verdict.objects.filter(submission=finding).update(final=finding.verdict.final | {"p_value": 0.5})
    assert "final" in verify(played_present)


def test_a_finding_is_judged_again_by_the_present_rule_after_a_correction(played_present, alice):
    rows = row_numbers(played_present, "practice")[:10]
    corrections.correct_table(played_present.competition, Correction(withdrawn=rows), "twice", alice)
    finding = Submission.objects.get(patch_kind="none")
    assert finding.state == Submission.State.WORSE and finding.verdict.generation > 1
    assert verify(played_present) == ""


def test_after_the_close_a_deletion_leaves_what_was_confirmed(played_present, alice):
    close.close_competition(played_present.competition, timezone.now())
    rows = row_numbers(played_present, "final")[:5]
    corrections.correct_table(read_afresh(played_present), Correction(deleted=rows), "asked for", alice)
    assert Submission.objects.get(patch_kind="none").state == Submission.State.CONFIRMED
    assert verify(played_present) == ""
