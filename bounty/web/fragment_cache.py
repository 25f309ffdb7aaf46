"""Fragments of pages that are the same for everybody, cached under the number of the newest chain entry.

Everything that moves a competition adds an entry to its chain, so the newest entry's number stands for all of it. What
the chain does not know (a team's new name, an interval computed after the verdict) shows after KEPT_SECONDS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.core.cache import cache
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from bounty.models import ChainEntry, Competition
from bounty.permissions import visibility

KEPT_SECONDS = 60


def cache_key(competition: Competition) -> str:
    """The key of a competition's shared fragments; "" where nothing is to be cached: it has no chain yet.

    Two queries. What a moderator hides or shows counts at once, so the findings that may be told are part of it.
    """
    entry = ChainEntry.objects.filter(competition=competition).aggregate(newest=Max("number"))["newest"]
    if entry is None:
        return ""
    told = visibility.publicly_visible(competition.submissions.all()).aggregate(
        told=Count("pk"), newest=Max("decided_at"), sent=Max("number")
    )
    return "|".join(
        str(each)
        for each in (entry, competition.generation, competition.status, competition.final_opened_at, told)
    )


def cached_fragment(
    competition: Competition, name: str, varies: tuple[object, ...], render: Callable[[], str]
) -> SafeString:
    """A rendered fragment, from the cache where the competition has not moved. `varies`: what else it depends on.

    Only for what holds no form that writes, and nothing of one reader that is not in `varies`.
    """
    moved = cache_key(competition)
    if not moved:
        return mark_safe(render())  # noqa: S308 - rendered by a template, which escaped it
    return cached_by_value(name, (competition.pk, moved, varies), render)


def cached_by_value(name: str, shows: tuple[object, ...], render: Callable[[], str]) -> SafeString:
    """A rendered fragment, cached under everything that it shows: `shows` says itself in full by repr.

    Who may not read it must not come this far; what is in `shows` is all that may differ between two readers.
    """
    words = (name, shows, get_language(), timezone.get_current_timezone_name())
    key = f"part:{hashlib.sha256(repr(words).encode()).hexdigest()}"
    kept = cache.get(key)
    if not isinstance(kept, str):
        kept = render()
        cache.set(key, str(kept), KEPT_SECONDS)
    return mark_safe(kept)  # noqa: S308 - as above
