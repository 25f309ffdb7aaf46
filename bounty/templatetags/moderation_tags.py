"""Template tags of links to appeals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bounty.models import Ban
from bounty.moderation import appeals

if TYPE_CHECKING:
    from bounty.models import Competition, Submission

register = template.Library()


@register.simple_tag(takes_context=True)
def appeal_link(context: dict[str, Any], submission: Submission) -> SafeString | str:
    """HTML of the link to appeal against a refusal, or to the appeal that was sent, for its team; "" otherwise."""
    user = context["request"].user
    if not user.is_authenticated or submission.state not in appeals.KIND_OF:
        return ""
    if submission.appeals.exists():
        words = _("Your appeal and its answer")
    elif not appeals.appeal_refusal(user, submission):
        words = _("Appeal: somebody else looks at it again")
    else:
        return ""
    return _link(reverse("appeal", args=[submission.competition.slug, submission.pk]), words)


@register.simple_tag(takes_context=True)
def ban_appeal_link(context: dict[str, Any], competition: Competition) -> SafeString | str:
    """HTML of the link to appeal against an exclusion, for the excluded person; "" for everybody else."""
    user = context["request"].user
    if not user.is_authenticated or not Ban.objects.filter(competition=competition, user=user).exists():
        return ""
    return _link(reverse("appeal-ban", args=[competition.slug]), _("Appeal: somebody else looks at it again"))


def _link(url: str, words: str) -> SafeString:
    return format_html('<p class="actions"><a class="button quiet" href="{}">{}</a></p>', url, words)
