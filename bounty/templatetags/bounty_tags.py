"""What templates need beyond Django's own tags; the conventions are told at the top of templates/base.html."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django import template
from django.template.defaultfilters import date as date_text
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bounty import access, markdown
from bounty.models import Submission
from bounty.pictures import Chart

register = template.Library()


@register.simple_tag
def state(value: str) -> SafeString:
    """The pill of a submission's state: a mark, the word, a colour."""
    return format_html('<span class="state {}">{}</span>', value, Submission.State(value).label)


# A unit's seconds, and how many of it are still said in it: "12 days", not "1 week".
_UNITS = (
    ("minute", 60, 60),
    ("hour", 3600, 48),
    ("day", 86_400, 60),
    ("month", 2_629_800, 24),
    ("year", 31_557_600, math.inf),
)


def relative(at: datetime, now: datetime) -> str:
    """The distance in one whole unit, rounded down."""
    seconds = abs((now - at).total_seconds())
    if seconds < 60:
        return "just now"
    unit, size = next((unit, size) for unit, size, most in _UNITS if seconds < most * size)
    count = int(seconds // size)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if at <= now else f"in {words}"


@register.simple_tag
def when(at: datetime | None, missing: str = "not set") -> SafeString | str:
    """ "3 hours ago" or "in 2 days", the exact time on hover and in print."""
    if at is None:
        return missing
    words = relative(at, timezone.now())
    exact = f"{date_text(at, 'j F Y, H:i')} UTC"
    return format_html(
        '<time datetime="{}" title="{}" data-exact="{}">{}</time>', at.isoformat(), exact, exact, words
    )


@register.simple_tag
def group_words(words: str, expression: str = "") -> SafeString:
    """A group in words, its expression under it; only code can tell where neither is known."""
    said = words or (
        "a group given by an expression" if expression else "a group that only its code describes"
    )
    if not expression:
        return format_html('<span class="group-words">{}</span>', said)
    return format_html(
        '<span class="group-words">{}</span> <code class="expression">{}</code>', said, expression
    )


@register.simple_tag
def chart(drawing: Chart) -> SafeString:
    """A chart's drawings, a wide and a narrow one; the style sheet shows the one that fits."""
    return drawing.html


@register.filter(name="markdown")
def markdown_filter(text: str) -> SafeString:
    return markdown.render(text)


@register.simple_tag(takes_context=True)
def competition_links(context: dict[str, Any]) -> SafeString:
    """The competition's own navigation, the present page marked."""
    slug = context["competition"].slug
    match = context["request"].resolver_match
    links = [
        ("competition", "Overview"),
        ("explore", "Explore"),
        ("data", "Data"),
        ("model", "Model"),
        ("board", "Board"),
        ("discussion", "Discussion"),
        ("rules", "Rules"),
        ("submit", "Submit"),
    ]
    if context["request"].user.is_authenticated:
        links += [("my-submissions", "My submissions"), ("my-team", "My team")]
        duties = access.duties(context["request"].user, context["competition"])
        if duties:
            links.append(("moderate", "Moderate"))
        if "organiser" in duties:
            links.append(("organise-competition", "Organise"))
    here = match.url_name if match else ""
    return format_html_join(
        "\n",
        '<li><a href="{}"{}>{}</a></li>',
        (
            (reverse(name, args=[slug]), SafeString(' aria-current="page"') if name == here else "", words)
            for name, words in links
        ),
    )
