"""What a correction may name, how a file says it, and what must be gone afterwards."""

from __future__ import annotations

import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bounty import corrections, verification
from bounty.adjudication import judge
from bounty.competitions import downloads
from bounty.competitions.base_models import FittedBase
from bounty.competitions.create import create_competition
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.corrections import Correction, read_correction_csv
from bounty.models import ChainEntry, Competition, TableCorrection
from bounty.workers import sweep
from evaluator.errors import PlatformFault
from tests.task_tables import table
from tests.verified import read_afresh, row_numbers


def made(alice, label: str, learner: str) -> tuple[Competition, pd.DataFrame]:
    """A competition made from a table with a unit column, as organisers make them."""
    frame = table(label)
    competition = create_competition(
        frame,
        title="Who coughs",
        organiser=alice,
        label="label",
        unit="person",
        base=FittedBase(learner),
    )
    return competition, frame


@pytest.fixture
def people(alice):
    return made(alice, "words", "tree")


def files(competition) -> list:
    """Every stored file of the competition that holds features, labels or units."""
    root = artifacts.artifact_store().root
    return [
        path for kind in ("features", "labels") for path in (root / kind / str(competition.key)).iterdir()
    ]


def test_a_person_is_gone_from_every_stored_file(people, alice, settings):
    competition, frame = people
    person = int(frame["person"].value_counts().index[0])
    theirs = frame[frame["person"] == person]
    notes = set(theirs["note"].astype(str) + theirs["income"].astype(str))
    listed = {each.name: each for each in downloads.list_downloads(competition)}
    old = downloads.local_file(competition, competition.head(), listed["train.csv"])
    before = {path.name for path in files(competition)}
    done = corrections.correct_table(
        competition, Correction(units=[str(person)]), "asked to be forgotten", alice
    )
    drawn = sum(counts["deleted"] for counts in done.counts.values())
    assert 0 < drawn <= len(theirs) and TableCorrection.objects.get().removed_at is not None
    for path in files(competition):
        if path.suffix == ".parquet":
            left = pd.read_parquet(path)
            assert not notes & set(left["note"].astype(str) + left["income"].astype(str))
    layout = Competition.objects.get(pk=competition.pk).layout
    for split in layout.ranges:
        rows = layout.rows_of(split)
        assert len(artifacts.read_labels(competition, split)) == rows.stop - rows.start
    after = {path.name for path in files(competition)}
    assert "origin-units.npy" not in after and "origin-units.npy" in before
    # One file of each kind: nothing of an earlier table is left beside it.
    plain = [name.removeprefix("c1-") for name in after if not name.endswith("kept.npy")]
    assert len(plain) == len(set(plain))
    assert old is not None and (done.replaced == [] or not old.exists())
    verification.verify_competition(Competition.objects.get(pk=competition.pk))


def test_rows_are_named_by_their_number_in_the_organisers_table(people, alice):
    competition, frame = people
    origin = artifacts.read_array(competition.tables.origin["rows"])
    place = competition.layout.ranges["explore"][0] + 3
    row = int(origin[place])
    was = str(frame["label"].iloc[row - 1])
    corrections.correct_table(
        competition, Correction({row: "yes" if was == "no" else "no"}), "misread", alice
    )
    assert artifacts.read_public_table(competition)["label"].iloc[place] != was
    assert artifacts.read_labels(competition, "explore")[3] == int(was == "no")


def test_a_deletion_whose_process_died_after_it_is_finished_by_the_sweep(world, alice, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("bounty.corrections.apply.delete_replaced_files", lambda _now: None)
        corrections.correct_table(world.competition, Correction(deleted=[5, 900]), "forgotten", alice)
    store, key = artifacts.artifact_store(), world.competition.key
    assert store.exists(f"labels/{key}/practice.npy") and store.exists(f"features/{key}/public.parquet")
    sweep.run_sweep(timezone.now())
    assert not store.exists(f"labels/{key}/practice.npy") and not store.exists(
        f"features/{key}/public.parquet"
    )
    assert store.exists(f"labels/{key}/c1-practice.npy") and store.exists(f"labels/{key}/final.npy")
    verification.verify_competition(read_afresh(world))


def test_what_was_decided_before_a_deletion_still_has_its_digests(world, bobs, alice):
    judge.judge_submission(world.good_patch(bobs).pk)
    corrections.correct_table(
        world.competition, Correction(deleted=[row_numbers(world, "practice")[0]]), "gone", alice
    )
    verification.verify_competition(read_afresh(world))
    entry = ChainEntry.objects.get(kind="verdict")
    ChainEntry.objects.filter(pk=entry.pk).update(payload=entry.payload.replace("accepted", "harmful"))
    with pytest.raises(verification.Difference, match="digest"):
        verification.verify_competition(read_afresh(world))


BAD = {
    "unknown row": (lambda w: Correction({99999: 1}), "Row 99999 is none of the competition's 4000 rows"),
    "label of no class": (lambda w: Correction({1: 7}), "Row 1: the label is “7”; expected is one of 0, 1"),
    "no label": (lambda w: Correction({1: float("nan")}), "Row 1: the label is “nan”"),
    "a final label": (lambda w: Correction({row_numbers(w, "final")[0]: 1}), "is a final row"),
    "a final row": (lambda w: Correction(withdrawn=[row_numbers(w, "final")[0]]), "is a final row"),
    "a whole block": (
        lambda w: Correction(withdrawn=row_numbers(w, "certification-1")),
        "“certification-1” would keep 0 units; it needs at least 10",
    ),
    "an unknown unit": (lambda w: Correction(units=["Mallory"]), "unit “Mallory”"),
    "twice": (
        lambda w: Correction({1: int(1 - w.y[0])}, withdrawn=[1]),
        "Row 1 cannot be mended and taken out",
    ),
    "nothing": (lambda w: Correction({1: int(w.y[0])}), "changes nothing"),
    "one label left": (
        lambda w: Correction(dict.fromkeys(row_numbers(w, "train"), 1)),
        "All train rows would have the same label",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_corrected_is_named_and_nothing_is_touched(case, world, alice):
    wish, problem = BAD[case]
    before = sorted(path.name for path in files(world.competition))
    for attempt in (
        lambda: corrections.preview_correction(world.competition, wish(world)),
        lambda: corrections.correct_table(world.competition, wish(world), "wrong", alice),
    ):
        with pytest.raises(Refusal, match=problem):
            attempt()
    assert read_afresh(world).generation == 1 and not TableCorrection.objects.exists()
    assert sorted(path.name for path in files(world.competition)) == before


def test_a_lost_array_leaves_the_table_as_it_was(world, bobs, alice):
    sent = world.good_patch(bobs)
    judge.judge_submission(sent.pk)
    before = sorted(path.name for path in files(world.competition))
    artifacts.artifact_store().local_path(sent.outcomes.get().arrays["mask"]["path"]).unlink()
    artifacts._arrays = artifacts.ArrayCache(1)
    with pytest.raises(PlatformFault):
        corrections.correct_table(world.competition, Correction(withdrawn=[1]), "twice", alice)
    assert read_afresh(world).generation == 1
    assert sorted(path.name for path in files(world.competition)) == before


def test_a_file_says_it_row_by_row():
    found = read_correction_csv(
        "row,unit,action,label\n3,,mend,yes\n4,,Withdraw,\n5,,delete,\n,Bob,delete,\n".encode("utf-8-sig")
    )
    assert found == Correction({3: "yes"}, (4,), (5,), ("Bob",)) and found.erases


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe", "not text in UTF-8"),
        (b"", "The columns are"),
        (b"row,label\n1,2\n", "expected are row or unit, action"),
        (b"row,action,label\n1,burn,2\n", "Line 2: the action is .burn.; it is mend, withdraw or delete"),
        (b"row,action,label\n0,mend,2\n", "Line 2: the row is .0.; it is a whole number from 1"),
        (b"row,action,label\n1,mend,\n", "Line 2: the label to mend row 1 by is missing"),
        (b"row,action,label\n1,withdraw,\n1,mend,2\n", "Line 3: row 1 was named before"),
        (b"unit,action\nBob,withdraw\n", "Line 2: a unit is deleted with all of its rows"),
        (b'row,action\n"1,withdraw\n', "not CSV"),
    ],
)
def test_a_file_that_cannot_be_read_names_its_line(content, problem):
    with pytest.raises(Refusal, match=problem):
        read_correction_csv(content)


def test_the_command_says_what_changed_and_where_it_cannot(world, alice, tmp_path, capsys):
    file = tmp_path / "corrections.csv"
    file.write_text("row,action,label\n1,withdraw,\n900,withdraw,\n")
    slug = world.competition.slug
    call_command("correct_table", slug, "--file", str(file), "--dry-run")
    assert "train: 1 withdrawn; 399 rows are left" in capsys.readouterr().out
    assert read_afresh(world).generation == 1
    call_command("correct_table", slug, "--file", str(file), "--reason", "drawn twice")
    assert "correction 1 is made" in capsys.readouterr().out
    file.write_text("row,action,label\n5000,withdraw,\n")
    with pytest.raises(CommandError, match="Row 5000 is none of"):
        call_command("correct_table", slug, "--file", str(file), "--reason", "drawn twice")
    with pytest.raises(CommandError, match="Say why"):
        file.write_text("row,action,label\n7,withdraw,\n")
        call_command("correct_table", slug, "--file", str(file))


def test_a_regression_takes_any_finite_number(alice):
    competition, _ = made(alice, "amount", "tree")
    origin = artifacts.read_array(competition.tables.origin["rows"])
    row = int(origin[0])
    corrections.correct_table(competition, Correction({row: "2.5"}), "misread", alice)
    assert artifacts.read_labels(competition, "train")[0] == 2.5
    assert artifacts.read_public_table(competition)["label"].iloc[0] == 2.5
    with pytest.raises(Refusal, match=f"Row {row}: the label is “inf”; expected is a finite number"):
        corrections.correct_table(competition, Correction({row: "inf"}), "misread", alice)
    verification.verify_competition(Competition.objects.get(pk=competition.pk))
