"""The catalogue of translations: whole, compiled, and true to the places that sentences leave open."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation.template import templatize

from bounty.models import Submission

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
# What a translation must take over as it is: named places, percent signs, tags of HTML.
KEPT = re.compile(r"%\(\w+\)[-+ #0]*[\d.]*[a-zA-Z]|%%|<[^>]+>")
SAID = re.compile(r"""(?:_|gettext|pgettext|ngettext)\(\s*u?(".*?(?<!\\)"|'.*?(?<!\\)')\s*[,)]""", re.DOTALL)
# A sentence that somebody has just written waits for `make messages`; a page in two languages must stay an exception.
MOST_MISSING = 0.05


def _entries(path: Path) -> Iterator[dict[str, str]]:
    """Each entry of a .po file by its keywords; comments under "#"."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry: dict[str, str] = {"#": ""}
        keyword = "#"
        for line in block.splitlines():
            if line.startswith("#"):
                entry["#"] += line
            elif line.startswith('"'):
                entry[keyword] += ast.literal_eval(line)
            elif line:
                keyword, _space, text = line.partition(" ")
                entry[keyword] = ast.literal_eval(text)
        yield entry


def _catalogue(language: str) -> list[dict[str, str]]:
    return [e for e in _entries(_folder(language) / "django.po") if e.get("msgid")]


def _folder(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language):
    with (_folder(language) / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in _catalogue(language):
        if entry.get("msgstr"):
            context = entry.get("msgctxt")
            found = (
                compiled.pgettext(context, entry["msgid"]) if context else compiled.gettext(entry["msgid"])
            )
            assert found == entry["msgstr"], "run make messages"
        elif entry.get("msgstr[0]"):
            assert compiled.ngettext(entry["msgid"], entry["msgid_plural"], 1) == entry["msgstr[0]"]
            assert compiled.ngettext(entry["msgid"], entry["msgid_plural"], 5) == entry["msgstr[2]"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess(language):
    assert not [entry["msgid"] for entry in _catalogue(language) if "fuzzy" in entry["#"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_of_their_sentence(language):
    for entry in _catalogue(language):
        one, many = (
            sorted(KEPT.findall(entry.get(key, entry["msgid"]))) for key in ("msgid", "msgid_plural")
        )
        for keyword, text in entry.items():
            if keyword.startswith("msgstr") and text:
                # One of something may be said in a word, as in English.
                allowed = (one, many) if keyword == "msgstr[0]" else (many,)
                assert sorted(KEPT.findall(text)) in allowed, entry["msgid"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_translated(language):
    with (_folder(language) / "django.mo").open("rb") as file:
        known = {key[0] if isinstance(key, tuple) else key for key in gettext.GNUTranslations(file)._catalog}  # type: ignore[attr-defined]
    said = {
        ast.literal_eval(text)
        for path in (ROOT / "templates").rglob("*")
        if path.suffix in (".html", ".txt") and "admin" not in path.parts
        for text in SAID.findall(templatize(path.read_text(encoding="utf-8")))
    }
    assert len(said) > 1000
    missing = sorted(text for text in said if text.partition("\x04")[2] not in known and text not in known)
    assert len(missing) <= MOST_MISSING * len(said), f"run make messages, then translate: {missing}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_are_said_in_the_language(language):
    with translation.override(language):
        assert {str(state.label) for state in Submission.State}.isdisjoint(
            {"accepted", "not shown yet", "harm seen"}
        )
