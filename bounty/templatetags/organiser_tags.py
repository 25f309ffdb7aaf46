"""What the organiser's templates need."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
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


@register.simple_tag(takes_context=True)
def organise_links(context: dict[str, Any]) -> SafeString:
    """The organiser's pages of a competition, the present one marked."""
    slug = context["competition"].slug
    match = context["request"].resolver_match
    links = [
        ("organise-competition", _("Where it stands")),
        ("organise-texts", _("Texts and dates")),
        ("organise-words", _("Columns")),
        ("organise-corrections", _("Corrections")),
        ("organise-labels", _("Reported labels")),
        ("organise-findings-report", _("Findings report")),
        ("organise-people", _("People")),
        ("organise-participation", _("Participation")),
        ("organise-budget", _("Budget")),
    ]
    here = match.url_name if match else ""
    return format_html_join(
        "\n",
        '<li><a href="{}"{}>{}</a></li>',
        (
            (reverse(name, args=[slug]), SafeString(' aria-current="page"') if name == here else "", words)
            for name, words in links
        ),
    )
