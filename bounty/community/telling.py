"""Whom a post, an announcement or a decision about them is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from bounty.models import AbuseReport, NoticeKind, Post, Thread, WriteUp
from bounty.models.community import Written
from bounty.notices import audience, tell

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SAID = 300


def _beginning(text: str) -> str:
    return text if len(text) <= SAID else f"{text[:SAID]}…"


def started(thread: Thread, post: Post) -> None:
    """An announcement goes to all entrants and followers, a question to the organisers."""
    if thread.kind == Thread.Kind.ANNOUNCEMENT:
        people = {user.pk: user for user in audience.entrants(thread.competition)}
        people |= {user.pk: user for user in audience.followers(thread.competition)}
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
        to = [user for user in audience.organisers(thread.competition) if user.pk != post.author_id]
        subject = _("%(person)s asks: %(title)s") % {
            "person": post.author.get_username(),
            "title": thread.title,
        }
        _reply(to, thread, post, subject)


def replied(post: Post) -> None:
    """Everybody who wrote in the thread before hears of it."""
    thread = post.thread
    wrote = thread.posts.filter(state=Written.State.SHOWN).exclude(author=post.author_id).values("author")
    to = get_user_model().objects.filter(pk__in=wrote)
    subject = _("%(person)s replied in “%(title)s”") % {
        "person": post.author.get_username(),
        "title": thread.title,
    }
    _reply(list(to), thread, post, subject)


def accepted(thread: Thread, post: Post, by: User) -> None:
    if post.author_id != by.pk:
        subject = _("Your answer in “%(title)s” was accepted") % {"title": thread.title}
        _reply([post.author], thread, post, subject)


def _reply(to: list[User], thread: Thread, post: Post, subject: str) -> None:
    tell(
        NoticeKind.REPLY,
        to=to,
        competition=thread.competition,
        subject=subject,
        body=_beginning(post.text),
        url=post.get_absolute_url(),
    )


def decided(written: Post | WriteUp) -> None:
    """The author hears that a moderator hid it, or showed it (again)."""
    competition = written.thread.competition if isinstance(written, Post) else written.competition
    title = written.thread.title if isinstance(written, Post) else written.title
    if written.state == Written.State.HIDDEN:
        subject = _("A moderator has hidden what you wrote in “%(title)s”") % {"title": title}
    else:
        subject = _("What you wrote in “%(title)s” is shown") % {"title": title}
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
        subject=_("Your report was upheld") if upheld else _("Your report was dismissed"),
        body=report.answer,
        url=report.competition.get_absolute_url(),
    )
