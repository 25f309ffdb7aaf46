"""Shapley values over a competition's teams: what is replayed, what is kept, and who sees it when."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from bounty.adjudication import close, judge
from bounty.models import ModelVersion, TeamAnalysis
from bounty.scoring import credits, shapley
from tests.world import CHILDREN, OLD_WOMEN

TITLE = "What the model owes to whom"


@pytest.fixture
def played(world, bobs, charlies):
    judge.judge_submission(world.good_patch(bobs, CHILDREN).pk)
    judge.judge_submission(world.good_patch(charlies, OLD_WOMEN).pk)
    return world.competition


def run(competition, *options: str) -> str:
    out = StringIO()
    call_command("shapley", competition.slug, *options, stdout=out)
    return out.getvalue()


def board(competition, person=None) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.get(f"/c/{competition.slug}/board/").content.decode()


def test_patches_on_separate_groups_are_worth_their_points(played, bobs, charlies):
    text = run(played)
    for each in shapley.list_contributions(TeamAnalysis.objects.get()):
        assert each.value == pytest.approx(each.points)
    assert "practice rows, version 2" in text and "exact" in text


def test_the_values_add_up_to_what_the_model_improved_on_final_rows(played):
    close.close_competition(played, timezone.now())
    run(played)
    kept = TeamAnalysis.objects.get()
    versions = list(played.versions.order_by("number"))
    assert kept.final
    total = sum(each.value for each in kept.shapley.values.values())
    assert total == pytest.approx(credits.measure_improvement(versions[-1], versions[0], final=True))


def test_a_second_run_replaces_the_first(played):
    run(played)
    run(played, "--seed", "3", "--permutations", "9")
    assert TeamAnalysis.objects.get().shapley.seed == 3


def test_while_open_only_organisers_see_it(played, alice, bob):
    run(played)
    assert TITLE in board(played, alice)
    for person in (None, bob):
        assert TITLE not in board(played, person)


def test_after_the_close_everybody_sees_it_and_that_it_is_no_score(played):
    close.close_competition(played, timezone.now())
    run(played)
    text = board(played)
    assert TITLE in text
    assert "An analysis, not the score" in text
    assert "final rows" in text


def test_an_analysis_of_practice_rows_is_not_shown_as_the_final_one(played):
    run(played)
    close.close_competition(played, timezone.now())
    assert TITLE not in board(played)


def test_an_analysis_of_an_older_version_is_shown_to_nobody(played, alice, bobs, world):
    run(played)
    judge.judge_submission(world.good_patch(bobs, "AGE < 12", seed=5).pk)
    TeamAnalysis.objects.update(head_number=1)
    assert TITLE not in board(played, alice)


def test_nothing_is_computed_where_nothing_was_accepted(competition):
    with pytest.raises(CommandError, match="No patch was accepted yet"):
        run(competition)


def test_a_competition_that_is_not_there_is_named(db):
    with pytest.raises(CommandError, match="no competition 'nowhere'"):
        call_command("shapley", "nowhere")


def test_a_single_order_is_refused(played):
    with pytest.raises(CommandError, match="at least 2"):
        run(played, "--permutations", "1")


def test_values_that_do_not_add_up_to_the_stored_head_are_not_kept(played):
    _, first, last = played.versions.order_by("number")
    ModelVersion.objects.filter(pk=last.pk).update(predictions=first.predictions)
    with pytest.raises(CommandError, match="the stored list is not what its arrays say"):
        run(played)
    assert not TeamAnalysis.objects.exists()


def test_final_rows_are_not_weighed_before_the_close(played):
    with pytest.raises(PermissionError):
        credits.row_weights(played, final=True)
