"""Language and time zone of a reader (the account's choice, else the browser's), and dates and times in them.

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
def zone_names() -> tuple[str, ...]:
    """Time zone names to choose from: UTC, then places by area."""
    return ("UTC", *sorted(name for name in _known() if name.partition("/")[0] in _AREAS and "/" in name))


def find_zone(name: object) -> ZoneInfo | None:
    """The time zone of that name, None where there is none. A stranger's name is looked up, never opened as a path."""
    return ZoneInfo(name) if isinstance(name, str) and name in _known() else None


class ZoneMiddleware:
    """Middleware that activates the reader's zone; after a log-in it also sets this browser's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        chosen = find_zone(request.session.get(SESSION_KEY))
        request.zone_chosen = chosen is not None  # type: ignore[attr-defined]
        zone = chosen or find_zone(request.COOKIES.get(COOKIE)) or ZoneInfo("UTC")
        with timezone.override(zone):
            response = self.get_response(request)
        if language := getattr(request, "language_of_account", ""):
            set_language_cookie(response, language)
        return response


def set_language_cookie(response: Any, language: str) -> None:
    """Sets the cookie that Django's own language chooser sets."""
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
def _apply_preferences_at_login(
    sender: object, request: HttpRequest | None, user: User, **_rest: Any
) -> None:
    """Applies the account's preferences at log-in, and stores what the browser says, for mail."""
    row = Preferences.objects.filter(user=user).first() or Preferences(user=user)
    if request is not None:
        zone = find_zone(request.COOKIES.get(COOKIE))
        # A session that no browser opened, as a script's, says nothing of a language.
        language = translation.get_language_from_request(request) if request.META else ""
        seen = (zone.key if zone else row.seen_zone, language or row.seen_language)
        if seen != (row.seen_zone, row.seen_language):
            row.seen_zone, row.seen_language = seen
            row.save()
        apply_preferences(request, row)


def apply_preferences(request: HttpRequest, row: Preferences) -> None:
    """Writes the account's zone to the session, and its language to the browser with the next response."""
    if find_zone(row.zone):
        request.session[SESSION_KEY] = row.zone
    else:
        request.session.pop(SESSION_KEY, None)
    if row.language:
        request.language_of_account = row.language  # type: ignore[attr-defined]


def preferences_of_people(people: Sequence[User]) -> dict[int, Preferences]:
    """Preferences by user id, in one query; a person who never chose and never logged in has none."""
    return {row.user_id: row for row in Preferences.objects.filter(user__in=people)}


def language_of(row: Preferences | None) -> str:
    """The code of the language in which a person is written to."""
    wanted = (row.language or row.seen_language) if row else ""
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@dataclass(frozen=True)
class ReaderLocale:
    """The language in which a person is written to, and the zone whose time they are told."""

    language: str
    zone: str


def locale_of(row: Preferences | None) -> ReaderLocale:
    """The locale of a person: chosen, else last said by their browser, else the site's language and UTC."""
    zone = (find_zone(row.zone) or find_zone(row.seen_zone)) if row else None
    return ReaderLocale(language_of(row), zone.key if zone else "UTC")


@contextmanager
def override_locale(locale: ReaderLocale) -> Iterator[None]:
    """A context manager that sets that language and zone for words and times."""
    with translation.override(locale.language), timezone.override(ZoneInfo(locale.zone)):
        yield


@contextmanager
def override_locale_for(user: User) -> Iterator[None]:
    """A context manager that sets this person's language and zone, for texts written outside their own request."""
    with override_locale(locale_of(Preferences.objects.filter(user=user).first())):
        yield


def format_time_with_zone(at: datetime) -> str:
    """A time as "3 March 2026, 14:05 Europe/Madrid", in the zone that is set now, with its name."""
    local = timezone.localtime(at)
    words = date_format(local, pgettext("how a date and a time are written", "j F Y, H:i"))
    return f"{words} {timezone.get_current_timezone_name().replace('_', ' ')}"


def format_date(at: date) -> str:
    """A date, or the date of a time in the zone that is set now, as "3 March 2026" in the language that is set now."""
    return date_format(_local_date(at), pgettext("how a date is written", "j F Y"))


def format_short_date(at: date) -> str:
    """A date as "3 Mar", for places with little room, as an axis."""
    return date_format(_local_date(at), pgettext("how a date is written in little room", "j M"))


def _local_date(at: date) -> date:
    return timezone.localdate(at) if isinstance(at, datetime) else at
