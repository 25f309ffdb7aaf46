"""Menus as templates draw them (bounty.web.navigation)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from bounty.web import navigation

register = template.Library()
_HERE = mark_safe(' aria-current="page"')


@register.simple_tag(takes_context=True)
def competition_menu(context: dict[str, Any], menu: str, here: str = "") -> SafeString:
    """The list items of a competition's menu, the present page marked."""
    return _items(navigation.competition_links(menu, context["request"], context["competition"], here))


@register.simple_tag(takes_context=True)
def account_menu(context: dict[str, Any]) -> SafeString:
    """The list items of the menu of one's account, the present page marked."""
    return _items(navigation.account_links(context["request"]))


@register.simple_tag(takes_context=True)
def panel_links(context: dict[str, Any]) -> SafeString:
    """The pages of the moderators' panel, as links in a paragraph."""
    links = navigation.competition_links("moderate", context["request"], context["competition"])
    return format_html_join("\n", '<a href="{}">{}</a>', ((link.url, link.words) for link in links))


def _items(links: Iterable[navigation.Link]) -> SafeString:
    return format_html_join(
        "\n",
        '<li><a href="{}"{}>{}</a></li>',
        ((link.url, _HERE if link.is_current else "", link.words) for link in links),
    )
