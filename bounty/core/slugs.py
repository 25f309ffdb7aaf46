"""Free slugs for new rows."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify


def free_slug(text: str, rows: QuerySet[Any], *, length: int, otherwise: str) -> str:
    """A slug of the text that none of the rows has, with a number behind it where it is taken.

    `otherwise` stands for a text of which nothing is left. Two at once may be given the same: the database refuses one.
    """
    base = slugify(text)[: length - 4] or otherwise
    taken = set(rows.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug
