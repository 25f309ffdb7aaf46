"""Messages that end in a picture of the place: the first line is prose, the rest keeps its columns."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def first_line(text: str) -> str:
    return str(text).partition("\n")[0]


@register.filter
def rest(text: str) -> str:
    return str(text).partition("\n")[2]
