"""Template tags and filters of all pages; the conventions are told at the top of templates/base.html."""

from __future__ import annotations

import math
from datetime import date, datetime

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from bounty.charts import Chart
from bounty.core import localization, markdown
from bounty.models import Competition, Submission
from bounty.shared_model.practice_noise import is_noised

register = template.Library()


@register.simple_tag
def state(value: str) -> SafeString:
    """HTML of the pill of a submission's state: a mark, the word, a colour."""
    return format_html('<span class="state {}">{}</span>', value, Submission.State(value).label)


# A unit's seconds, how many of it are still said in it ("12 days", not "1 week"), the words before and after now.
_UNITS = (
    (60, 60, ngettext_lazy("%(n)d minute ago", "%(n)d minutes ago", "n")),
    (3600, 48, ngettext_lazy("%(n)d hour ago", "%(n)d hours ago", "n")),
    (86_400, 60, ngettext_lazy("%(n)d day ago", "%(n)d days ago", "n")),
    (2_629_800, 24, ngettext_lazy("%(n)d month ago", "%(n)d months ago", "n")),
    (31_557_600, math.inf, ngettext_lazy("%(n)d year ago", "%(n)d years ago", "n")),
)
_AHEAD = (
    ngettext_lazy("in %(n)d minute", "in %(n)d minutes", "n"),
    ngettext_lazy("in %(n)d hour", "in %(n)d hours", "n"),
    ngettext_lazy("in %(n)d day", "in %(n)d days", "n"),
    ngettext_lazy("in %(n)d month", "in %(n)d months", "n"),
    ngettext_lazy("in %(n)d year", "in %(n)d years", "n"),
)


def relative(at: datetime, now: datetime) -> str:
    """A time in words, as its distance from now in one whole unit, rounded down."""
    seconds = abs((now - at).total_seconds())
    if seconds < 60:
        return _("just now")
    place = next(place for place, (size, most, _past) in enumerate(_UNITS) if seconds < most * size)
    size, _most, past = _UNITS[place]
    return str((past if at <= now else _AHEAD[place]) % {"n": int(seconds // size)})


@register.filter
def day(at: date) -> str:
    """A date in the reader's language, as in "until 3 March 2026"."""
    return localization.format_date(at)


@register.simple_tag
def when(at: datetime | None, missing: str = "") -> SafeString | str:
    """HTML of a time: "3 hours ago" or "in 2 days"; the exact time in the reader's zone on hover and in print."""
    if at is None:
        return missing or _("not set")
    words = relative(at, timezone.now())
    exact = localization.format_time_with_zone(at)
    return format_html(
        '<time datetime="{}" title="{}" data-exact="{}">{}</time>', at.isoformat(), exact, exact, words
    )


@register.simple_tag
def group_words(words: str, expression: str = "") -> SafeString:
    """HTML of a group in words, its expression under it; only code can tell where neither is known."""
    said = words or (
        _("a group given by an expression") if expression else _("a group that only its code describes")
    )
    if not expression:
        return format_html('<span class="group-words">{}</span>', said)
    return format_html(
        '<span class="group-words">{}</span> <code class="expression">{}</code>', said, expression
    )


@register.simple_tag
def chart(drawing: Chart) -> SafeString:
    """HTML of a chart's drawings, a wide and a narrow one; the style sheet shows the one that fits."""
    return drawing.html


@register.filter(name="markdown")
def markdown_filter(text: str) -> SafeString:
    """HTML of a Markdown text."""
    return markdown.render_markdown(text)


@register.simple_tag
def about_groups(competition: Competition) -> SafeString | str:
    """A note beside figures of strangers' groups on practice rows: what noise they have; "" where they are exact."""
    if not is_noised(competition):
        return ""
    words = _("Figures of submitted groups are about right: they have noise that hides each person.")
    address = reverse("rules", args=[competition.slug])
    return format_html('<p class="note"><a href="{}#people">{}</a></p>', address, words)
