"""A competition that nobody touched verifies; a flipped byte or an edited row anywhere is found and named."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bounty.adjudication import close, judge
from bounty.core import artifacts
from bounty.hash_chain import log
from bounty.models import (
    BoardRow,
    ChainEntry,
    Competition,
    Credit,
    LedgerQuery,
    Submission,
    TeamVersion,
    Verdict,
)
from bounty.scoring import leaderboard
from bounty.workers import tasks
from tests.verified import verify

State = Submission.State


def test_an_untouched_competition_verifies(played, capsys):
    assert verify(played) == ""
    call_command("verify_ledger", played.competition.slug)
    said = capsys.readouterr().out
    assert "6 entries" not in said and "7 entries" in said and "5 decisions" in said


def test_after_the_close_final_labels_and_points_are_verified_too(played):
    close.close_competition(played.competition, timezone.now())
    assert verify(played) == ""
    flip(played.competition.tables_json["labels"]["final"]["path"])
    assert "final.npy" in verify(played)


@pytest.mark.parametrize("field", ["points", "points_low", "points_high"])
def test_an_edited_final_board_row_is_found(field, played):
    close.close_competition(played.competition, timezone.now())
    row = BoardRow.objects.exclude(points=None).first()
    BoardRow.objects.filter(pk=row.pk).update(**{field: 900.0})
    assert verify(played).startswith(f"board row of {row.team}: {field}:")


def test_final_labels_are_not_read_before_the_close(played):
    flip(played.competition.tables_json["labels"]["final"]["path"])
    assert verify(played) == ""


def test_the_chain_of_an_older_competition_begins_with_how_it_stands(played, charlies_patch):
    ChainEntry.objects.all().delete()
    judge.judge_submission(charlies_patch.pk)
    kinds = list(ChainEntry.objects.values_list("kind", flat=True))
    assert kinds == ["start", "verdict"]
    assert verify(played) == ""


@pytest.fixture
def charlies_patch(played, charlie):
    return played.good_patch(charlie.memberships.get().team, "AGE > 30 and AGE < 60", seed=4)


def test_a_competition_without_decisions_verifies(world):
    assert verify(world) == ""


def test_without_its_chain_a_decided_competition_does_not_verify(played):
    ChainEntry.objects.all().delete()
    assert verify(played).startswith("chain:")


def flip(path: str) -> None:
    """Change the last byte of a stored file."""
    place = artifacts.artifact_store().local_path(path)
    data = bytearray(place.read_bytes())
    data[-1] ^= 1
    place.chmod(0o640)
    place.write_bytes(bytes(data))


FILES = {
    "public table": lambda c: c.tables_json["public"],
    "secret table": lambda c: c.tables_json["secret"],
    "practice labels": lambda c: c.tables_json["labels"]["practice"],
    "certification labels": lambda c: c.tables_json["labels"]["certification-1"],
    "units": lambda c: c.tables_json["units"]["practice"],
    "declared group": lambda c: c.declared_groups.get().mask,
    "mask": lambda c: c.head().submission.outcomes.get().arrays["mask"],
    "predictions": lambda c: c.head().submission.outcomes.get().arrays["predictions"],
    "base head": lambda c: c.versions.get(generation=1, number=0).predictions,
    "head": lambda c: c.head().predictions,
    "lost head": lambda c: c.versions.get(generation=1, number=1).predictions,
    "team head": lambda c: TeamVersion.objects.order_by("-pk").first().predictions,
    "head loss": lambda c: c.head().head_loss,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_flipped_byte_is_found_in(kind, played):
    path = FILES[kind](Competition.objects.get(pk=played.competition.pk))["path"]
    flip(path)
    assert path in verify(played)


def test_a_flipped_byte_is_found_in_an_upload(played):
    sent = Submission.objects.filter(state=State.NOT_SHOWN).latest("number")
    stored = (
        artifacts.artifact_store()
        .write_bytes(f"submissions/{sent.pk}/group.py", b"def group(X): ...")
        .to_json()
    )
    Submission.objects.filter(pk=sent.pk).update(files={"group": stored})
    flip(stored["path"])
    found = verify(played)
    assert stored["path"] in found and str(sent.pk) in found


def test_a_lost_file_is_found(played):
    path = played.competition.versions.get(generation=1, number=0).predictions["path"]
    artifacts.artifact_store().local_path(path).unlink()
    assert path in verify(played)


def test_an_edited_entry_is_found(played):
    entry = ChainEntry.objects.get(number=3)
    ChainEntry.objects.filter(pk=entry.pk).update(payload=entry.payload.replace("accepted", "not_shown"))
    assert verify(played).startswith("entry 3, digest:")


def test_a_removed_entry_is_found(played):
    ChainEntry.objects.get(number=2).delete()
    assert verify(played).startswith("entry 2, number:")


def test_an_entry_forged_with_its_whole_chain_is_found_by_deciding_again(played):
    """Whoever can write all digests anew still cannot make the arrays say something else."""
    entries = list(ChainEntry.objects.order_by("number"))
    forged = entries[5].data | {"state": "harmful"}
    ChainEntry.objects.all().delete()
    for entry in entries:
        log.append_entry(played.competition, entry.kind, forged if entry.number == 5 else entry.data)
    sent = Submission.objects.get(pk=forged["submission"])
    assert verify(played).startswith(f"entry 5, submission {sent.pk}, state:")


EDITS = {
    "state": lambda: Submission.objects.filter(state=State.NOT_SHOWN).update(state=State.HARMFUL),
    "sentence": lambda: Verdict.objects.filter(submission__state=State.ACCEPTED).update(sentence="Fine."),
    "practice": lambda: Verdict.objects.filter(submission__state=State.ACCEPTED).update(practice={}),
    "passed_gate": lambda: Verdict.objects.filter(submission__state=State.NOT_SHOWN).update(passed_gate=True),
    "query: passed": lambda: LedgerQuery.objects.filter(number=2).update(passed=False),
    "query": lambda: LedgerQuery.objects.filter(number=2).delete(),
    "credits": lambda: Credit.objects.filter(version__generation=2).update(points=7.0),
}


@pytest.mark.parametrize("field", EDITS)
def test_an_edited_decision_is_found(field, played):
    EDITS[field]()
    found = verify(played)
    assert found.startswith("entry ") and field in found and "submission " in found


def test_an_edited_budget_is_found(played):
    played.competition.blocks.filter(number=1).update(queries=0)
    assert "ledger of block 1: queries" in verify(played)


@pytest.mark.parametrize("edit", [{"points": 900.0}, {"accepted": 9}, {"findings": 9}, {"team_loss": 0.0}])
def test_an_edited_board_row_is_found(edit, played):
    row = BoardRow.objects.exclude(points=None).order_by("pk").last()
    BoardRow.objects.filter(pk=row.pk).update(**edit)
    found = verify(played)
    assert found.startswith(f"board row of {row.team}: {next(iter(edit))}:")


@pytest.mark.parametrize(
    "edit", [{"nodes_json": []}, {"practice_loss": 0.0}, {"groups": {}}, {"explore_loss": 0.0}]
)
def test_an_edited_version_is_found(edit, played):
    head = Competition.objects.get(pk=played.competition.pk).head()
    head.__class__.objects.filter(pk=head.pk).update(**edit)
    found = verify(played)
    name = next(iter(edit)).removesuffix("_json")
    assert f"version {head.number}: {name}" in found and str(head.submission_id) in found


def test_another_array_under_a_version_is_found(played):
    head = Competition.objects.get(pk=played.competition.pk).head()
    base = played.competition.versions.get(generation=1, number=0)
    head.__class__.objects.filter(pk=head.pk).update(predictions=base.predictions)
    assert "predictions" in verify(played)


def test_an_edited_team_version_is_found(played):
    own = TeamVersion.objects.order_by("-pk").first()
    TeamVersion.objects.filter(pk=own.pk).update(nodes_json=[])
    assert f"version {own.number}: nodes" in verify(played)


def test_the_command_ends_with_an_error_that_says_where(played):
    EDITS["state"]()
    with pytest.raises(CommandError, match=r"entry 4, submission .*, state"):
        call_command("verify_ledger", played.competition.slug)


def test_a_board_that_was_written_again_still_verifies(played):
    leaderboard.refresh_board(played.competition.__class__.objects.get(pk=played.competition.pk))
    assert verify(played) == ""


def test_a_failure_on_secret_rows_is_an_entry_that_verifies(played, bobs_failure):
    assert ChainEntry.objects.latest("number").kind == "charge"
    assert verify(played) == ""
    played.competition.blocks.filter(number=2).update(extra_bits=0)
    assert "ledger of block 2: extra_bits" in verify(played)


@pytest.fixture
def bobs_failure(played, bob):
    sent = played.submission(bob.memberships.get().team, state=State.EVALUATING)
    report = {"submission": str(sent.pk), "attempt": 1, "status": "no_result", "on_secret": True}
    tasks.evaluation_done(**report)
    sent.refresh_from_db()
    assert sent.state == State.FAILED
    return sent


def test_words_that_are_mended_before_the_opening_change_nothing(world):
    log.start_chain(world.competition)
    columns = world.competition.schema_json["columns"]
    world.competition.schema_json = world.competition.schema_json | {
        "columns": [*columns[:-1], columns[-1] | {"meaning": "visits"}]
    }
    world.competition.save(update_fields=["schema_json"])
    assert verify(world) == ""


@pytest.mark.parametrize("state", [State.JUDGING, State.QUEUED, State.FAILED, State.WITHDRAWN])
def test_what_was_asked_again_may_wait_or_end_without_a_verdict(state, played):
    Submission.objects.filter(state=State.NOT_SHOWN).update(state=state)
    assert verify(played) == ""
    Submission.objects.filter(state=State.ACCEPTED).update(state=state)
    assert "state" in verify(played)
