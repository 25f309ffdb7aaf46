"""Ranking: ties and missing values, once."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from bounty.adjudication import judge
from bounty.core import artifacts
from bounty.models import BoardRow, Credit
from bounty.scoring import leaderboard
from bounty.scoring.leaderboard import Standing, rank_standings

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def places(*standings: Standing) -> list[tuple[int | None, str]]:
    return [(ranked.rank, ranked.standing.name) for ranked in rank_standings(standings)]


def test_more_points_come_first():
    assert places(Standing("a", 1.0, EARLY), Standing("b", 2.0, LATE)) == [(1, "b"), (2, "a")]


def test_of_a_tie_the_earlier_one_wins():
    assert places(Standing("a", 1.0, LATE), Standing("b", 1.0, EARLY)) == [(1, "b"), (2, "a")]


def test_a_full_tie_shares_the_place_and_skips_the_next():
    tied = [Standing(name, 1.0, EARLY) for name in "ba"]
    assert places(*tied, Standing("c", 0.5, EARLY)) == [(1, "a"), (1, "b"), (3, "c")]


def test_nothing_is_never_ranked_above_a_number_even_a_negative_one():
    assert places(Standing("a", None, None), Standing("b", -3.0, EARLY)) == [(1, "b"), (None, "a")]


def test_zero_points_are_ranked_and_no_points_are_not():
    assert places(Standing("a", None, None), Standing("b", 0.0, EARLY)) == [(1, "b"), (None, "a")]


def test_the_order_of_arrival_does_not_matter():
    standings = [Standing(str(i), random.Random(i).choice([None, 0.0, 1.0]), EARLY) for i in range(20)]
    shuffled = random.Random(0).sample(standings, len(standings))
    assert places(*standings) == places(*shuffled)


def test_the_board_s_rows_come_in_the_order_of_the_ranking(world, bobs, charlies):
    BoardRow.objects.create(competition=world.competition, team=bobs, points=None)
    BoardRow.objects.create(competition=world.competition, team=charlies, points=-1.0, reached_at=EARLY)
    ranked = leaderboard.ranked_rows(world.competition)
    assert [(place, row.team) for place, row in ranked] == [(1, charlies), (None, bobs)]


def test_a_refresh_that_changes_nothing_keeps_the_time_of_arrival(world, bobs):
    leaderboard.refresh_board(world.competition, None, EARLY)
    row = BoardRow.objects.get(team=bobs)
    assert (row.points, row.reached_at) == (None, None)
    BoardRow.objects.update(points=None, reached_at=EARLY)
    leaderboard.refresh_board(world.competition, None, LATE)
    assert BoardRow.objects.get(team=bobs).reached_at == EARLY


def test_a_refresh_of_some_teams_leaves_the_others(world, bobs, charlies):
    leaderboard.refresh_board(world.competition, [bobs.pk], EARLY)
    assert list(BoardRow.objects.values_list("team", flat=True)) == [bobs.pk]


@pytest.fixture
def judged(world, bobs, django_capture_on_commit_callbacks):
    mask = world.mask("AGE < 6")
    with django_capture_on_commit_callbacks(execute=True):
        judge.judge_submission(world.evaluated(bobs, mask, world.patch(mask)).pk)
    return world


def test_provisional_points_have_an_interval_once_the_verdict_is_committed(judged, bobs):
    row = BoardRow.objects.get(team=bobs)
    assert not row.final
    assert 0 < row.points_low < row.points < row.points_high


def test_an_interval_does_not_outlive_the_points_it_was_computed_for(judged, bobs):
    Credit.objects.update(points=5.0)
    leaderboard.refresh_board(judged.competition, None, LATE)
    row = BoardRow.objects.get(team=bobs)
    assert (row.points, row.points_low, row.points_high) == (5.0, None, None)


def test_points_that_moved_meanwhile_keep_no_older_interval(judged, bobs, monkeypatch):
    BoardRow.objects.update(points_low=None, points_high=None)

    def slow(*args, **kwargs):
        BoardRow.objects.update(points=1.0)
        return {bobs.pk: (0.0, 2.0)}

    monkeypatch.setattr(leaderboard, "points_intervals", slow)
    leaderboard.write_provisional_intervals(judged.competition.pk)
    assert BoardRow.objects.get(team=bobs).points_low is None


def test_a_lost_array_costs_the_interval_and_nothing_else(judged, bobs, settings, tmp_path, monkeypatch):
    BoardRow.objects.update(points_low=None, points_high=None)
    monkeypatch.setattr(artifacts, "_arrays", artifacts.ArrayCache(0))
    settings.ARTIFACTS = tmp_path / "elsewhere"
    leaderboard.write_provisional_intervals(judged.competition.pk)
    row = BoardRow.objects.get(team=bobs)
    assert row.points > 0 and row.points_low is None
