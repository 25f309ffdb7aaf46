"""Cursor pagination: a cursor says after which row to go on, so rows that arrive meanwhile shift nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from bounty.api.problems import Problem

T = TypeVar("T")
M = TypeVar("M", bound=Model)
MOST, USUAL = 100, 25


class Page(Schema):
    """`?limit=` and `?cursor=` of every list."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="How many at most.")
    cursor: str | None = Field(None, max_length=500, description="`next` of the part before.")


PageQuery = Annotated[Page, Query()]


def paginate_rows(
    found: QuerySet[M], page: Page, name: str, *fields: str, lowest_first: bool = False
) -> tuple[list[M], str | None]:
    """The part of a queryset after the cursor, highest `fields` first (together unique), and the next cursor."""
    found = found.order_by(*fields) if lowest_first else found.order_by(*(f"-{field}" for field in fields))
    if page.cursor:
        values = _read(page.cursor, name, len(fields))
        found = found.filter(_beyond(fields, values, "gt" if lowest_first else "lt"))
    part = list(found[: page.limit + 1])
    if len(part) <= page.limit:
        return part, None
    part = part[: page.limit]
    return part, _write(name, [getattr(part[-1], field) for field in fields])


def paginate_items(
    items: Sequence[T], page: Page, name: str, key: Callable[[T], tuple[Any, ...]]
) -> tuple[list[T], str | None]:
    """The part of what is ordered in memory after the cursor, lowest key first, and the next cursor."""
    after = list(items)
    if page.cursor:
        values = tuple(_read(page.cursor, name, None))
        try:
            after = [item for item in after if key(item) > values]
        except TypeError:
            raise _bad_cursor() from None
    part = after[: page.limit]
    return part, _write(name, list(key(part[-1]))) if len(after) > page.limit else None


def _beyond(fields: Sequence[str], values: Sequence[Any], how: str) -> Q:
    """The condition of rows that come after these values: lower (lt) or higher (gt) in one field, equal in all
    before it.
    """
    steps = [
        Q(
            **dict(zip(fields[:place], values[:place], strict=True)),
            **{f"{fields[place]}__{how}": values[place]},
        )
        for place in range(len(fields))
    ]
    return reduce(Q.__or__, steps)


def _write(name: str, values: Sequence[Any]) -> str:
    return signing.dumps([_plain(value) for value in values], salt=f"cursor:{name}")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return str(value) if isinstance(value, UUID) else value


def _read(cursor: str, name: str, length: int | None) -> list[Any]:
    try:
        values = signing.loads(cursor, salt=f"cursor:{name}")
    except signing.BadSignature:
        raise _bad_cursor() from None
    if length is not None and len(values) != length:
        raise _bad_cursor()
    return [datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value for value in values]


def _bad_cursor() -> Problem:
    detail = _("This is no cursor of this list. Leave it out to begin at the start.")
    return Problem("invalid", detail, ({"parameter": "cursor", "detail": detail},))
