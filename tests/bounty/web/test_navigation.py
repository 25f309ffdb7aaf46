"""Menus: one list of links each, and who is shown which of them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse

from bounty.models import Role
from bounty.web import navigation

PUBLIC = ["competition", "explore", "data", "submit", "board", "model", "discussion", "rules"]


def names(menu, competition, person) -> list[str]:
    request = RequestFactory().get("/")
    request.user = person
    urls = [link.url for link in navigation.competition_links(menu, request, competition)]
    return [
        page.name for page in navigation.MENUS[menu] if reverse(page.name, args=[competition.slug]) in urls
    ]


def marked(client, url) -> list[str]:
    text = client.get(url).content.decode()
    return [line.split('"')[1] for line in text.split("<li>") if 'aria-current="page"' in line]


def test_a_visitor_is_shown_what_everybody_may_open(competition):
    assert names("competition", competition, AnonymousUser()) == PUBLIC


def test_who_is_logged_in_is_shown_their_own_pages_too(competition, mallory):
    own = {"my-submissions", "my-team"}
    assert set(names("competition", competition, mallory)) == {*PUBLIC, *own}


def test_a_moderator_is_shown_the_panel_but_not_the_organisers_pages(competition, charlie):
    Role.objects.create(competition=competition, user=charlie, kind=Role.Kind.MODERATOR)
    assert "moderate" in names("competition", competition, charlie)
    assert "organise-competition" not in names("competition", competition, charlie)
    assert "moderate-rules" not in names("moderate", competition, charlie)


def test_its_organiser_is_shown_all_of_it(competition, alice):
    for menu, pages in navigation.MENUS.items():
        assert names(menu, competition, alice) == [page.name for page in pages]


@pytest.mark.parametrize("name", ["board", "board-for", "board-findings", "harms", "pictures"])
def test_a_board_is_marked_among_the_boards(competition, name):
    url = reverse(name, args=[competition.slug])
    assert url in marked(Client(), url)


def test_the_present_page_of_an_account_is_marked(bob, client):
    client.force_login(bob)
    assert marked(client, reverse("tokens")) == [reverse("tokens")]
