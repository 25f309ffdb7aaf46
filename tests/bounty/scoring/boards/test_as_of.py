"""The board of a day: what counted then, also where it was undone since."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bounty.adjudication import judge
from bounty.models import ModelVersion, Submission, TeamMember
from bounty.moderation import decisions
from bounty.scoring import leaderboard
from bounty.scoring.boards import as_of

pytestmark = pytest.mark.usefixtures("clock")
DAY = timedelta(days=1)


@pytest.fixture
def history(world, bobs, charlies) -> dict[str, Submission]:
    """Bob's patch was accepted three days ago, Charlie's an hour ago."""
    sent = {
        "bob": world.evaluated(bobs, "AGE < 6", world.patch(world.mask("AGE < 6"), 0.95)),
        "charlie": world.evaluated(
            charlies,
            "SEX == 'female' and AGE >= 60",
            world.patch(world.mask("SEX == 'female' and AGE >= 60"), 0.95),
        ),
    }
    ago = {"bob": 3 * DAY, "charlie": timedelta(hours=1)}
    world.competition.teams.update(created_at=timezone.now() - 9 * DAY)
    for name, submission in sent.items():
        at = timezone.now() - ago[name]
        Submission.objects.filter(pk=submission.pk).update(created_at=at)
        judge.judge_submission(submission.pk, at)
        submission.refresh_from_db()
        assert submission.state == "accepted"
        ModelVersion.objects.filter(submission=submission).update(created_at=at)
    return sent


def board(competition, ago: timedelta = timedelta()) -> dict[str, tuple[int | None, float | None, int]]:
    rows = as_of.ranked_rows_at(competition, timezone.now() - ago)
    return {row.team.name: (rank, row.points, row.accepted) for rank, row in rows}


def test_the_board_of_this_moment_is_the_board(competition, history):
    told = {
        row.team.name: (rank, row.points, row.accepted) for rank, row in leaderboard.ranked_rows(competition)
    }
    now = board(competition)
    assert {name: row[0] for name, row in now.items()} == {name: row[0] for name, row in told.items()}
    for name, (_rank, points, accepted) in told.items():
        assert now[name][1] == pytest.approx(points)
        assert now[name][2] == accepted


def test_what_came_later_is_not_on_the_board_of_a_day(competition, history):
    told = board(competition, 2 * DAY)
    assert told["Bob's Builders"][0] == 1
    assert told["Charlie's Angels"] == (None, None, 0)


def test_before_anything_was_accepted_nobody_has_points(competition, history):
    assert {row[1] for row in board(competition, 5 * DAY).values()} == {None}


def test_before_they_entered_there_are_no_teams(competition, history):
    assert board(competition, 10 * DAY) == {}


def test_what_was_disqualified_since_still_counted_then(competition, history, alice):
    before = board(competition, 2 * DAY)
    TeamMember.objects.filter(user=alice).delete()
    decisions.disqualify_submission(history["bob"], "copied", alice)
    competition.refresh_from_db()
    assert board(competition, 2 * DAY) == before
    assert board(competition)["Bob's Builders"][1] is None


def test_a_finding_that_was_undone_since_still_counted_then(world, bobs, alice):
    finding = world.evaluated(bobs, "AGE < 6")
    then = timezone.now() - DAY
    Submission.objects.filter(pk=finding.pk).update(created_at=then)
    world.competition.teams.update(created_at=then - DAY)
    judge.judge_submission(finding.pk, then)
    finding.refresh_from_db()
    assert finding.state == "worse"
    decisions.disqualify_submission(finding, "copied", alice)
    findings = {
        row.team.name: row.findings for _rank, row in as_of.ranked_rows_at(world.competition, then + DAY / 2)
    }
    assert findings["Bob's Builders"] == 1


# --- the page -------------------------------------------------------------------------------------------------------
def read(competition, query: str) -> str:
    return Client().get(f"/c/{competition.slug}/board/{query}").content.decode()


def test_the_page_of_a_day_says_which_day_it_is(competition, history):
    day = (timezone.now() - 2 * DAY).date()
    text = read(competition, f"?on={day.isoformat()}")
    assert f"Board of {day.day} " in text
    assert "As it stood at the end of that day" in text


@pytest.mark.parametrize("day", ["yesterday", "2026-13-40", "20261120x", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_said_or_empty_and_never_an_error(competition, history, day):
    response = Client().get(f"/c/{competition.slug}/board/", {"on": day})
    assert response.status_code == 200
    if not day.endswith("-31") and not day.startswith("0001"):
        assert "is no day" in response.content.decode()


def test_the_file_of_a_day_is_named_after_it(competition, history):
    day = (timezone.now() - 2 * DAY).date().isoformat()
    response = Client().get(f"/c/{competition.slug}/board.csv", {"on": day})
    assert f"board-{day}.csv" in response["Content-Disposition"]
    assert "Charlie" in response.content.decode()


def test_a_day_ends_at_midnight():
    assert as_of.end_of_day(date(2026, 11, 20)).isoformat() == "2026-11-20T23:59:59.999999+00:00"
