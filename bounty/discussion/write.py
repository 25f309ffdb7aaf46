"""Writing in a discussion: creates, edits and deletes posts and write-ups, and accepts answers.

Nothing is written in part, and no earlier wording is lost.
"""

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
from bounty.models.discussion import AuthoredText
from bounty.submissions import screening

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State, Kind = AuthoredText.State, Thread.Kind
MOST_CHARACTERS = 10_000
MOST_CHARACTERS_WRITE_UP = 40_000
# (posts, in how long): nobody fills a discussion alone.
RATES = ((5, timedelta(minutes=2)), (60, timedelta(hours=24)))


def start_thread(competition: Competition, kind: str, title: str, text: str, by: User) -> Thread:
    """Creates a thread with its first post. Raises PermissionDenied, Refusal."""
    _check(permissions.start_refusal(by, competition, kind))
    now = timezone.now()
    with transaction.atomic():
        _check_rate(by, now)
        title = " ".join(title.split())
        thread = Thread.objects.create(
            competition=competition, kind=kind, title=title, author=by, last_at=now
        )
        post = Post.objects.create(
            thread=thread, number=1, author=by, text=text, **_screening_fields(title, text, now)
        )
        if post.state == State.SHOWN:
            notify.notify_of_thread(thread, post)
    return thread


def reply_to_thread(thread: Thread, text: str, by: User) -> Post:
    """Creates a post at the end of a thread. Raises PermissionDenied where it is locked, Refusal."""
    now = timezone.now()
    with transaction.atomic():
        thread = (
            Thread.objects.select_for_update(of=("self",)).select_related("competition").get(pk=thread.pk)
        )
        _check(permissions.reply_refusal(by, thread))
        _check_rate(by, now)
        number = (thread.posts.aggregate(newest=Max("number"))["newest"] or 0) + 1
        post = Post.objects.create(
            thread=thread, number=number, author=by, text=text, **_screening_fields("", text, now)
        )
        if post.state == State.SHOWN:
            thread.last_at = now
            thread.save(update_fields=["last_at"])
            notify.notify_of_reply(post)
    return post


def change_post(post: Post, text: str, by: User) -> None:
    """Changes a post's text; the old wording is kept and can be read. Raises PermissionDenied, Refusal."""
    _check(permissions.change_refusal(by, post))
    if text == post.text:
        return
    now = timezone.now()
    with transaction.atomic():
        _check_rate(by, now)
        Revision.objects.create(post=post, by=by, text=post.text)
        title = post.thread.title if post.number == 1 else ""
        _update_row(post, now, text=text, edited_at=now, **_rescreening_fields(post, title, text, now))


def delete_post(post: Post, by: User) -> None:
    """Deletes a post for its author: the text is gone for readers, the answers to it stay. Raises PermissionDenied,
    Refusal.
    """
    _check(permissions.change_refusal(by, post))
    with transaction.atomic():
        _update_row(post, timezone.now(), state=State.DELETED, reason="")
        Thread.objects.filter(pk=post.thread_id, accepted=post).update(accepted=None)


def accept_answer(thread: Thread, post: Post | None, by: User) -> None:
    """Marks the accepted answer of a question, or none. Raises PermissionDenied, Refusal."""
    _check(permissions.accept_refusal(by, thread))
    if post is not None and (post.thread_id != thread.pk or post.number == 1 or post.state != State.SHOWN):
        raise Refusal(_("That is no answer to this question."))
    with transaction.atomic():
        changed = Thread.objects.filter(pk=thread.pk).exclude(accepted=post) if post else None
        Thread.objects.filter(pk=thread.pk).update(accepted=post)
        if post is not None and changed is not None and thread.accepted_id != post.pk:
            notify.notify_of_accepted_answer(thread, post, by)


def save_write_up(team: Team, title: str, text: str, by: User) -> WriteUp:
    """Creates a team's write-up, or changes its wording. Raises PermissionDenied, Refusal."""
    _check(permissions.write_up_refusal(by, team))
    now = timezone.now()
    title = " ".join(title.split())
    with transaction.atomic():
        present = WriteUp.objects.filter(team=team).first()
        if present is None:
            return _create_write_up(team, title, text, by, now)
        _check_rate(by, now)
        Revision.objects.create(write_up=present, by=by, title=present.title, text=present.text)
        if present.state == State.DELETED:
            # Others read no wording from before this one.
            Revision.objects.create(write_up=present, by=by)
        screened = _rescreening_fields(present, title, text, now)
        _update_row(present, now, title=title, text=text, author=by, edited_at=now, **screened)
    return present


def _create_write_up(team: Team, title: str, text: str, by: User, now: datetime) -> WriteUp:
    given = {"competition": team.competition, "author": by, "title": title, "text": text}
    try:
        with transaction.atomic():
            return WriteUp.objects.create(team=team, **given, **_screening_fields(title, text, now))
    except IntegrityError:
        raise Refusal(
            _("Somebody else of your team wrote one at the same moment: look at it, then change it.")
        ) from None


def delete_write_up(written: WriteUp, by: User) -> None:
    """Deletes a team's write-up: its text is gone for readers. Raises PermissionDenied, Refusal."""
    _check(permissions.write_up_refusal(by, written.team))
    _update_row(written, timezone.now(), state=State.DELETED, reason="")


def _update_row(written: Post | WriteUp, now: datetime, **fields: Any) -> None:
    """Writes the named fields alone, and only where no moderator was quicker. Raises Refusal otherwise."""
    rows: Any = type(written).objects.filter(pk=written.pk).exclude(state=State.HIDDEN)
    if not rows.update(**fields):
        raise Refusal(_("A moderator has hidden it meanwhile."))
    for name, value in fields.items():
        setattr(written, name, value)


def _screening_fields(title: str, text: str, now: datetime) -> dict[str, Any]:
    """State and reason of a new text: held for a moderator, or shown."""
    if screening.is_abusive(title) or screening.is_abusive(text):
        why = _("It has words that a moderator has to look at.")
        return {"state": State.HELD, "reason": why, "held_at": now}
    return {"state": State.SHOWN, "reason": ""}


def _rescreening_fields(written: AuthoredText, title: str, text: str, now: datetime) -> dict[str, Any]:
    """State and reason of a changed text. A held one stays held in any wording; a deleted one appears again."""
    if written.state == State.HELD:
        return {}
    return _screening_fields(title, text, now)


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
