"""Template filters of the organisers' pages."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from evaluator.adjudication.feedback import format_points

register = template.Library()


@register.filter
def gain_points(gain: float | None, share: float) -> str:
    """A gain over everybody, as the gain inside a group of that share."""
    if gain is None or gain > share:
        return _("not possible")
    return format_points(gain / share)


@register.filter
def split_name(name: str) -> str:
    """A split's name as a person says it."""
    return name.replace("-", " ")
