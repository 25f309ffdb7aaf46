"""What pages weigh and how many queries they ask, with few and with many people: nothing grows by the row."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bounty.discussion import write
from bounty.models import Submission, Thread, Verdict
from tests.competition_history import DECLARED, add_many_rows, write_history
from tests.world import World, new_team, new_user

MOST_BYTES = 150 * 1024
LINKED = re.compile(r'(?:href|src)="/static/([^"]+\.(?:css|js))"')
SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
PUBLIC = [
    "",
    "board/",
    "model/",
    "board/findings/",
    "pictures/",
    "explore/",
    "discussion/",
    "rules/",
    "data/",
]
# The most queries that a page may ask of its reader; measured, and a few to spare for what is yet to come.
MOST_QUERIES = {
    "": 17,  # the block's ledger is its string of answers
    "board/": 12,
    "model/": 12,
    "board/findings/": 12,
    "pictures/": 14,
    "submissions/": 12,
}


@pytest.fixture
def told(make, bob, charlie) -> World:
    world = make(declared=DECLARED)
    teams = [new_team(world.competition, bob, "Bob's Builders"), new_team(world.competition, charlie, "C")]
    write_history(world, teams)
    return world


def crowd(world: World, bob) -> None:
    """Sixty teams, three hundred submissions, a full page of Bob's own, thirty threads."""
    add_many_rows(world, teams=60, submissions=300, findings=5)
    team, first = bob.memberships.get().team, world.competition.submissions.count() + 1
    made = Submission.objects.bulk_create(
        Submission(
            competition=world.competition, team=team, author=bob, number=first + n, group_kind="expression",
            expression=f"AGE < {n}", words=f"age is below {n}", patch_kind="fit", state="not_shown",
        )
        for n in range(30)
    )  # fmt: skip
    Verdict.objects.bulk_create(Verdict(submission=s, sentence="Not shown yet.") for s in made)
    for n in range(30):
        thread = write.start_thread(
            world.competition, Thread.Kind.QUESTION, f"Why {n}?", "Why?", new_user(f"w{n}")
        )
        Thread.objects.filter(pk=thread.pk).update(last_at=timezone.now() - timedelta(hours=n))


def read(client: Client, world: World, part: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as asked:
        response = client.get(f"/c/{world.competition.slug}/{part}")
    assert response.status_code == 200
    return len(asked), response.content.decode()


def weight(html: str) -> int:
    """Without its drawings, with its style sheets and scripts as they lie on the disk: not even compressed."""
    total = len(SVG.sub("", html).encode())
    for path in set(LINKED.findall(html)):
        found = finders.find(path)
        assert found, path
        total += Path(str(found)).stat().st_size
    return total


@pytest.mark.parametrize("part", [*PUBLIC, "submissions/"])
def test_no_page_asks_more_queries_for_more_people(told, bob, part):
    client = Client()
    client.force_login(bob)
    read(client, told, part)
    few, _html = read(client, told, part)
    crowd(told, bob)
    cold, _html = read(client, told, part)
    warm, _html = read(client, told, part)
    assert warm <= few + 1  # one more where something is new: may the competition that it tells of be seen?
    assert warm <= MOST_QUERIES.get(part, 16)
    assert cold <= 26, "a page that is not kept yet is bounded as well"


@pytest.mark.parametrize("part", [*PUBLIC, "submissions/"])
def test_no_page_weighs_more_than_150_kilobytes(told, bob, part):
    crowd(told, bob)
    client = Client()
    client.force_login(bob)
    _queries, html = read(client, told, part)
    assert weight(html) <= MOST_BYTES


@pytest.mark.parametrize("part", ["", "board/", "model/", "board/findings/", "pictures/", "submissions/"])
def test_pages_work_while_the_cache_is_away(told, bob, settings, part):
    settings.CACHES = {
        "default": {
            "BACKEND": "bounty.core.cache.ForgivingRedisCache",
            "LOCATION": "unix:///nowhere/redis.sock",
        }
    }
    client = Client()
    client.force_login(bob)
    _queries, html = read(client, told, part)
    assert "</html>" in html


def test_what_bob_reads_of_the_first_page_is_not_handed_to_a_stranger(told, bob):
    mine, strangers = Client(), Client()
    mine.force_login(bob)
    _queries, html = read(mine, told, "")
    assert "Enter the competition" not in html
    _queries, html = read(strangers, told, "")
    assert "Enter the competition" in html
    assert (
        "Stop following" not in html
        and "csrfmiddlewaretoken" not in html.partition("</header>")[2].partition("<footer")[0]
    )


def test_what_an_organiser_changes_shows_at_once(told):
    _queries, html = read(Client(), told, "")
    told.competition.summary = "Another sentence about what is at stake."
    told.competition.save()
    _queries, html = read(Client(), told, "")
    assert "Another sentence about what is at stake." in html
