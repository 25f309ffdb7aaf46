"""Canned reasons of moderators: a few for everybody, and each competition's own."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from bounty.models import CannedReason, Competition

MOST = 40


def built_in_reasons() -> list[tuple[str, str]]:
    """Reasons of every competition as (title, text) in the reader's language; a moderator changes the text before
    it is sent.
    """
    return [
        (
            _("Points at somebody"),
            _(
                "The group is so narrow that it could point at particular people. Please send one that selects more "
                "people; the smallest size is told on the rules page."
            ),
        ),
        (
            _("Hurtful words"),
            _(
                "The description has words that hurt people. Please send it again and say what the model does "
                "wrong, for whom, without them. Naming a protected group is welcome."
            ),
        ),
        (
            _("No group of people"),
            _(
                "The group looks like a list of single rows rather than people who have something in common. Please "
                "describe it by conditions that would also hold for people who are not in the table."
            ),
        ),
        (
            _("Code that does something else"),
            _(
                "The file does more than choose rows and answer for them. Please send one that reads its input, "
                "computes and returns, and nothing else."
            ),
        ),
        (
            _("Sent before"),
            _(
                "Another submission of your team says the same. Please tell us in the description what is new."
            ),
        ),
    ]


def offered_reasons(competition: Competition) -> list[tuple[str, str]]:
    """Reasons offered in a competition as (title, text), its own first."""
    own = list(CannedReason.objects.filter(competition=competition).values_list("title", "text"))
    return [*own, *built_in_reasons()]


def fill_reason(competition: Competition, chosen: str, typed: str) -> str:
    """The typed reason with the chosen canned one added; as typed where none has that number."""
    found = offered_reasons(competition)
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 4 and int(chosen) < len(found)):
        return typed
    text = found[int(chosen)][1]
    return f"{typed.rstrip()}\n{text}" if typed.strip() else text


def add_reason(competition: Competition, title: str, text: str) -> str:
    """Creates a canned reason of the competition; returns "" or why it was not kept, in words for the organiser."""
    title, text = " ".join(title.split()), text.strip()
    if not title or not text:
        return _("A reason needs a title and a text.")
    if len(title) > 60 or len(text) > 1000:
        return _("A title has at most 60 characters, a text at most 1,000.")
    with transaction.atomic():
        kept = Competition.objects.select_for_update().get(pk=competition.pk).canned_reasons
        if kept.filter(title=title).exists():
            return _("There is a reason of that title already; remove it first or choose another title.")
        if kept.count() >= MOST:
            return _("There are %(most)s reasons already; remove one first.") % {"most": MOST}
        kept.create(title=title, text=text)
    return ""
