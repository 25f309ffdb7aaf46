"""Template tags of notifications: the bell in the head of every page, feeds, following."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.models import Competition
from bounty.web.notifications import inbox

register = template.Library()


@register.simple_tag(takes_context=True)
def bell(context: dict[str, Any]) -> SafeString:
    """HTML of the link to the reader's notices, with the number of unread ones."""
    count = inbox.unread_count(context["request"]) if "request" in context else 0
    said = ngettext("%(count)d not read yet", "%(count)d not read yet", count) % {"count": count}
    mark = (
        format_html(
            ' <span class="count" aria-hidden="true">{}</span><span class="visually-hidden">, {}</span>',
            count if count < 100 else "99+",
            said,
        )
        if count
        else SafeString("")
    )
    return format_html('<a class="bell" href="{}">{}{}</a>', reverse("notices"), _("Notices"), mark)


@register.simple_tag
def feed_link(competition: Competition) -> SafeString:
    """HTML of the feed of accepted patches, for the head of a competition's pages; "" where not everybody may read
    it.
    """
    if not competition.is_publicly_visible:
        return SafeString("")
    return format_html(
        '<link rel="alternate" type="application/atom+xml" href="{}" title="{}">',
        reverse("competition-feed", args=[competition.slug]),
        _("Accepted patches · %(title)s") % {"title": competition.title},
    )


@register.simple_tag(takes_context=True)
def follows(context: dict[str, Any], competition: Competition) -> bool:
    """Whether the reader follows it."""
    return inbox.is_following(context["request"], competition)
