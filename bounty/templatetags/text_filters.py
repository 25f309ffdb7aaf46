"""Small filters of the participants' pages."""

from __future__ import annotations

import shlex

from django import template

register = template.Library()


@register.filter
def first_line(text: str) -> str:
    """A message may end in a picture of the place: its first line is prose."""
    return str(text).partition("\n")[0]


@register.filter
def rest(text: str) -> str:
    """The picture of the place, whose columns must keep their width."""
    return str(text).partition("\n")[2]


@register.filter
def shell(text: str) -> str:
    """One word of a command line: a backtick in an expression must not run anything when it is pasted."""
    return shlex.quote(str(text))


@register.filter
def share(value: float) -> str:
    """0.1234 as "12.3%"."""
    return f"{value:.1%}"
