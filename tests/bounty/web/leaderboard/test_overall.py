"""The board: ranks, nulls, the reader's own row, and what is said of points."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bounty.charts import draw_sparkline
from bounty.models import BoardRow
from bounty.scoring.boards.columns import column_heatmap
from tests.competition_history import DECLARED, refresh_board, write_history
from tests.world import new_team, new_user


@pytest.fixture
def teams(competition):
    return {
        name: new_team(competition, new_user(name), name.title()) for name in ("ada", "ben", "cleo", "dan")
    }


def put(team, points, minutes=0, **fields):
    at = timezone.now() + timedelta(minutes=minutes)
    return BoardRow.objects.create(
        competition=team.competition, team=team, points=points, reached_at=at, **fields
    )


def board(competition, person=None) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.get(f"/c/{competition.slug}/board/").content.decode()


def order(text: str) -> list[str]:
    body = text[text.index("<tbody>") :]
    return re.findall(r"<th scope=\"row\"><a [^>]*>([^<]+)</a>", body)


def test_more_points_rank_higher_and_the_earlier_wins_a_tie(competition, teams):
    put(teams["ada"], 10.0, minutes=5)
    put(teams["ben"], 10.0, minutes=1)
    put(teams["cleo"], 30.0)
    assert order(board(competition)) == ["Cleo", "Ben", "Ada"]


def test_teams_that_tie_in_points_and_time_share_a_place(competition, teams):
    tied = timezone.now()
    for name in ("ada", "ben"):
        row = put(teams[name], 10.0)
        BoardRow.objects.filter(pk=row.pk).update(reached_at=tied)
    put(teams["cleo"], 5.0)
    text = board(competition)
    ranks = re.findall(r"<tr[^>]*>\s*<td class=\"number\">([^<]+)</td>", text[text.index("<tbody>") :])
    assert ranks == ["1", "1", "3"]


def test_a_team_without_points_stands_below_a_negative_one_and_has_no_rank(competition, teams):
    put(teams["ada"], None)
    put(teams["ben"], -4.0)
    text = board(competition)
    assert order(text) == ["Ben", "Ada"]
    ranks = re.findall(r"<tr[^>]*>\s*<td class=\"number\">([^<]+)</td>", text[text.index("<tbody>") :])
    assert ranks == ["1", "–"]


def test_points_are_said_to_be_provisional_while_open(competition, teams):
    put(teams["ada"], 3.0)
    assert "Points, provisional" in board(competition)


def test_final_points_come_with_their_interval(competition, teams):
    put(teams["ada"], 3.0, final=True, points_low=1.5, points_high=4.5)
    text = board(competition)
    assert "Points, final" in text
    assert "1.5 to 4.5" in text


def test_the_readers_own_row_is_marked(competition, teams):
    put(teams["ada"], 3.0)
    put(teams["ben"], 2.0)
    text = board(competition, teams["ben"].members.get().user)
    assert text.count('class="mine"') == 1
    assert "your team" in text


def test_an_empty_board_says_what_would_fill_it(competition):
    assert "Teams appear here with their first submission" in board(competition)


def test_the_heat_map_counts_accepted_groups_by_their_columns(make, bob, charlie):
    world = make(declared=DECLARED)
    teams = [new_team(world.competition, bob, "Bob"), new_team(world.competition, charlie, "Charlie")]
    write_history(world, teams)
    refresh_board(world.competition, teams)
    assert "The same numbers as a table" in board(world.competition)


def test_a_group_that_only_code_describes_has_no_column(world, bobs):
    world.submission(bobs, expression="", group_kind="python", state="accepted")
    assert column_heatmap(world.competition, everything=False).columns == ()


def test_the_strongest_cell_has_the_strongest_shade(world, bobs, charlies):
    for _ in range(4):
        world.submission(bobs, expression="AGE < 5", state="accepted")
    world.submission(charlies, expression="SEX == 'male'", state="confirmed")
    heat = column_heatmap(world.competition, everything=False)
    assert [cell.level for cell in heat.cells[bobs.pk]] == [4, 0]
    assert [cell.level for cell in heat.cells[charlies.pk]] == [0, 2]


def test_what_was_not_accepted_is_on_the_map_of_all_groups_alone(competition, bobs, world):
    put(bobs, None)
    world.submission(bobs, expression="INCOME > 5", state="not_shown")
    assert "Nothing that names a column was accepted" in board(competition)
    whole = Client().get(f"/c/{competition.slug}/board/?groups=all").content.decode()
    assert '<th scope="col" class="number" title="income">INCOME</th>' in whole


@pytest.mark.parametrize("fields", [{"state": "refused"}, {"state": "withdrawn"}, {"hold": "held"}])
def test_what_is_held_refused_or_taken_back_is_on_no_map(competition, bobs, world, fields):
    world.submission(bobs, expression="INCOME > 5", **fields)
    assert column_heatmap(competition, everything=True).columns == ()


def test_an_expression_that_cannot_be_read_leaves_the_map_as_it_is(competition, bobs, world):
    world.submission(bobs, expression="import os", state="failed")
    assert column_heatmap(competition, everything=True).cells == {}


def test_one_value_draws_no_line():
    assert draw_sparkline([3.0], "points") == ""
