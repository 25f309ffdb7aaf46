"""Registry of what can be reported: how a thing is found, who sees it, and how a moderator takes it away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType

from bounty.models import Competition, Team
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import Model

    Person = User | AnonymousUser


@dataclass(frozen=True)
class Kind:
    """One kind of thing that a person wrote. `remedy` takes it away, and `does` says what that means."""

    name: str  # in addresses
    model: type[Model]
    label: Any
    does: Any
    find: Callable[[Competition, str], Any]
    seen_by: Callable[[Person, Any, Competition], bool]
    says: Callable[[Any], str]
    url: Callable[[Any], str]
    author: Callable[[Any], User | None]
    team: Callable[[Any], Team | None]
    remedy: Callable[[Any, str, User], None]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let something be reported; called once, at start. The last of a name counts."""
    _kinds[kind.name] = kind


def named(name: str) -> Kind | None:
    return _kinds.get(name)


def of(content_type: ContentType) -> Kind | None:
    """How things of that model are reported."""
    model = content_type.model_class()
    return next((kind for kind in _kinds.values() if kind.model is model), None)


def in_competition(user: Person, competition: Competition, name: str, key: str) -> tuple[Kind, Any] | None:
    """What an address names, where this person sees it; None otherwise."""
    kind = named(name)
    if kind is None or not rules.can_view(user, competition):
        return None
    target = kind.find(competition, key)
    if target is None or not kind.seen_by(user, target, competition):
        return None
    return kind, target
