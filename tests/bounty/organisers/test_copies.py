"""A copy keeps nothing secret that was public, opened or told of in the competition that it copies."""

from __future__ import annotations

import numpy as np
import pytest

from bounty.core import artifacts
from bounty.models import CertificationBlock, Competition, CompetitionDraft, Submission, Verdict
from bounty.organisers import drafts, known_rows, rehearsal
from tests.bounty.organisers.organiser import HOLDOUT, Organiser, address_of, csv
from tests.people_table import people
from tests.world import new_team

SECRET = ("practice", "certification-1", "final")


@pytest.fixture
def opened(organiser, made) -> Competition:
    organiser.press(address_of(made, "phase/"), do="open")
    made.refresh_from_db()
    return made


def people_of(competition: Competition, *splits: str) -> set[str]:
    """Names of the people whose rows are in these splits."""
    rows = artifacts.read_array(competition.tables.origin["rows"]) - 1
    names = people()["person"].to_numpy()
    return {str(name) for split in splits for name in names[rows[competition.layout.rows_of(split)]]}


def copy_of(organiser: Organiser, competition: Competition) -> CompetitionDraft:
    organiser.client.post(address_of(competition, "copy/"))
    return CompetitionDraft.objects.filter(source=competition).latest("created_at")


def told_verdict(competition: Competition, bob) -> None:
    team = new_team(competition, bob, "Bob's Builders")
    submission = Submission.objects.create(
        competition=competition,
        team=team,
        author=bob,
        number=1,
        group_kind="expression",
        expression="age > 60",
        patch_kind="none",
        state="not_shown",
    )
    Verdict.objects.create(submission=submission, practice={"rows": 30}, sentence="Not shown yet.")


def test_what_was_public_is_never_secret_in_a_copy(organiser, opened):
    other = organiser.make(copy_of(organiser, opened))
    assert other.copied_from == opened
    assert not people_of(opened, "train", "explore") & people_of(other, *SECRET)


def test_a_competition_that_was_never_opened_told_nobody_anything(organiser, made):
    assert known_rows.known_rows(copy_of(organiser, made)) is None


def test_rows_that_verdicts_told_of_are_refused_in_one_sentence_that_names_how_many(organiser, opened, bob):
    told_verdict(opened, bob)
    copied = copy_of(organiser, opened)
    page = organiser.client.post(
        organiser.address(copied, "holdout"), {**HOLDOUT, "do": "next"}
    ).content.decode()
    assert "only 210 are known to nobody" in page
    made = organiser.make(copied)
    copied.refresh_from_db()
    assert made is None and "only 210 are known to nobody" in copied.problem
    assert copied.problem_step == "holdout"


def test_a_smaller_copy_keeps_secret_what_nobody_was_told_of(organiser, opened, bob):
    told_verdict(opened, bob)
    copied = copy_of(organiser, opened)
    sizes = {"train": "55", "explore": "15", "practice": "10", "certification": "15", "final": "5"}
    organiser.post(copied, "holdout", HOLDOUT | sizes)
    copied.refresh_from_db()
    other = organiser.make(copied)
    told = people_of(opened, "train", "explore", "practice")
    assert other is not None and not told & people_of(other, *SECRET)


@pytest.mark.parametrize("change", [{"queries": 1}, {"state": CertificationBlock.State.RETIRED}])
def test_a_block_is_told_of_by_its_first_query_and_by_its_bounds(opened, change):
    assert known_rows.told_splits(opened) == ["train", "explore"]
    opened.blocks.update(**change)
    assert known_rows.told_splits(opened) == ["train", "explore", "certification-1"]


def test_after_the_close_everything_is_told_of_for_practice_goes_on(organiser, opened):
    organiser.press(address_of(opened, "close/"))
    opened.refresh_from_db()
    splits = ["train", "explore", "practice", "certification-1", "final"]
    assert known_rows.told_splits(opened) == splits


def test_a_rehearsal_s_public_rows_stay_public_and_the_rest_is_drawn_anew(organiser, opened, bob):
    told_verdict(opened, bob)
    Competition.objects.filter(pk=opened.pk).update(rehearsal=True)
    opened.refresh_from_db()
    real = organiser.make(rehearsal.start_for_real(opened, organiser.user))
    assert not people_of(opened, "train", "explore") & people_of(real, *SECRET)


def test_a_copy_of_a_copy_remembers_the_first_one(organiser, opened):
    other = organiser.make(copy_of(organiser, opened))
    third = drafts.copy_competition(other, organiser.user)
    known = known_rows.known_rows(third)
    told = people_of(opened, "train", "explore")
    assert known is not None and told <= set(people()["person"][known])


def test_another_table_is_searched_for_the_same_people(organiser, opened):
    copied = copy_of(organiser, opened)
    mixed = people(seed=1).iloc[::-1].reset_index(drop=True)
    organiser.post(copied, "table", {"table": csv(mixed)}, "upload")
    copied.refresh_from_db()
    known = known_rows.known_rows(copied)
    assert known is not None
    assert set(mixed["person"][known]) == people_of(opened, "train", "explore")


def test_without_units_the_same_rows_are_found_among_others(organiser, draft):
    organiser.fill(draft, target={"unit": ""})
    made = organiser.make(draft)
    Competition.objects.filter(pk=made.pk).update(status="open")
    made.refresh_from_db()
    copied = copy_of(organiser, made)
    grown = people(seed=5).iloc[:300]
    mixed = np.random.default_rng(0).permutation(1200)
    frame = type(grown)({name: [*people()[name], *grown[name]] for name in grown.columns}).iloc[mixed]
    organiser.post(copied, "table", {"table": csv(frame.reset_index(drop=True))}, "upload")
    copied.refresh_from_db()
    known = known_rows.known_rows(copied)
    rows = artifacts.read_array(made.tables.origin["rows"])[: made.layout.public] - 1
    assert known is not None
    assert set(mixed[known]) == set(rows.tolist())


def test_a_corrected_table_does_not_come_along(organiser, opened):
    opened.tables_json = {**opened.tables_json, "correction": 1}
    opened.save()
    assert copy_of(organiser, opened).table is None
