"""Writing of notices and web hook messages: `notify_users` is the one way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bounty.celery_app import NOTICES
from bounty.core import queue
from bounty.models import Competition, Delivery, Notice, NoticeKind, WebHook
from bounty.notifications import kinds, recipients
from bounty.notifications.grouping import NoticeBundle, merge_into_unread
from bounty.notifications.wording import NoticeText, NoticeWording, Words

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_MAIL = {
    kinds.Mail.OFF: Notice.Mail.NONE,
    kinds.Mail.NOW: Notice.Mail.WAITING,
    kinds.Mail.DAILY: Notice.Mail.DIGEST,
}


def notify_users(
    kind: str,
    *,
    to: Iterable[User],
    competition: Competition | None,
    subject: Words,
    body: Words,
    url: str,
    bundle: NoticeBundle | None = None,
) -> None:
    """Writes notices to people, each in the ways that they chose and in their language, in the caller's
    transaction.

    `kind` is one of NoticeKind, `url` a path of this site. Nobody is told of a competition that they may not see.
    `subject` is one line; `body` may be empty; each is what somebody wrote, or a function that says it in the language
    and the time of whoever reads it. With a bundle, what a person has yet to read of it becomes one notice.
    What goes by mail at once, or to a web hook, is sent after the commit.
    """
    kind = NoticeKind(kind).value
    people = recipients.permitted_users(to, competition)
    hooks = _hooks(kind, people, competition)
    said = NoticeWording(subject, body, [*people, *(hook.owner for hook in hooks)])
    # One transaction, without a savepoint inside the caller's.
    with transaction.atomic(savepoint=False):
        written = _write(kind, people, competition, said, url, bundle)
        deliveries = [
            new_delivery(hook, kind, webhook_payload(kind, competition, said.to(hook.owner), url))
            for hook in hooks
        ]
        Delivery.objects.bulk_create(deliveries)
        if deliveries or any(notice.mail == Notice.Mail.WAITING for notice in written):
            transaction.on_commit(wake_worker, robust=True)


def wake_worker() -> None:
    """Sends the worker its task now; beat sends it again every few seconds, so a lost message loses nothing."""
    queue.send_task("bounty.send_notices", NOTICES)


def _write(
    kind: str,
    people: Sequence[User],
    competition: Competition | None,
    wording: NoticeWording,
    url: str,
    bundle: NoticeBundle | None,
) -> list[Notice]:
    wanted = kinds.notice_choices([user.pk for user in people], kind)
    now = timezone.now()
    notices = []
    for user in people:
        choice, said = wanted[user.pk], wording.to(user)
        mail = _MAIL[kinds.Mail(choice.mail)] if user.email else Notice.Mail.NONE
        if choice.on_site or mail != Notice.Mail.NONE:
            notices.append(
                Notice(
                    user=user,
                    kind=kind,
                    competition=competition,
                    subject=said.subject,
                    body=said.body,
                    url=url,
                    on_site=choice.on_site,
                    mail=mail,
                    mail_after=now if mail == Notice.Mail.WAITING else None,
                )
            )
    if bundle is not None:
        notices = merge_into_unread(notices, bundle, wording)
    # Ids are not needed here, and a competition has hundreds of followers: one statement.
    return Notice.objects.bulk_create(notices, batch_size=500)


def _hooks(kind: str, people: Sequence[User], competition: Competition | None) -> list[WebHook]:
    """One for each hook of a recipient, and the competition's own, if they want this kind."""
    active = WebHook.objects.filter(active=True).select_related("owner")
    hooks = list(active.filter(owner__in=people, competition=None)) if people else []
    if competition is not None and kind in kinds.COMPETITION_HOOK_KINDS:
        hooks += active.filter(competition=competition)
    return [hook for hook in hooks if kind in hook.kinds]


def webhook_payload(kind: str, competition: Competition | None, said: NoticeText, url: str) -> dict[str, Any]:
    """The body of a web hook's message, less the id and the time, which each delivery adds."""
    return {
        "kind": kind,
        "competition": competition.slug if competition else None,
        "subject": said.subject,
        "body": said.body,
        "url": absolute_url(url) if url else None,
    }


def new_delivery(hook: WebHook, kind: str, said: dict[str, Any]) -> Delivery:
    """An unsaved Delivery: a message to a web hook as it will be sent, due now."""
    return Delivery(hook=hook, kind=kind, payload=said, next_at=timezone.now())


def absolute_url(path: str) -> str:
    """The absolute URL of a path of this site."""
    return f"{settings.SITE_URL.rstrip('/')}{path}" if path.startswith("/") else path
