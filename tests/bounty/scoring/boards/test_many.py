"""Five hundred teams and many submissions: no page asks a query for each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bounty.hash_chain import log
from bounty.models import BoardRow, ModelVersion
from bounty.scoring.boards import over_time
from bounty.shared_model import queries as asks
from tests.competition_history import DECLARED, add_many_rows, write_history
from tests.world import World, new_team

PAGES = [
    "board/", "board/?all=1", "board/?groups=all", "board/?on=2999-01-01", "board/findings/", "pictures/", "model/",
    "board/for/?group=column:SEX", "board.csv", "board/columns.csv", "board/findings.csv",
    "teams/bobs-builders/",
]  # fmt: skip


@pytest.fixture
def told(make, bob, charlie) -> World:
    world = make(declared=DECLARED)
    teams = [
        new_team(world.competition, bob, "Bob's Builders"),
        new_team(world.competition, charlie, "Charlie"),
    ]
    write_history(world, teams)
    return world


def queries(competition, page: str) -> int:
    Client().get(f"/c/{competition.slug}/{page}")
    with CaptureQueriesContext(connection) as asked:
        response = Client().get(f"/c/{competition.slug}/{page}")
    assert response.status_code == 200
    return len(asked)


@pytest.mark.parametrize("page", PAGES)
def test_many_teams_and_submissions_ask_no_more_queries(told, page):
    few = queries(told.competition, page)
    add_many_rows(told, teams=60, submissions=300, findings=5)
    assert queries(told.competition, page) <= few
    assert few <= 16


def test_a_long_list_of_versions_asks_no_more_queries(make, bob):
    world = make(declared=DECLARED)
    write_history(world, [new_team(world.competition, bob, "Bob's Builders")], patches=3)
    few = queries(world.competition, "model/")
    other = make(declared=DECLARED)
    write_history(other, [new_team(other.competition, bob, "Bob's Builders")], patches=60)
    assert queries(other.competition, "model/") <= few


# --- a page at a time -------------------------------------------------------------------------------------------------
def board(competition, query: str = "", person=None) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.get(f"/c/{competition.slug}/board/{query}").content.decode()


def test_a_page_holds_fifty_and_the_link_all(told):
    add_many_rows(told, teams=60, submissions=60, findings=0)
    text = board(told.competition)
    assert text.count('<th scope="row"><a') == 50
    assert "All 62 on one page" in text
    assert board(told.competition, "?all=1").count('<th scope="row"><a') == 62


def test_ones_own_team_stands_under_a_page_that_it_is_not_on(told, bob):
    add_many_rows(told, teams=60, submissions=0, findings=0)
    BoardRow.objects.filter(team__slug="bobs-builders").update(points=-5.0)
    text = board(told.competition, person=bob)
    assert text.count('class="mine"') == 1
    assert 'class="apart"' in text


def test_a_team_is_found_by_a_part_of_its_name(told):
    add_many_rows(told, teams=60, submissions=0, findings=0)
    text = board(told.competition, "?team=TEAM 5")
    assert text.count('<th scope="row"><a') == 11  # Team 5, and 50 to 59
    assert "No team’s name" in board(told.competition, "?team=<b>nobody")
    assert "<b>nobody" not in board(told.competition, "?team=<b>nobody")


@pytest.mark.parametrize("page", ["0", "-1", "999", "x", ""])
def test_a_page_that_is_none_is_the_first_or_the_last(told, page):
    add_many_rows(told, teams=60, submissions=0, findings=0)
    assert Client().get(f"/c/{told.competition.slug}/board/", {"page": page}).status_code == 200


# --- a long ladder ----------------------------------------------------------------------------------------------------
def test_an_old_version_is_folded_and_a_repair_points_to_it(make, bob):
    world = make(declared=DECLARED)
    write_history(world, [new_team(world.competition, bob, "Bob's Builders")], patches=60)
    text = Client().get(f"/c/{world.competition.slug}/model/").content.decode()
    assert "The whole ladder of 60 versions" in text
    assert 'id="version-51"' in text
    assert 'id="version-50"' not in text
    whole = Client().get(f"/c/{world.competition.slug}/model/?all=ladder").content.decode()
    assert whole.count('class="flight"') == 2
    assert "Versions 26 to 50" in whole
    assert 'small children <a href="#version-2">back to version 2</a>' in whole


def test_the_last_version_alone_is_read_in_full(told):
    versions = asks.present_versions(told.competition)
    assert [version.node_count for version in versions] == [
        len(version.nodes_json) for version in ModelVersion.objects.order_by("number")
    ]
    assert {"nodes_json", "groups"} <= versions[1].get_deferred_fields()


# --- places over versions ---------------------------------------------------------------------------------------------
def test_places_follow_the_running_points():
    places = over_time.places_by_version({1: [0.0, 5.0, 5.0], 2: [0.0, 0.0, 9.0]})
    assert places == {1: (None, 1, 2), 2: (None, None, 1)}


def test_a_tie_goes_to_who_was_there_first():
    assert over_time.places_by_version({1: [0.0, 0.0, 5.0], 2: [0.0, 5.0, 5.0]})[2] == (None, 1, 1)


def test_a_team_below_zero_has_a_place_behind_all_others():
    assert over_time.places_by_version({1: [0.0, -2.0], 2: [0.0, 1.0]})[1] == (None, 2)


# --- what is kept -----------------------------------------------------------------------------------------------------
@pytest.fixture
def chained(told) -> World:
    log.start_chain(told.competition)
    return told


def test_a_page_is_rendered_once_until_something_moves(chained, bob):
    competition = chained.competition
    assert "Bob&#x27;s Builders" in board(competition)
    BoardRow.objects.filter(team__slug="charlie").update(points=777.0)
    assert "777.0" not in board(competition)
    log.append_entry(competition, "verdict", {})
    assert "777.0" in board(competition)


def test_what_a_moderator_hides_is_gone_at_once(chained):
    competition = chained.competition
    path = f"/c/{competition.slug}/model/"
    assert "visits over 5" in Client().get(path).content.decode()
    competition.submissions.filter(state="confirmed").update(embargo_until=timezone.now() + timedelta(days=2))
    assert "visits over 5" not in Client().get(path).content.decode()


def test_readers_of_different_teams_have_different_boards(chained, bob, charlie):
    for person, name in ((bob, "Bob&#x27;s Builders"), (charlie, "Charlie"), (bob, "Bob&#x27;s Builders")):
        row = board(chained.competition, person=person).partition('class="mine"')[2].partition("</tr>")[0]
        assert name in row
    assert 'class="mine"' not in board(chained.competition)


def test_who_may_not_download_is_not_shown_what_the_organiser_was(chained, alice, bob):
    path = f"/c/{chained.competition.slug}/model/"
    client = Client()
    client.force_login(alice)
    assert "Download the model" in client.get(path).content.decode()
    client.force_login(bob)
    assert "Download the model" not in client.get(path).content.decode()


def test_what_somebody_typed_is_shown_to_nobody_else(chained):
    board(chained.competition, "?made=up<b>&page=1")
    assert "made" not in board(chained.competition, "?page=1")
    assert "nobody-of-that-name" not in board(chained.competition)
