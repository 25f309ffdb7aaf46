"""The model's page: its story, its ladder, open harms, and who may take it home."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from bounty.charts.losses import LossPoint, draw_losses
from bounty.core.measures import MeasuredLoss, scale_of, wilson_interval
from bounty.models import Competition
from bounty.shared_model import model_file
from bounty.shared_model.open_findings import measure_harms
from bounty.shared_model.summary import practice_sample
from evaluator.losses import Loss
from tests.competition_history import DECLARED, add_finding, write_history
from tests.world import World, new_team


@pytest.fixture
def told(make, bob, charlie) -> World:
    world = make(declared=DECLARED)
    teams = [
        new_team(world.competition, bob, "Bob's Builders"),
        new_team(world.competition, charlie, "Charlie"),
    ]
    write_history(world, teams)
    return world


def read(competition, person=None) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.get(f"/c/{competition.slug}/model/").content.decode()


def test_the_ladder_goes_from_the_newest_rung_to_the_base_model(told):
    text = read(told.competition)
    ladder = text[text.index('class="ladder goes-on"') :]
    kinds = re.findall(r'<li class="(update|repair|base)" id', ladder)
    assert kinds == ["update", "update", "update", "base"]
    assert re.findall(r'id="version-(\d)"', ladder) == ["3", "2", "1", "0"]


def test_a_repair_names_the_version_that_it_goes_back_to(told):
    text = read(told.competition)
    assert 'small children <a href="#version-2">back to version 2</a>' in text


def test_groups_are_told_in_words_with_the_expression_under_them(told):
    text = read(told.competition)
    assert "people with age under 6" in text
    assert '<code class="expression">AGE &lt; 6</code>' in text


def test_an_accepted_group_is_compared_with_the_base_model(told):
    wrong = (told.base != told.y)[told.layout.rows_of("practice")]
    mask = told.mask("AGE < 12 and VISITS > 2")[told.layout.rows_of("practice")]
    assert f"{100 * wrong[mask].mean():.1f}%" in read(told.competition)


def test_a_base_model_without_patches_has_a_page(competition):
    text = read(competition)
    assert "still the base model" in text
    assert "everybody who is left" in text


def test_the_story_tells_each_accepted_patch_and_its_repairs(told):
    text = read(told.competition)
    assert text.count('class="state accepted"') == 3
    assert "1 repair kept other groups from losing" in text


# --- open harms -------------------------------------------------------------------------------------------
def test_a_finding_that_is_not_fixed_is_still_open(world, bobs):
    add_finding(world, bobs, "AGE < 6")
    found = measure_harms(
        world.competition, world.competition.head(), list(world.competition.submissions.all())
    )
    assert [harm.is_open for harm in found] == [True]
    assert "Still open" in read(world.competition)
    assert "Everybody else" in read(world.competition)


def test_a_finding_that_a_patch_put_right_is_open_no_more(make, bob):
    world = make(declared=DECLARED)
    team = new_team(world.competition, bob, "Bob")
    write_history(world, [team], patches=1)
    finding = add_finding(world, team, "AGE < 6 and VISITS < 100")
    found = measure_harms(world.competition, world.competition.head(), [finding])
    assert [harm.is_open for harm in found] == [False]


def test_a_finding_without_its_arrays_is_left_out(world, bobs):
    finding = world.submission(bobs, state="confirmed")
    assert measure_harms(world.competition, world.competition.head(), [finding]) == []


# --- the download -----------------------------------------------------------------------------------------
@pytest.fixture
def built(monkeypatch, tmp_path) -> Path:
    path = tmp_path / "model.zip"
    path.write_bytes(b"a model")
    monkeypatch.setattr(model_file, "build_model_file", lambda version: path)
    return path


def download(competition, person=None) -> tuple[int, bytes]:
    """Status and content; reading it to the end closes the file."""
    client = Client()
    if person is not None:
        client.force_login(person)
    answer = client.get(f"/c/{competition.slug}/model/download/")
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, content


def test_the_organiser_downloads_the_model_at_any_time(competition, alice, built):
    assert download(competition, alice) == (200, b"a model")


def test_a_participant_is_refused_while_the_model_is_the_organisers(competition, bob, bobs, built):
    assert download(competition, bob)[0] == 403
    assert "Download the model" not in read(competition, bob)


def test_anybody_downloads_an_open_model(make, built):
    assert download(make(open_model=True).competition)[0] == 200


def test_anybody_downloads_the_model_after_the_close(make, built):
    assert download(make(status=Competition.Status.CLOSED).competition)[0] == 200


# --- figures ----------------------------------------------------------------------------------------------
def test_an_interval_holds_its_mean_and_narrows_with_more_rows():
    few, many = wilson_interval(0.2, 50), wilson_interval(0.2, 5000)
    assert few[0] < many[0] < 0.2 < many[1] < few[1]


def test_an_interval_over_no_rows_says_nothing():
    assert wilson_interval(0.0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("before", "after", "words"), [
    (0.42, 0.31, "11.0 points lower"), (0.31, 0.32, "1.0 point higher"), (0.31, 0.31002, "unchanged"),
])  # fmt: skip
def test_a_change_has_a_size_a_unit_and_a_direction(before, after, words):
    assert scale_of(Loss("zero_one")).describe_change(before, after) == words


def test_rows_of_one_person_widen_the_interval(competition):
    scale = scale_of(competition.loss)
    by_row = MeasuredLoss(0.3, 800, scale, independent=800).bounds
    by_person = MeasuredLoss(0.3, 800, scale, independent=200).bounds
    assert by_person[0] < by_row[0]


def test_units_are_counted_from_the_practice_rows(competition):
    sample = practice_sample(competition)
    assert sample.rows == 800
    assert sample.independent == 1.0


def test_a_chart_has_colours_of_the_style_sheet_and_no_script():
    points = [LossPoint(n, 0.4 - 0.05 * n, 0.3, 0.45, explore=0.42 - 0.05 * n) for n in range(3)]
    drawing = draw_losses(points, scale_of(Loss("zero_one")))
    assert "var(--accent)" in drawing.wide
    assert drawing.wide != drawing.narrow
    for forbidden in ("<script", "style=", "<style", "onclick"):
        assert forbidden not in drawing.html
    assert "from 40.0% to 30.0%" in drawing.label
