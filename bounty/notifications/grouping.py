"""Grouping of notices: repeated notices of one thing, as the answers in a thread, are one row while it stays
unread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from bounty.core import localization
from bounty.models import Notice
from bounty.notifications.wording import NoticeWording, one_line


@dataclass(frozen=True)
class NoticeBundle:
    """The key of notices that belong together, and the subject of several, by their number."""

    key: str
    subject: Callable[[int], str]


def merge_into_unread(
    notices: Sequence[Notice], bundle: NoticeBundle, wording: NoticeWording
) -> list[Notice]:
    """Counts each notice in its reader's unread notice of the bundle; returns the notices to be written all the
    same.

    Mail at once is not held back: it goes out on its own, and the list on the site stays short.
    """
    unread = Notice.objects.select_for_update().filter(
        user__in=[notice.user_id for notice in notices], bundle=bundle.key, on_site=True, read_at=None
    )
    # A digest that is being sent has counted already.
    waiting = {row.user_id: row for row in unread.filter(mail_after=None).order_by("pk")}
    new = []
    for notice in notices:
        row = waiting.get(notice.user_id) if notice.on_site else None
        if row is None:
            notice.bundle = bundle.key
            new.append(notice)
            continue
        row.count += 1
        with localization.override_locale(wording.voice(notice.user)):
            row.subject = one_line(bundle.subject(row.count))
        row.body, row.created_at = notice.body, timezone.now()
        if notice.mail == Notice.Mail.WAITING:
            notice.on_site = False
            new.append(notice)
        elif notice.mail == Notice.Mail.DIGEST:
            row.mail, row.mail_attempts = notice.mail, 0
        row.save(update_fields=["count", "subject", "body", "created_at", "mail", "mail_attempts"])
    return new
