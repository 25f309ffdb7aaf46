"""`manage.py demo` says where the organiser, the moderator and the participants go."""

from __future__ import annotations

from io import StringIO

from django.urls import resolve

from bounty.demo import people
from bounty.management.commands.demo import Command

SITE = "http://127.0.0.1:8000"


def printed_links(competition) -> dict[str, str]:
    """The path in each line of the report that holds one, by the words before it."""
    command = Command(stdout=StringIO(), stderr=StringIO())
    command.site = SITE
    command.report(competition, 1.0, {"no_serve": False})
    lines = [line for line in command.stdout.getvalue().splitlines() if SITE in line]
    return {words.strip(": "): path for words, _, path in (line.partition(SITE) for line in lines)}


def test_the_demo_leads_the_organiser_and_the_moderator_to_their_own_pages(competition):
    links = printed_links(competition)
    assert resolve(links[f"organiser {people.ORGANISER}"]).url_name == "organise-competition"
    assert resolve(links[f"moderator {people.MODERATOR}"]).url_name == "moderate"
    assert resolve(links[""]).url_name == "competition"
