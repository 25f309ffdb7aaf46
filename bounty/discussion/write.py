"""Starting, answering, changing and taking back. Nothing is written in part, and no earlier wording is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core.errors import Refusal
from bounty.discussion import notify, permissions
from bounty.models import Competition, Post, Revision, Team, Thread, WriteUp
from bounty.models.discussion import Written
from bounty.submissions import screening

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State, Kind = Written.State, Thread.Kind
MOST_CHARACTERS = 10_000
MOST_CHARACTERS_WRITE_UP = 40_000
# (posts, in how long): nobody fills a discussion alone.
RATES = ((5, timedelta(minutes=2)), (60, timedelta(hours=24)))


def start(competition: Competition, kind: str, title: str, text: str, by: User) -> Thread:
    """A new thread with its first post. Raises PermissionDenied, Refusal."""
    _check(permissions.start_refusal(by, competition, kind))
    now = timezone.now()
    with transaction.atomic():
        _check_rate(by, now)
        title = " ".join(title.split())
        thread = Thread.objects.create(
            competition=competition, kind=kind, title=title, author=by, last_at=now
        )
        post = Post.objects.create(
            thread=thread, number=1, author=by, text=text, **_screened(title, text, now)
        )
        if post.state == State.SHOWN:
            notify.started(thread, post)
    return thread


def reply(thread: Thread, text: str, by: User) -> Post:
    """An answer at the end of a thread. Raises PermissionDenied where it is locked, Refusal."""
    now = timezone.now()
    with transaction.atomic():
        thread = (
            Thread.objects.select_for_update(of=("self",)).select_related("competition").get(pk=thread.pk)
        )
        _check(permissions.reply_refusal(by, thread))
        _check_rate(by, now)
        number = (thread.posts.aggregate(newest=Max("number"))["newest"] or 0) + 1
        post = Post.objects.create(
            thread=thread, number=number, author=by, text=text, **_screened("", text, now)
        )
        if post.state == State.SHOWN:
            thread.last_at = now
            thread.save(update_fields=["last_at"])
            notify.replied(post)
    return post


def change(post: Post, text: str, by: User) -> None:
    """Another wording; the old one is kept and can be read."""
    _check(permissions.change_refusal(by, post))
    if text == post.text:
        return
    now = timezone.now()
    with transaction.atomic():
        _check_rate(by, now)
        Revision.objects.create(post=post, by=by, text=post.text)
        title = post.thread.title if post.number == 1 else ""
        _keep(post, now, text=text, edited_at=now, **_screened_again(post, title, text, now))


def take_back(post: Post, by: User) -> None:
    """The author's own deletion: the text is gone for readers, the answers to it stay."""
    _check(permissions.change_refusal(by, post))
    with transaction.atomic():
        _keep(post, timezone.now(), state=State.DELETED, reason="")
        Thread.objects.filter(pk=post.thread_id, accepted=post).update(accepted=None)


def accept(thread: Thread, post: Post | None, by: User) -> None:
    """Mark the answer that helped, or none."""
    _check(permissions.accept_refusal(by, thread))
    if post is not None and (post.thread_id != thread.pk or post.number == 1 or post.state != State.SHOWN):
        raise Refusal(_("That is no answer to this question."))
    with transaction.atomic():
        changed = Thread.objects.filter(pk=thread.pk).exclude(accepted=post) if post else None
        Thread.objects.filter(pk=thread.pk).update(accepted=post)
        if post is not None and changed is not None and thread.accepted_id != post.pk:
            notify.accepted(thread, post, by)


def write_up(team: Team, title: str, text: str, by: User) -> WriteUp:
    """A team's write-up, new or in another wording."""
    _check(permissions.write_up_refusal(by, team))
    now = timezone.now()
    title = " ".join(title.split())
    with transaction.atomic():
        present = WriteUp.objects.filter(team=team).first()
        if present is None:
            return _first(team, title, text, by, now)
        _check_rate(by, now)
        Revision.objects.create(write_up=present, by=by, title=present.title, text=present.text)
        if present.state == State.DELETED:
            # Others read no wording from before this one.
            Revision.objects.create(write_up=present, by=by)
        screened = _screened_again(present, title, text, now)
        _keep(present, now, title=title, text=text, author=by, edited_at=now, **screened)
    return present


def _first(team: Team, title: str, text: str, by: User, now: datetime) -> WriteUp:
    given = {"competition": team.competition, "author": by, "title": title, "text": text}
    try:
        with transaction.atomic():
            return WriteUp.objects.create(team=team, **given, **_screened(title, text, now))
    except IntegrityError:
        raise Refusal(
            _("Somebody else of your team wrote one at the same moment: look at it, then change it.")
        ) from None


def take_back_write_up(written: WriteUp, by: User) -> None:
    _check(permissions.write_up_refusal(by, written.team))
    _keep(written, timezone.now(), state=State.DELETED, reason="")


def _keep(written: Post | WriteUp, now: datetime, **fields: Any) -> None:
    """Only the named fields, and only where no moderator was quicker."""
    rows: Any = type(written).objects.filter(pk=written.pk).exclude(state=State.HIDDEN)
    if not rows.update(**fields):
        raise Refusal(_("A moderator has hidden it meanwhile."))
    for name, value in fields.items():
        setattr(written, name, value)


def _screened(title: str, text: str, now: datetime) -> dict[str, Any]:
    """Held for a moderator, or shown."""
    if screening.is_abusive(title) or screening.is_abusive(text):
        why = _("It has words that a moderator has to look at.")
        return {"state": State.HELD, "reason": why, "held_at": now}
    return {"state": State.SHOWN, "reason": ""}


def _screened_again(written: Written, title: str, text: str, now: datetime) -> dict[str, Any]:
    """What is held stays held however it is reworded: somebody looks. What was taken back appears again."""
    if written.state == State.HELD:
        return {}
    return _screened(title, text, now)


def _check(refusal: str) -> None:
    if refusal:
        raise PermissionDenied(refusal)


def _check_rate(by: User, now: datetime) -> None:
    for most, span in RATES:
        since = now - span
        written = Post.objects.filter(author=by, created_at__gt=since).count()
        if written + Revision.objects.filter(by=by, replaced_at__gt=since).count() >= most:
            minutes = int(span.total_seconds() // 60)
            within = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
            raise Refusal(
                _(
                    "You have written or changed %(most)d texts within %(within)s, which is the most. "
                    "Your text is still here; send it a little later."
                )
                % {"most": most, "within": within}
            )
