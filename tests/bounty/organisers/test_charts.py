"""Organisers' pictures: what can be certified, submissions a day, what became of them; and their tables."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import translation

from bounty.organisers.charts import (
    QueryPoint,
    draw_gain_over_queries,
    draw_submissions_by_state,
    draw_submissions_per_day,
)
from tests.bounty.charts.picture import Picture

HOSTILE = '"><script>alert(1)</script>'
STATES = tuple(QueryPoint(queries, gain) for queries, gain in ((0, 1.25), (1, 1.5), (2, 2.0)))
DAYS = [(date(2026, 1, 1) + timedelta(days=n), n) for n in range(20)]


# --- the smallest gain that passes -----------------------------------------------------------------------------------
def test_the_sentence_says_how_the_smallest_gain_rises_and_what_is_aimed_at():
    chart = draw_gain_over_queries(STATES, 1.8)
    assert chart is not None
    assert chart.label == (
        "The smallest gain that passes rises from 1.2 points at the first question to 2 after 2; "
        "the target is 1.8 points"
    )


def test_each_question_is_a_point_of_one_line_and_the_target_is_named():
    drawn = Picture(draw_gain_over_queries(STATES, 1.8).wide)
    assert (len(drawn.marks("line")), len(drawn.marks("symbol")), len(drawn.marks("rule"))) == (1, 3, 1)
    assert {"your target", "questions asked", "smallest gain (points)"} <= set(drawn.texts)


def test_questions_that_nothing_could_pass_are_left_out():
    drawn = Picture(draw_gain_over_queries((*STATES, QueryPoint(3, None)), 1.8).wide)
    assert len(drawn.marks("symbol")) == 3


def test_where_nothing_at_all_could_pass_there_is_no_picture():
    assert draw_gain_over_queries((QueryPoint(0, None), QueryPoint(1, None)), 1.8) is None


def test_many_questions_are_a_line_without_points():
    drawn = Picture(draw_gain_over_queries(tuple(QueryPoint(n, 1 + n / 100) for n in range(61)), 1.8).wide)
    assert (len(drawn.marks("line")), drawn.marks("symbol")) == (1, [])


# --- submissions a day -----------------------------------------------------------------------------------------------
def test_each_day_has_its_bar_and_the_sentence_sums_them_up():
    chart = draw_submissions_per_day(DAYS)
    assert chart.label == "190 submissions on 20 days, 19 on the busiest"
    assert Picture(chart.wide).fills("rect") == ["var(--accent)"] * 20


def test_the_narrow_one_shows_the_last_two_weeks():
    assert len(Picture(draw_submissions_per_day(DAYS).narrow).marks("rect")) == 14


def test_days_are_written_on_the_axis_so_that_they_do_not_touch():
    drawn = Picture(draw_submissions_per_day(DAYS).wide)
    days = [text for text in drawn.texts if re.fullmatch(r"\d+ Jan", text)]
    assert days == [f"{day} Jan" for day in range(1, 20, 2)]
    assert "submissions" in drawn.texts


def test_days_are_written_in_the_readers_language():
    with translation.override("es"):
        assert "3 ene" in " ".join(Picture(draw_submissions_per_day(DAYS).wide).texts).lower()


def test_no_days_are_no_bars():
    chart = draw_submissions_per_day([])
    assert chart.label == "0 submissions on 0 days, 0 on the busiest"
    assert Picture(chart.wide).marks("rect") == []


# --- what became of them ---------------------------------------------------------------------------------------------
def test_each_state_has_its_bar_with_its_number():
    chart = draw_submissions_by_state([("Accepted", 3), ("Not shown", 12)])
    drawn = Picture(chart.wide)
    assert chart.label == "Accepted: 3, Not shown: 12"
    assert drawn.fills("rect") == ["var(--bar)"] * 2
    assert [mark.text for mark in drawn.marks("text")] == ["3", "12"]
    assert [text for text in drawn.texts if not text.isdigit()] == ["Accepted", "Not shown"]


def test_a_hostile_name_of_a_state_is_text():
    chart = draw_submissions_by_state([(HOSTILE, 1)])
    assert "<script" not in chart.html
    assert "&lt;script" in chart.wide


# --- the tables beside -----------------------------------------------------------------------------------------------
@pytest.fixture
def page(world, bobs, alice) -> str:
    for state in ("accepted", "not_shown", "not_shown"):
        world.submission(bobs, state=state)
    client = Client()
    client.force_login(alice)
    return client.get(f"/c/{world.competition.slug}/organise/participation/").content.decode()


def test_the_page_has_the_states_as_a_picture_and_as_a_table(page):
    assert re.search(r'aria-label="(accepted: 1, not shown yet: 2|not shown yet: 2, accepted: 1)"', page)
    numbers = re.findall(r'<tr><th scope="row">([^<]+)</th><td class="number">(\d+)</td></tr>', page)
    assert ("accepted", "1") in numbers
    assert ("not shown yet", "2") in numbers


def test_the_page_has_the_days_as_a_table_too(page):
    (count,) = re.findall(r'<tr><th scope="row">\d+ \w+ \d{4}</th><td class="number">(\d+)</td></tr>', page)
    assert count == "3"
