"""Feed readers find a competition's feed on its pages, where everybody may read it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from bounty.models import Competition, Participation


def head_of(client: Client, name: str, *args: str) -> str:
    text = client.get(reverse(name, args=args)).content.decode()
    return text[: text.index("</head>")]


@pytest.mark.parametrize("page", ["competition", "board", "model", "rules"])
def test_a_public_competition_s_pages_name_its_feed(client, competition, page):
    head = head_of(client, page, competition.slug)
    address = reverse("competition-feed", args=[competition.slug])
    assert f'<link rel="alternate" type="application/atom+xml" href="{address}"' in head
    assert head.count("application/atom+xml") == 1
    assert client.get(address).status_code == 200


def test_other_pages_name_the_site_s_feed(client, db):
    assert f'type="application/atom+xml" href="{reverse("feed")}"' in head_of(client, "home")


@pytest.mark.parametrize(
    "change", [{"visibility": "invitation"}, {"status": "draft"}, {"rehearsal": True}], ids=str
)
def test_what_not_everybody_may_read_names_none(client, competition, alice, change):
    Competition.objects.update(**change)
    Participation.objects.create(
        competition=competition, user=alice
    )  # followed, so among the feeds of her choices
    client.force_login(alice)
    assert "application/atom+xml" not in head_of(client, "competition", competition.slug)
    address = reverse("competition-feed", args=[competition.slug])
    for page in (reverse("competition", args=[competition.slug]), reverse("notice-settings")):
        assert f'href="{address}"' not in client.get(page).content.decode()
    assert Client().get(reverse("competition-feed", args=[competition.slug])).status_code == 404


def test_a_title_is_no_markup(client, competition):
    Competition.objects.update(title='"><script>alert(1)</script>')
    assert "<script>alert" not in head_of(client, "competition", competition.slug)
