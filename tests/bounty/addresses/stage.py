"""The addresses of the site, and who gets what status from each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bounty.models import (
    Competition,
)

# Other people's packages: their addresses are theirs to test.
FOREIGN = ("accounts/", "admin/")


@dataclass
class Stage:
    """`people` are clients by who they are."""

    competition: Competition
    people: dict[str, Client] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    special: dict[str, dict[str, Any]] = field(default_factory=dict)

    def status(self, who: str, pattern: Pattern, method: str = "get") -> int | str:
        """What somebody gets; a redirect to the log-in page is "in"."""
        answer = getattr(self.people[who], method)(self.address(pattern))
        shut(answer)
        return "in" if "/accounts/login/" in answer.get("Location", "") else int(answer.status_code)

    def address(self, pattern: Pattern, slug: str = "") -> str:
        given = self.arguments | self.special.get(pattern.name, {}) | ({"slug": slug} if slug else {})
        return reverse(pattern.full, kwargs={name: given[name] for name in pattern.needs})


@dataclass(frozen=True)
class Pattern:
    """One address of the site, by its name."""

    name: str
    full: str
    needs: tuple[str, ...]

    @property
    def in_competition(self) -> bool:
        return "slug" in self.needs


def shut(answer: Any) -> None:
    """Close the file that an answer was to be read from."""
    for close in answer._resource_closers:
        if hasattr(getattr(close, "__self__", None), "read"):
            close()


def patterns() -> list[Pattern]:
    """Every named address of ours, each once."""
    found = {pattern.full: pattern for pattern in _walk(get_resolver(), "", "")}
    return list(found.values())


def _walk(resolver: URLResolver, route: str, space: str) -> Iterator[Pattern]:
    for each in resolver.url_patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each, here, each.namespace or space)
        elif isinstance(each, URLPattern) and each.name and not here.startswith(FOREIGN):
            full = f"{space}:{each.name}" if space else each.name
            yield Pattern(full if space else each.name, full, tuple(each.pattern.regex.groupindex))
