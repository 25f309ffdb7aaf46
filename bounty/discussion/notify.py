"""Whom a post, an announcement or a decision about them is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.models import AbuseReport, NoticeKind, Post, Thread, WriteUp
from bounty.models.discussion import Written
from bounty.notifications import Bundle, Words, recipients, tell

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SAID = 300


def _beginning(text: str) -> str:
    return text if len(text) <= SAID else f"{text[:SAID]}…"


def started(thread: Thread, post: Post) -> None:
    """An announcement goes to all entrants and followers, a question to the organisers."""
    if thread.kind == Thread.Kind.ANNOUNCEMENT:
        people = {user.pk: user for user in recipients.entrants(thread.competition)}
        people |= {user.pk: user for user in recipients.followers(thread.competition)}
        people.pop(post.author_id, None)
        tell(
            NoticeKind.ANNOUNCEMENT,
            to=people.values(),
            competition=thread.competition,
            subject=thread.title,
            body=post.text,
            url=thread.get_absolute_url(),
        )
    elif thread.kind == Thread.Kind.QUESTION:
        to = [user for user in recipients.organisers(thread.competition) if user.pk != post.author_id]
        said = {"person": post.author.get_username(), "title": thread.title}
        _reply(to, thread, post, lambda: _("%(person)s asks: %(title)s") % said)


def replied(post: Post) -> None:
    """Everybody who wrote in the thread before hears of it; several answers that one has yet to read, at once."""
    thread = post.thread
    wrote = thread.posts.filter(state=Written.State.SHOWN).exclude(author=post.author_id).values("author")
    to = get_user_model().objects.filter(pk__in=wrote)
    said = {"person": post.author.get_username(), "title": thread.title}

    def several(count: int) -> str:
        words = ngettext("%(count)d new answer in “%(title)s”", "%(count)d new answers in “%(title)s”", count)
        return words % {"count": count, "title": thread.title}

    _reply(
        list(to),
        thread,
        post,
        lambda: _("%(person)s replied in “%(title)s”") % said,
        Bundle(f"thread:{thread.pk}", several),
    )


def accepted(thread: Thread, post: Post, by: User) -> None:
    if post.author_id != by.pk:
        said = {"title": thread.title}
        _reply([post.author], thread, post, lambda: _("Your answer in “%(title)s” was accepted") % said)


def _reply(to: list[User], thread: Thread, post: Post, subject: Words, bundle: Bundle | None = None) -> None:
    tell(
        NoticeKind.REPLY,
        to=to,
        competition=thread.competition,
        subject=subject,
        body=_beginning(post.text),
        url=post.get_absolute_url(),
        bundle=bundle,
    )


def decided(written: Post | WriteUp) -> None:
    """The author hears that a moderator hid it, or showed it (again)."""
    competition = written.thread.competition if isinstance(written, Post) else written.competition
    title = written.thread.title if isinstance(written, Post) else written.title

    def subject() -> str:
        if written.state == Written.State.HIDDEN:
            return _("A moderator has hidden what you wrote in “%(title)s”") % {"title": title}
        return _("What you wrote in “%(title)s” is shown") % {"title": title}

    tell(
        NoticeKind.MODERATION,
        to=[written.author],
        competition=competition,
        subject=subject,
        body=written.reason,
        url=written.get_absolute_url(),
    )


def answered(report: AbuseReport) -> None:
    """Who reported something hears what was decided."""
    upheld = report.state == AbuseReport.State.UPHELD
    tell(
        NoticeKind.MODERATION,
        to=[report.reporter],
        competition=report.competition,
        subject=lambda: _("Your report was upheld") if upheld else _("Your report was dismissed"),
        body=report.answer,
        url=report.competition.get_absolute_url(),
    )
