"""What else is found: settings, past generations, notes, budgets, bounds and intervals; and while verdicts go on."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty import verification
from bounty.adjudication import close, judge
from bounty.hash_chain import encoding, log
from bounty.ledger import bounds
from bounty.models import (
    BoardRow,
    CertificationBlock,
    ChainEntry,
    Competition,
    LedgerQuery,
    ModelVersion,
    Submission,
    TeamVersion,
)
from bounty.scoring import leaderboard
from bounty.shared_model import arrays
from bounty.verification.versions import Recomputation
from tests.verified import verify
from tests.world import OLD_WOMEN

State = Submission.State


@pytest.mark.parametrize(
    ("field", "value"),
    [("delta", 0.1), ("gate_level", 0.2), ("tolerance", 0.5), ("smallest_group", 1), ("gate_chance", 0.1)],
)
def test_an_edited_setting_is_found(field, value, played):
    Competition.objects.update(**{field: value})
    assert verify(played).startswith(f"setting {field}: {value}, not ")


def test_before_anything_is_decided_settings_may_change(world):
    log.start_chain(world.competition)
    Competition.objects.update(delta=0.1)
    assert verify(world) == ""


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        ({"note": "Nothing happened."}, "note"),
        ({"practice_loss": 0.0}, "practice_loss"),
        ({"groups": {}}, "groups"),
        ({"nodes_json": []}, "nodes"),
    ],
)
def test_an_edited_version_of_a_past_generation_is_found(edit, name, played):
    old = ModelVersion.objects.get(generation=1, number=2)
    ModelVersion.objects.filter(pk=old.pk).update(**edit)
    found = verify(played)
    assert f"version 2 of generation 1: {name}:" in found and str(old.submission_id) in found


def test_an_edited_note_is_found(played):
    head = Competition.objects.get().head()
    ModelVersion.objects.filter(pk=head.pk).update(note="All is well.")
    assert f"version {head.number}: note:" in verify(played)


def test_a_version_that_nobody_recorded_is_found(played):
    head = Competition.objects.get().head()
    head.pk, head.number = None, head.number + 7
    head.save()
    assert verify(played).startswith(f"version {head.number}: no entry says it")


def test_a_lost_past_version_is_found(played):
    ModelVersion.objects.filter(generation=1, number=2).delete()
    assert "version 2 of generation 1: it is gone" in verify(played)


def test_an_edited_past_version_of_a_team_is_found(played):
    own = TeamVersion.objects.filter(generation=1).order_by("pk").first()
    TeamVersion.objects.filter(pk=own.pk).update(practice_loss=0.0)
    assert f"version {own.number} of generation 1: practice_loss:" in verify(
        played
    ) or f"version {own.number}: practice_loss:" in verify(played)


def test_a_query_that_nobody_recorded_is_found(played):
    block = played.competition.blocks.get(number=1)
    asked = Submission.objects.filter(state=State.NOT_SHOWN).first()
    LedgerQuery.objects.create(
        block=block, submission=asked, number=9, accepted_before=3, log_inverse_delta=9.0, passed=False
    )
    found = verify(played)
    assert found.startswith(f"submission {asked.pk}, query 9 of block 1: no entry says it")


@pytest.mark.parametrize("counter", ["queries", "accepted", "extra_bits"])
def test_the_open_blocks_counters_are_held_against_the_chain(counter, played):
    block = played.competition.open_block()
    CertificationBlock.objects.filter(pk=block.pk).update(**{counter: 7})
    assert verify(played).startswith(f"ledger of block 1: {counter}: 7, not ")


def test_an_edited_number_of_rows_is_found(played):
    played.competition.blocks.filter(number=2).update(rows=9)
    assert verify(played) == "rows of block 2: 9, not 600"


def test_edited_bounds_of_a_retired_block_are_found(played):
    close.close_competition(played.competition, timezone.now())
    assert verify(played) == ""
    block = played.competition.blocks.get(number=1)
    said = block.bounds_json
    for field, value in (("low", 0.0), ("loss", 0.0), ("gained", 0.9), ("rows", 1)):
        lines = [said["lines"][0] | {field: value}, *said["lines"][1:]]
        CertificationBlock.objects.filter(pk=block.pk).update(bounds_json=said | {"lines": lines})
        assert verify(played).startswith(f"bounds of block 1: {field} of everyone: {value}, not ")
    for edit, problem in (
        ({"version": 99}, "there is no version 99"),
        ({"log_inverse_delta": 1.0}, "log_inverse_delta: 1.0"),
        ({"lines": said["lines"][:1]}, "lines: there are more or fewer groups"),
        ({"lines": [{}]}, "bounds of block 1: they are not what is published of a block"),
    ):
        CertificationBlock.objects.filter(pk=block.pk).update(bounds_json=said | edit)
        assert problem in verify(played)


def test_bounds_of_an_open_block_are_found(played):
    block = played.competition.open_block()
    made_up = bounds._bounds(played.competition, block).to_json()
    CertificationBlock.objects.filter(pk=block.pk).update(bounds_json=made_up)
    assert verify(played) == "bounds of block 1: it is not retired"


def test_edited_provisional_intervals_are_found(played):
    leaderboard.write_provisional_intervals(played.competition.pk)
    assert verify(played) == ""
    row = BoardRow.objects.exclude(points_low=None).first()
    BoardRow.objects.filter(pk=row.pk).update(points_low=0.5)
    assert verify(played).startswith(f"board row of {row.team}: points_low: 0.5, not ")
    BoardRow.objects.filter(pk=row.pk).update(points_low=None, points_high=None)
    assert verify(played) == "", "it may still be drawn"


def test_a_verdict_in_the_middle_of_it_is_no_difference(played, charlie, monkeypatch):
    """What it read before and after the verdict does not fit together; it reads once more."""
    waiting = [played.good_patch(charlie.memberships.get().team, OLD_WOMEN, seed=9)]
    real = verification.files.check_files

    def slow(competition: Competition) -> int:
        if waiting:
            judge.judge_submission(waiting.pop().pk)
        return real(competition)

    monkeypatch.setattr(verification.files, "check_files", slow)
    assert verify(played) == "" and not waiting


def test_a_difference_that_stays_is_told_however_often_it_looks(played, charlie, monkeypatch):
    waiting = [
        played.good_patch(charlie.memberships.get().team, f"AGE > {age}", seed=age) for age in (20, 30, 40)
    ]
    real = verification.files.check_files

    def slow(competition: Competition) -> int:
        if waiting:
            judge.judge_submission(waiting.pop().pk)
        return real(competition)

    monkeypatch.setattr(verification.files, "check_files", slow)
    Submission.objects.filter(state=State.NOT_SHOWN).update(state=State.HARMFUL)
    assert "state" in verify(played)


@pytest.mark.parametrize("state", ["waiting", "retired"])
def test_an_edited_state_of_the_open_block_is_found(state, played):
    played.competition.blocks.filter(number=1).update(state=state)
    assert verify(played) == f"state of block 1: {state}, not open"


def test_an_entry_forged_to_open_another_block_is_found(played):
    entries = list(ChainEntry.objects.order_by("number"))
    forged = entries[5].data
    forged["blocks"]["2"]["state"] = "open"
    ChainEntry.objects.all().delete()
    for entry in entries:
        log.append_entry(played.competition, entry.kind, forged if entry.number == 5 else entry.data)
    assert ", state of block 2: 'open', not 'waiting'" in verify(played)


def test_class_codes_are_checked_as_a_verdict_checks_them(played):
    competition = played.competition
    rule = encoding.rule_json(competition)
    assert (
        Recomputation(competition, rule, 0).practice().classes
        == arrays.load_practice(competition).classes
        == 2
    )


def test_the_sweep_draws_intervals_that_a_crash_left_out(played):
    """Once: where they cannot be drawn it looks again only after a while."""
    board = BoardRow.objects.exclude(points=None)
    board.update(points_low=None, points_high=None)
    leaderboard.write_missing_intervals(timezone.now())
    assert board.exists() and not board.filter(points_low=None).exists()
    board.update(points_low=None, points_high=None)
    leaderboard.write_missing_intervals(timezone.now())
    assert board.filter(points_low=None).exists()
    assert verify(played) == ""
