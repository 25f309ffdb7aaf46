"""Subject and body of notices, in the language and the time zone of each reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bounty.core import localization

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What somebody wrote, as it is; or a function that is called where the reader's language and zone are set.
Words = str | Callable[[], str]

SUBJECT_LENGTH = 200


@dataclass(frozen=True)
class NoticeText:
    """The subject and the body of a notice, as one person reads them."""

    subject: str
    body: str


class NoticeWording:
    """A subject and a body for many people: rendered once for each language and zone among them."""

    def __init__(self, subject: Words, body: Words, people: Sequence[User]) -> None:
        self._subject, self._body = subject, body
        self._rows = localization.preferences_of_people(people) if people else {}
        self._said: dict[localization.ReaderLocale, NoticeText] = {}

    def to(self, user: User) -> NoticeText:
        """The text as this person reads it."""
        voice = self.voice(user)
        if voice not in self._said:
            with localization.override_locale(voice):
                self._said[voice] = NoticeText(one_line(text_of(self._subject)), text_of(self._body))
        return self._said[voice]

    def voice(self, user: User) -> localization.ReaderLocale:
        """The language and the zone of one of the people."""
        return localization.locale_of(self._rows.get(user.pk))


def text_of(words: Words) -> str:
    """The text in the language that is set now."""
    return str(words() if callable(words) else words)


def one_line(text: str) -> str:
    """A text as a subject: no line breaks, and no longer than a row holds."""
    text = " ".join(text.split())
    return text if len(text) <= SUBJECT_LENGTH else f"{text[: SUBJECT_LENGTH - 1]}…"
