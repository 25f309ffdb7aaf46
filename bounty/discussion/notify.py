"""Notices about threads, replies, accepted answers and moderators' decisions: recipients and wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.models import AbuseReport, NoticeKind, Post, Thread, WriteUp
from bounty.models.discussion import AuthoredText
from bounty.notifications import NoticeBundle, Words, notify_users, recipients

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SAID = 300


def _shorten(text: str) -> str:
    """The first SAID characters of a text, with an ellipsis where it is longer."""
    return text if len(text) <= SAID else f"{text[:SAID]}…"


def notify_of_thread(thread: Thread, post: Post) -> None:
    """Sends notices of a new thread: of an announcement to all entrants and followers, of a question to the
    organisers.
    """
    if thread.kind == Thread.Kind.ANNOUNCEMENT:
        people = {user.pk: user for user in recipients.entrants(thread.competition)}
        people |= {user.pk: user for user in recipients.followers(thread.competition)}
        people.pop(post.author_id, None)
        notify_users(
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
        _send_notice(to, thread, post, lambda: _("%(person)s asks: %(title)s") % said)


def notify_of_reply(post: Post) -> None:
    """Sends a notice of a reply to everybody who wrote in the thread before; several unread ones are bundled."""
    thread = post.thread
    wrote = (
        thread.posts.filter(state=AuthoredText.State.SHOWN).exclude(author=post.author_id).values("author")
    )
    to = get_user_model().objects.filter(pk__in=wrote)
    said = {"person": post.author.get_username(), "title": thread.title}

    def several(count: int) -> str:
        words = ngettext("%(count)d new answer in “%(title)s”", "%(count)d new answers in “%(title)s”", count)
        return words % {"count": count, "title": thread.title}

    _send_notice(
        list(to),
        thread,
        post,
        lambda: _("%(person)s replied in “%(title)s”") % said,
        NoticeBundle(f"thread:{thread.pk}", several),
    )


def notify_of_accepted_answer(thread: Thread, post: Post, by: User) -> None:
    """Sends a notice to the author of an answer that somebody else accepted."""
    if post.author_id != by.pk:
        said = {"title": thread.title}
        _send_notice([post.author], thread, post, lambda: _("Your answer in “%(title)s” was accepted") % said)


def _send_notice(
    to: list[User], thread: Thread, post: Post, subject: Words, bundle: NoticeBundle | None = None
) -> None:
    """Sends the notice of a post, with the beginning of its text."""
    notify_users(
        NoticeKind.REPLY,
        to=to,
        competition=thread.competition,
        subject=subject,
        body=_shorten(post.text),
        url=post.get_absolute_url(),
        bundle=bundle,
    )


def notify_of_decision(written: Post | WriteUp) -> None:
    """Sends a notice to the author of a text that a moderator hid or showed."""
    competition = written.thread.competition if isinstance(written, Post) else written.competition
    title = written.thread.title if isinstance(written, Post) else written.title

    def subject() -> str:
        if written.state == AuthoredText.State.HIDDEN:
            return _("A moderator has hidden what you wrote in “%(title)s”") % {"title": title}
        return _("What you wrote in “%(title)s” is shown") % {"title": title}

    notify_users(
        NoticeKind.MODERATION,
        to=[written.author],
        competition=competition,
        subject=subject,
        body=written.reason,
        url=written.get_absolute_url(),
    )


def notify_of_report_answer(report: AbuseReport) -> None:
    """Sends a notice of the decision to the person who reported something."""
    upheld = report.state == AbuseReport.State.UPHELD
    notify_users(
        NoticeKind.MODERATION,
        to=[report.reporter],
        competition=report.competition,
        subject=lambda: _("Your report was upheld") if upheld else _("Your report was dismissed"),
        body=report.answer,
        url=report.competition.get_absolute_url(),
    )
