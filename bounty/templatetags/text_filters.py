"""Template filters of texts and numbers."""

from __future__ import annotations

import shlex

from django import template

register = template.Library()


@register.filter
def first_line(text: str) -> str:
    """The first line of a message: prose, where the message ends in a picture of the place."""
    return str(text).partition("\n")[0]


@register.filter
def rest(text: str) -> str:
    """The lines after the first: the picture of the place, whose columns must keep their width."""
    return str(text).partition("\n")[2]


@register.filter
def shell(text: str) -> str:
    """A text quoted as one word of a command line: a backtick in an expression must not run anything when it is
    pasted.
    """
    return shlex.quote(str(text))


@register.filter
def share(value: float) -> str:
    """A share as a percentage, 0.1234 as "12.3%"."""
    return f"{value:.1%}"
