"""Unsubscribe links (RFC 8058), signed, so that nobody needs to log in to end mail of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core import signing
from django.urls import reverse

from bounty.models import NoticeKind, NoticePreference
from bounty.notifications import kinds
from bounty.notifications.send import absolute_url

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_SALT = "bounty.notices.unsubscribe"
# In place of a kind: everything that comes once a day.
DIGEST = "digest"


def unsubscribe_link(user: User, kind: str) -> str:
    """The signed link that ends this person's mail of one kind."""
    token = signing.dumps({"user": user.pk, "kind": kind}, salt=_SALT)
    return absolute_url(reverse("unsubscribe", args=[token]))


def read_unsubscribe_token(token: str) -> tuple[User, str] | None:
    """The person and the kind of mail that the link ends; None where it was not written here."""
    try:
        said = signing.loads(token, salt=_SALT)
        user = get_user_model().objects.filter(pk=said["user"]).first()
        kind = said["kind"]
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
    if user is None or (kind != DIGEST and kind not in NoticeKind.values):
        return None
    return user, kind


def stop_mail(user: User, kind: str) -> None:
    """Writes the preference of no mail of this kind any more; what the site shows stays as it is."""
    chosen = {row.kind: row for row in NoticePreference.objects.filter(user=user)}
    for each in NoticeKind.values if kind == DIGEST else [kind]:
        row = chosen.get(each) or NoticePreference(user=user, kind=each, mail=kinds.DEFAULT_MAIL[each])
        if kind != DIGEST or row.mail == kinds.Mail.DAILY:
            NoticePreference.objects.update_or_create(
                user=user, kind=each, defaults={"mail": kinds.Mail.OFF, "on_site": row.on_site}
            )


def settings_path() -> str:
    return reverse("notice-settings")


def list_path() -> str:
    return reverse("notices")
