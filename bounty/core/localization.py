"""In whose time pages and mails tell the time: the zone that the account chose, else the browser's, else UTC.

Which zone the browser is in is told by a cookie that static/js/time.js sets; without a script it stays UTC. What the
account chose travels in the session, so that no page asks the database for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import pgettext

from bounty.models import Preferences

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COOKIE = "zone"
SESSION_KEY = "zone"
# Beside it the base holds old names and offsets that nobody looks for.
_AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def offered() -> tuple[str, ...]:
    """Names to choose from: UTC, then places by area."""
    return ("UTC", *sorted(name for name in _known() if name.partition("/")[0] in _AREAS and "/" in name))


def read(name: object) -> ZoneInfo | None:
    """The zone of that name. A name from a stranger is looked up among those known, never opened as a path."""
    return ZoneInfo(name) if isinstance(name, str) and name in _known() else None


class ZoneMiddleware:
    """Activates the reader's zone; after a log-in it also brings the account's language to this browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = read(request.session.get(SESSION_KEY))
        request.zone_chosen = chosen is not None  # type: ignore[attr-defined]
        zone = chosen or read(request.COOKIES.get(COOKIE)) or ZoneInfo("UTC")
        with timezone.override(zone):
            response = self.get_response(request)
        if language := getattr(request, "language_of_account", ""):
            remember_language(response, language)
        return response


def remember_language(response: Any, language: str) -> None:
    """The cookie that Django's own language chooser sets."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


@receiver(user_logged_in)
def _bring(sender: object, request: HttpRequest | None, user: User, **_rest: Any) -> None:
    """What the account chose comes to the browser; what the browser says is kept for mail."""
    row = Preferences.objects.filter(user=user).first() or Preferences(user=user)
    if request is not None:
        zone = read(request.COOKIES.get(COOKIE))
        # A session that no browser opened, as a script's, says nothing of a language.
        language = translation.get_language_from_request(request) if request.META else ""
        seen = (zone.key if zone else row.seen_zone, language or row.seen_language)
        if seen != (row.seen_zone, row.seen_language):
            row.seen_zone, row.seen_language = seen
            row.save()
        keep(request, row)


def keep(request: HttpRequest, row: Preferences) -> None:
    """Let the session and the browser follow what the account chose."""
    if read(row.zone):
        request.session[SESSION_KEY] = row.zone
    else:
        request.session.pop(SESSION_KEY, None)
    if row.language:
        request.language_of_account = row.language  # type: ignore[attr-defined]


def rows_of(people: Sequence[User]) -> dict[int, Preferences]:
    """Their preferences by user id, in one query; who never chose and never logged in has none."""
    return {row.user_id: row for row in Preferences.objects.filter(user__in=people)}


def language_of(row: Preferences | None) -> str:
    """The language in which a person is written to."""
    wanted = (row.language or row.seen_language) if row else ""
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@dataclass(frozen=True)
class Voice:
    """How a person is written to: their language, and the zone whose time they are told."""

    language: str
    zone: str


def voice_of(row: Preferences | None) -> Voice:
    """What they chose, else what their browser last said, else the site's language and UTC."""
    zone = (read(row.zone) or read(row.seen_zone)) if row else None
    return Voice(language_of(row), zone.key if zone else "UTC")


@contextmanager
def speaking(voice: Voice) -> Iterator[None]:
    """Words and times in that language and zone."""
    with translation.override(voice.language), timezone.override(ZoneInfo(voice.zone)):
        yield


@contextmanager
def reading_as(user: User) -> Iterator[None]:
    """Words and times as this person reads them, for what is written outside their own request."""
    with speaking(voice_of(Preferences.objects.filter(user=user).first())):
        yield


def exact(at: datetime) -> str:
    """ "3 March 2026, 14:05 Europe/Madrid": the time where the reader is, and where that is."""
    local = timezone.localtime(at)
    words = date_format(local, pgettext("how a date and a time are written", "j F Y, H:i"))
    return f"{words} {timezone.get_current_timezone_name().replace('_', ' ')}"


def day(at: date) -> str:
    """Return "3 March 2026" in the reader's language: a date, or the date of a time where the reader is."""
    return date_format(_local_date(at), pgettext("how a date is written", "j F Y"))


def short_day(at: date) -> str:
    """Return "3 Mar": a date where there is little room, as on an axis."""
    return date_format(_local_date(at), pgettext("how a date is written in little room", "j M"))


def _local_date(at: date) -> date:
    return timezone.localdate(at) if isinstance(at, datetime) else at
