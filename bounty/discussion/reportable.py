"""Registry of what can be reported: how its rows are found, who reads them, and how a moderator removes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType

from bounty.core.primary_keys import read_primary_key
from bounty.models import Competition, Team
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import Model, QuerySet

    Person = User | AnonymousUser


def _own_page(target: Any) -> str:
    url: str = target.get_absolute_url()
    return url


@dataclass(frozen=True)
class ReportableKind:
    """One kind of writing that can be reported.

    `rows` are all of it in a competition, `says` is its text, `remedy` removes it (target, reason, by), and `does` says
    in a sentence what that means. `author`, `team`: by whom it is; by nobody in particular where left out. `seen_by`:
    who, of those who may view the competition, reads it; everybody where left out.
    """

    name: str  # in addresses
    model: type[Model]
    label: Any
    does: Any
    rows: Callable[[Competition], QuerySet[Any]]
    says: Callable[[Any], str]
    remedy: Callable[[Any, str, User], None]
    author: Callable[[Any], User | None] = lambda _target: None
    team: Callable[[Any], Team | None] = lambda _target: None
    seen_by: Callable[[Person, Any, Competition], bool] = lambda _user, _target, _competition: True
    url: Callable[[Any], str] = _own_page
    read_key: Callable[[str], Any] = read_primary_key

    def find(self, competition: Competition, key: str) -> Any:
        """The competition's row of that key; None where there is none."""
        return self.rows(competition).filter(pk=self.read_key(key)).first()


_kinds: dict[str, ReportableKind] = {}


def register_kind(kind: ReportableKind) -> None:
    """Adds a kind to what can be reported; called once, at start. The last of a name counts."""
    _kinds[kind.name] = kind


def kind_by_name(name: str) -> ReportableKind | None:
    """The kind of that name in an address; None where there is none."""
    return _kinds.get(name)


def kind_of_type(content_type: ContentType) -> ReportableKind | None:
    """The kind of that model; None where it cannot be reported."""
    model = content_type.model_class()
    return next((kind for kind in _kinds.values() if kind.model is model), None)


def find_reportable(
    user: Person, competition: Competition, name: str, key: str
) -> tuple[ReportableKind, Any] | None:
    """Kind and row of an address, where this person may read it; None otherwise."""
    kind = kind_by_name(name)
    if kind is None or not rules.can_view(user, competition):
        return None
    target = kind.find(competition, key)
    if target is None or not kind.seen_by(user, target, competition):
        return None
    return kind, target
