"""The explore page: who sees it, with and without JavaScript, and what it says about what cannot be read."""

from __future__ import annotations

import pytest
from django.test import Client

from bounty.exploration import preview
from bounty.models import Competition

HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(world):
    """Somebody who is not logged in asks for the page."""
    return lambda client=None, headers=None, **query: (client or Client()).get(
        f"/c/{world.competition.slug}/explore/", query, headers=headers
    )


def text(response) -> str:
    return response.content.decode()


def test_a_stranger_reads_the_page_of_a_public_competition(page):
    response = page()
    assert response.status_code == 200
    assert "Everyone" in text(response)
    assert "on public rows" in text(response) or "public rows" in text(response)


def test_mallory_does_not_see_a_competition_by_invitation(page, world, mallory):
    world.competition.visibility = Competition.Visibility.INVITATION
    world.competition.save()
    client = Client()
    client.force_login(mallory)
    slug = world.competition.slug
    for address in (f"/c/{slug}/explore/", f"/c/{slug}/explore/suggestions/"):
        assert client.get(address).status_code == 404


def test_before_the_preparation_there_is_a_page_that_says_so(page, world):
    world.competition.versions.all().delete()
    assert "once the competition is prepared" in text(page())


def test_the_expression_lies_in_the_address_and_leads_on_to_the_submit_form(page):
    said = text(page(expression="AGE < 6"))
    assert 'value="AGE &lt; 6"' in said
    assert "does worse here" in said
    assert "expression=AGE+%3C+6&amp;patch=none" in said
    assert "patch=fit" in said


def test_htmx_gets_the_answer_alone_with_the_error_beside_its_field(page):
    response = page(headers=HTMX, expression="AGE < 6")
    assert "<html" not in text(response)
    assert 'hx-swap-oob="true"' in text(response)
    assert "HX-Request" in response["Vary"]


@pytest.mark.parametrize("headers", [None, HTMX], ids=["plain", "htmx"])
def test_what_cannot_be_read_is_explained_and_kept(page, headers):
    response = page(headers=headers, expression="AEG < 6")
    assert "did you mean `AGE`?" in text(response)
    assert response.status_code == (200 if headers else 422)
    if not headers:
        assert 'value="AEG &lt; 6"' in text(response)
        assert 'aria-invalid="true"' in text(response)


@pytest.mark.parametrize(
    "hostile",
    ["__import__('os').system('x')", "<script>alert(1)</script>", "A" * 5000, "AGE < 6\0", "((((" * 500, "☃"],
)
def test_hostile_expressions_are_refused_as_text(page, hostile):
    response = page(expression=hostile)
    assert response.status_code == 422
    assert "<script>alert" not in text(response)


def test_a_condition_is_added_without_javascript(page):
    response = page(expression="SEX == 'male'", add_column="AGE", add_is="<", add_value="6", down="AGE")
    assert response.status_code == 302
    assert response.url.endswith("?down=AGE&expression=SEX+%3D%3D+%27male%27+and+AGE+%3C+6")


def test_a_condition_that_is_none_comes_back_with_its_reason(page, world):
    response = page(expression="AGE < 6", add_column="SEX", add_is="==", add_value="old")
    again = Client().get(response.url)
    assert "is no value of" in text(again)
    assert 'value="AGE &lt; 6"' in text(again)


def test_too_many_looks_in_a_short_time_wait(page, monkeypatch):
    monkeypatch.setattr(preview, "PREVIEWS", 2)
    answers = [text(page(headers=HTMX, expression="AGE < 6")) for _ in range(3)]
    assert "does worse" in answers[1]
    assert "Wait half a minute" in answers[2]


def test_suggestions_are_marked_as_a_machine_s(world):
    client, slug = Client(), world.competition.slug
    found = text(client.get(f"/c/{slug}/explore/suggestions/", headers=HTMX))
    assert "Found by a machine on public rows; may be noise" in found
    assert "SliceLine" in found
    # From now on the page has them, for those without JavaScript as well.
    assert "Found by a machine" in text(client.get(f"/c/{slug}/explore/"))


def test_without_javascript_the_search_leads_back_to_the_page(world):
    response = Client().get(f"/c/{world.competition.slug}/explore/suggestions/", follow=True)
    assert response.redirect_chain[0][0].endswith("/explore/#starts")
    assert "Found by a machine" in text(response)


def test_only_get_is_answered(world):
    assert Client().post(f"/c/{world.competition.slug}/explore/").status_code == 405


def test_the_submit_form_takes_what_the_link_says(world, bob, bobs):
    client = Client()
    client.force_login(bob)
    response = client.get(f"/c/{world.competition.slug}/submit/?expression=AGE+%3C+6&patch=none")
    assert "AGE &lt; 6</textarea>" in text(response)
    assert response.context["form"]["patch"].initial == "none"
