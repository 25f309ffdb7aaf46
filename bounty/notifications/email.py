"""Mail of notices: one notice at once, or a day's digest. A broken mail server only delays them."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core import localization
from bounty.models import Notice
from bounty.notifications import recipients, unsubscribe
from bounty.notifications.send import absolute_url

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

Mail = Notice.Mail
# Seconds before the second attempt; doubled at each further one, up to LONGEST_WAIT. Twenty attempts span three days.
FIRST_WAIT, LONGEST_WAIT = 30, timedelta(hours=6)
MOST_ATTEMPTS = 20
# Sent in one go; what is left is due at once again.
BATCH = 200
# In one digest; the rest is counted and waits on the site.
SHOWN_IN_DIGEST = 50


def mail_retry_delay(attempts: int) -> timedelta:
    """The time from an attempt to the next one, after that many attempts."""
    return min(timedelta(seconds=FIRST_WAIT * 2 ** min(attempts, 16)), LONGEST_WAIT)


def may_be_mailed(user: User) -> bool:
    """Whether mail may go to this person: nobody is written to at an address that they have yet to confirm."""
    if not (user.is_active and user.email):
        return False
    return not EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=False).exists()


# --- at once -------------------------------------------------------------------------------------------------------
def send_due_mails(now: datetime) -> None:
    """Sends each waiting notice as one mail. Where the server does not answer, the rest waits with it."""
    due = Notice.objects.mails_due(now).select_related("user", "competition").order_by("mail_after", "pk")
    connection: Any = None
    for notice in list(due[:BATCH]):
        if not _claim(notice, now):
            continue
        if not (may_be_mailed(notice.user) and recipients.permitted_users([notice.user], notice.competition)):
            _set_mail_state(notice, Mail.NONE)
            continue
        connection = connection or get_connection()
        with localization.override_locale_for(notice.user):
            message = _compose_mail(notice)
        if not _send(message, connection):
            _give_up_after_most_attempts(notice)
            if not _server_answers(connection):
                return
            continue
        _set_mail_state(notice, Mail.SENT)
    if connection is not None:
        connection.close()


def _claim(notice: Notice, now: datetime) -> bool:
    later = now + mail_retry_delay(notice.mail_attempts)
    due = Notice.objects.filter(pk=notice.pk, mail=Mail.WAITING, mail_after__lte=now)
    return bool(due.update(mail_after=later, mail_attempts=F("mail_attempts") + 1))


def _set_mail_state(notice: Notice, how: str) -> None:
    Notice.objects.filter(pk=notice.pk).update(mail=how, mail_after=None)


def _give_up_after_most_attempts(notice: Notice) -> None:
    """Marks the notice as failed once it was tried too often; until then it is due at the time that claiming set."""
    if notice.mail_attempts + 1 >= MOST_ATTEMPTS:
        log.error("notice %s could not be sent by mail in %s attempts", notice.pk, MOST_ATTEMPTS)
        _set_mail_state(notice, Mail.FAILED)


def _send(message: EmailMessage, connection: Any) -> bool:
    message.connection = connection
    try:
        message.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        # ValueError: an address or a text that no mail can hold must not hold up everybody else's.
        log.warning("mail could not be sent: %s", error)
        return False
    return True


def _server_answers(connection: Any) -> bool:
    """Whether the mail server is there at all: else trying the next mail would only wait once more."""
    try:
        connection.close()
        connection.open()
    except (OSError, smtplib.SMTPException):
        return False
    return True


def _compose_mail(notice: Notice) -> EmailMessage:
    link = unsubscribe.unsubscribe_link(notice.user, notice.kind)
    context = {
        "notice": notice,
        "address": absolute_url(notice.url) if notice.url else "",
        "stop": link,
        "settings_url": absolute_url(unsubscribe.settings_path()),
        "kind": notice.get_kind_display(),
    }
    where = f"[{notice.competition}] " if notice.competition else ""
    return _mail_to(
        notice.user, f"{where}{notice.subject}", render_to_string("notifications/mail.txt", context), link
    )


def _mail_to(user: User, subject: str, body: str, link: str) -> EmailMessage:
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[user.email],
        headers={
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )


# --- once a day ----------------------------------------------------------------------------------------------------
def latest_digest_time(now: datetime) -> datetime:
    """The latest hour of digests before now: what was written before it is due."""
    moment = now.replace(hour=settings.DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return moment if moment <= now else moment - timedelta(days=1)


def send_digests(now: datetime) -> None:
    """Sends one mail to everybody for whom something waited before today's hour. A day that was missed is caught up
    with.
    """
    waiting = Notice.objects.filter(mail=Mail.DIGEST, created_at__lt=latest_digest_time(now))
    # `mail_after` is empty until a first attempt failed.
    waiting = waiting.exclude(mail_after__gt=now)
    people = get_user_model().objects.filter(pk__in=waiting.values("user"))
    connection: Any = None
    for user in people[:BATCH]:
        connection = connection or get_connection()
        if not _send_digest(user, now, connection) and not _server_answers(connection):
            return
    if connection is not None:
        connection.close()


def _send_digest(user: User, now: datetime, connection: Any) -> bool:
    pending = Notice.objects.filter(user=user, mail=Mail.DIGEST).exclude(mail_after__gt=now)
    rows = list(pending.select_related("competition").order_by("created_at", "pk"))
    keys = [row.pk for row in rows]
    attempts = max((row.mail_attempts for row in rows), default=0)
    claimed = Notice.objects.filter(pk__in=keys, mail=Mail.DIGEST).exclude(mail_after__gt=now)
    if not claimed.update(mail_after=now + mail_retry_delay(attempts), mail_attempts=F("mail_attempts") + 1):
        return True
    mine = Notice.objects.filter(pk__in=keys)
    # Asked anew: between the event and the mail somebody may have been put out of a competition.
    told = (
        [row for row in rows if recipients.permitted_users([user], row.competition)]
        if may_be_mailed(user)
        else []
    )
    if not told:
        mine.update(mail=Mail.NONE, mail_after=None)
        return True
    with localization.override_locale_for(user):
        message = _compose_digest(user, told)
    if _send(message, connection):
        mine.update(mail=Mail.SENT, mail_after=None)
        return True
    if attempts + 1 >= MOST_ATTEMPTS:
        mine.update(mail=Mail.FAILED, mail_after=None)
    return False


def _compose_digest(user: User, rows: Sequence[Notice]) -> EmailMessage:
    """The digest's mail, its notices grouped by competition, oldest first."""
    shown = rows[-SHOWN_IN_DIGEST:]
    groups: dict[str, list[dict[str, str]]] = {}
    for row in shown:
        name = str(row.competition) if row.competition else _("Your account")
        said = {"subject": row.subject, "address": absolute_url(row.url) if row.url else ""}
        groups.setdefault(name, []).append(said)
    link = unsubscribe.unsubscribe_link(user, unsubscribe.DIGEST)
    context = {
        "user": user,
        "groups": groups,
        "more": len(rows) - len(shown),
        "site": absolute_url(unsubscribe.list_path()),
        "stop": link,
        "settings_url": absolute_url(unsubscribe.settings_path()),
    }
    subject = ngettext("%(count)d notice", "%(count)d notices", len(rows)) % {"count": len(rows)}
    return _mail_to(
        user, f"Bias Bounty: {subject}", render_to_string("notifications/digest.txt", context), link
    )
