"""Template tags of people's names, as links where they let the reader see their page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bounty.people import profiles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from bounty.models import Profile

register = template.Library()


@register.simple_tag(takes_context=True)
def open_pages(context: dict[str, Any], people: Iterable[User]) -> dict[int, Profile]:
    """The profiles of these people that the reader may see, by user id: what `person_link` needs, asked once for
    all.
    """
    return profiles.visible_profiles(context["request"].user, people)


@register.simple_tag
def person_link(person: User, pages: Mapping[int, Profile]) -> SafeString:
    """HTML of the person's name, a link where the reader may see their page."""
    name = person.get_username()
    if person.pk not in (pages or {}):
        return format_html("{}", name)
    return format_html('<a href="{}">{}</a>', reverse("profile", args=[name]), name)
