"""The list of competitions, a competition's page, its rules: what they say, and to whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bounty.models import Competition, Invitation, Participation
from tests.competition_history import DECLARED, write_history
from tests.world import World, new_team, new_user


@pytest.fixture
def told(make, bob, charlie) -> World:
    """Three patches by two teams, three declared groups, a confirmed finding."""
    world = make(declared=DECLARED, closes_at=timezone.now() + timedelta(days=12, hours=1))
    teams = [
        new_team(world.competition, bob, "Bob's Builders"),
        new_team(world.competition, charlie, "Charlie"),
    ]
    write_history(world, teams)
    return world


def page(address: str, person=None) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return answer.content.decode()


def status(address: str, person=None) -> int:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.get(address).status_code


PAGES = ("", "rules/", "data/", "board/", "model/")


# --- who sees what ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("part", PAGES)
def test_anybody_reads_a_public_competition(told, part):
    assert page(f"/c/{told.competition.slug}/{part}")


@pytest.mark.parametrize("part", [*PAGES, "model/download/", "data/train.csv", "data/schema.json"])
def test_a_competition_by_invitation_does_not_exist_for_strangers(make, mallory, part):
    competition = make(visibility=Competition.Visibility.INVITATION).competition
    assert status(f"/c/{competition.slug}/{part}") == 404
    assert status(f"/c/{competition.slug}/{part}", mallory) == 404


@pytest.mark.parametrize("part", [*PAGES, "data/train.csv"])
def test_a_draft_does_not_exist_for_strangers(make, mallory, part):
    competition = make(status=Competition.Status.DRAFT).competition
    assert status(f"/c/{competition.slug}/{part}", mallory) == 404


def test_an_invited_person_reads_the_competition(make, charlie):
    competition = make(visibility=Competition.Visibility.INVITATION).competition
    Participation.objects.create(competition=competition, user=charlie, invited=True)
    assert "Who sees a doctor" in page(f"/c/{competition.slug}/", charlie)


def test_an_unused_invitation_opens_nothing(make, mallory):
    competition = make(visibility=Competition.Visibility.INVITATION).competition
    Invitation.objects.create(competition=competition)
    assert status(f"/c/{competition.slug}/", mallory) == 404


def test_the_organiser_reads_her_draft(make, alice):
    competition = make(status=Competition.Status.DRAFT).competition
    assert "Not open yet" in page(f"/c/{competition.slug}/", alice)


def test_the_list_leaves_out_what_a_stranger_may_not_see(make):
    make(title="A public one")
    make(title="A private one", visibility=Competition.Visibility.INVITATION)
    home = page("/")
    assert "A public one" in home
    assert "A private one" not in home


# --- what they say ----------------------------------------------------------------------------------------
def test_the_list_says_what_is_at_stake_the_time_left_and_how_far_the_model_came(told):
    home = page("/")
    assert "A model fails small children." in home
    assert "in 12 days" in home
    assert "at the start" in home
    assert "points lower" in home


def test_an_empty_list_says_what_would_fill_it(db):
    assert "No competition is open to you now" in page("/")


def test_the_page_shows_the_error_now_and_at_the_start_with_intervals(told):
    versions = list(told.competition.versions.order_by("number"))
    text = page(f"/c/{told.competition.slug}/")
    assert f"{100 * versions[-1].practice_loss:.1f}%" in text
    assert f"{100 * versions[0].practice_loss:.1f}%" in text
    assert "95% interval" in text
    assert "Lower is better" in text


def test_the_page_says_what_is_predicted_from_what_and_how_it_is_judged(told):
    text = page(f"/c/{told.competition.slug}/")
    task = text[text.index("The task") : text.index("Time line")]
    layout, schema = told.competition.layout, told.competition.schema
    for fact in ("one of two classes", f"{len(schema.features)} columns", "lower is better", "certified"):
        assert fact in task
    assert f"{layout.public:,}" in task and f"{layout.rows - layout.public:,}" in task


def test_declared_groups_come_worst_first(told):
    text = page(f"/c/{told.competition.slug}/")
    strip = text[text.index('class="strip"') :]
    groups = told.competition.versions.latest("number").groups
    declared = sorted(told.competition.declared_groups.all(), key=lambda group: -groups[group.key][1])
    places = [strip.index(f">{group.name}<") for group in declared]
    assert places == sorted(places)


def test_the_page_names_who_improved_the_model_last(told):
    assert "Last improved" in page(f"/c/{told.competition.slug}/")


def test_a_competition_without_patches_says_so(competition):
    text = page(f"/c/{competition.slug}/")
    assert "Nobody has improved the model yet" in text
    assert "The first could be yours" in text


def test_a_competition_that_is_being_prepared_has_its_pages(alice):
    competition = Competition.objects.create(
        slug="soon", title="Soon", organiser=alice, status="preparing", preparation_error="no column `y`"
    )
    for part in PAGES:
        assert page(f"/c/{competition.slug}/{part}", alice)
    assert "no column `y`" in page(f"/c/{competition.slug}/", alice)


def test_a_description_is_rendered_without_scripts_and_images(make):
    text = "Hello **there**\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](http://evil.example/y.png)"
    shown = page(f"/c/{make(description=text).competition.slug}/")
    assert "<strong>there</strong>" in shown
    for forbidden in ("<script>alert", 'href="javascript', "<img"):
        assert forbidden not in shown


def test_certified_rules_name_the_bound(competition):
    text = page(f"/c/{competition.slug}/rules/")
    assert "at most 0.05" in text
    assert "not certified" not in text.lower()


def test_the_plain_rule_says_that_nothing_is_certified(make):
    text = page(f"/c/{make(acceptance=Competition.Acceptance.ALPHA).competition.slug}/rules/")
    assert "does not mean certified" in text
    assert "What the secret rows can certify" not in text


def test_the_rules_show_the_splits_and_the_ledger_of_each_block(competition):
    block = competition.blocks.get(number=1)
    block.queries, block.accepted = 4, 3
    block.save()
    text = page(f"/c/{competition.slug}/rules/")
    assert "certification 1" in text
    assert "1,200" in text
    assert "Smallest gain that passes next" in text


# --- no query a row, nothing inline -----------------------------------------------------------------------
@pytest.mark.parametrize("part", ["", "rules/", "board/", "model/"])
def test_a_long_history_costs_no_more_queries_than_a_short_one(make, part):
    counts = []
    for patches, people in ((3, 2), (9, 6)):
        world = make(declared=DECLARED)
        teams = [new_team(world.competition, new_user(f"p{patches}-{n}"), f"Team {n}") for n in range(people)]
        write_history(world, teams, patches=patches)
        with CaptureQueriesContext(connection) as queries:
            page(f"/c/{world.competition.slug}/{part}")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_the_list_costs_the_same_queries_however_long_it_is(make, django_assert_num_queries):
    make()
    with CaptureQueriesContext(connection) as one:
        page("/")
    make()
    make()
    with django_assert_num_queries(len(one)):
        page("/")


@pytest.mark.parametrize("part", PAGES)
def test_no_page_carries_a_style_attribute_or_an_inline_script(told, part):
    text = page(f"/c/{told.competition.slug}/{part}")
    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text
    assert "http://" not in text.replace("http://www.w3.org/", "")


def test_health_says_that_the_database_answers(db):
    assert Client().get("/health/").json() == {"database": True}


def test_the_glossary_explains_every_word_that_pages_link_to(told):
    words = page("/words/")
    pages = "".join(page(f"/c/{told.competition.slug}/{part}") for part in PAGES)
    for anchor in set(re.findall(r'/words/#([a-z-]+)"', pages)):
        assert f'id="{anchor}"' in words


def test_an_unknown_address_is_answered_in_words(db):
    answer = Client().get("/c/nothing-here/")
    assert answer.status_code == 404
    assert b"This page is not here" in answer.content
