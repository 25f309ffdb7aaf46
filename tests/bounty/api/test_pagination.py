"""Lists in parts: nothing twice, nothing left out, whatever arrives meanwhile."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty.models import BoardRow, Submission
from bounty.scoring import leaderboard
from tests.bounty.api.script import pointers, problem
from tests.world import new_team, new_user


def walk(reader, address, limit, between=lambda: None):
    """Every item of the list, part by part; `between` happens after each part."""
    found, cursor = [], None
    while True:
        joint = "&" if "?" in address else "?"
        told = reader.get(f"{address}{joint}limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        found += told["items"]
        cursor = told["next"]
        if cursor is None:
            return found
        assert len(told["items"]) == limit
        between()


def test_what_arrives_meanwhile_shifts_nothing(script, world, bob, bobs):
    sent = [world.submission(bobs).number for _ in range(7)]
    found = walk(script(bob), "/submissions", 2, between=lambda: world.submission(bobs))
    assert [row["number"] for row in found] == sent[::-1]


def test_what_is_gone_meanwhile_leaves_no_gap(script, world, bob, bobs):
    numbers = [world.submission(bobs).number for _ in range(6)]

    def take_one_that_was_read():
        Submission.objects.order_by("-number").first().delete()

    found = walk(script(bob), "/submissions", 2, between=take_one_that_was_read)
    assert [row["number"] for row in found] == numbers[::-1]


def test_findings_of_the_same_moment_are_all_told(script, world, bobs):
    now = timezone.now()
    for _ in range(5):
        world.submission(bobs, state="confirmed", patch_kind="none", decided_at=now)
    assert len({finding["id"] for finding in walk(script(), "/findings", 2)}) == 5


def test_the_board_comes_in_parts_ties_and_all(script, competition):
    for number in range(7):
        team = new_team(competition, new_user(f"u{number}"), f"Team {number}")
        BoardRow.objects.create(
            competition=competition, team=team, points=None if number > 4 else float(number // 2),
        )  # fmt: skip
    found = walk(script(), "/board", 3)
    ranked = leaderboard.ranked_rows(competition)
    assert [(row["rank"], row["team"]) for row in found] == [(rank, row.team.name) for rank, row in ranked]


def test_the_filter_is_kept_from_part_to_part(script, world, bob, bobs):
    for state in ("failed", "not_shown", "failed", "failed"):
        world.submission(bobs, state=state)
    assert len(walk(script(bob), "/submissions?state=failed", 2)) == 3


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "x" * 499, "%00"])
def test_a_cursor_of_ones_own_making_is_refused(script, cursor):
    told = problem(script().get(f"/findings?cursor={cursor}"), 422)
    assert pointers(told) == ["cursor"] and "begin at the start" in told["detail"]


def test_a_cursor_of_another_list_is_refused(script, world, bob, bobs):
    for _ in range(3):
        world.submission(bobs)
    cursor = script(bob).get("/submissions?limit=1").json()["next"]
    problem(script().get(f"/board?cursor={cursor}"), 422)


@pytest.mark.parametrize("limit", ["0", "101", "many", "-1"])
def test_a_part_has_its_limits(script, limit):
    assert pointers(problem(script().get(f"/board?limit={limit}"), 422)) == ["limit"]
