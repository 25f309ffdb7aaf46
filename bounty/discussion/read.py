"""Queries for threads, posts, revisions and write-ups that a reader may see; a bounded number a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from bounty.models import Competition, Post, Revision, Role, TeamMember, Thread, WriteUp
from bounty.models.discussion import AuthoredText
from bounty.permissions import rules
from bounty.submissions import screening

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from bounty.models.memberships import Membership

    Person = User | AnonymousUser

State = AuthoredText.State


@dataclass(frozen=True)
class PostRow:
    """One post on a page: its text where the reader sees it, its author's role and team."""

    post: Post
    visible: bool
    duty: str
    team: str
    mine: bool
    edited: bool


def visible_threads(
    user: Person, competition: Competition, kind: str = "", membership: Membership | None = None
) -> QuerySet[Thread]:
    """The threads that this person may see: pinned ones first, then by their last answer."""
    first = Post.objects.filter(thread=OuterRef("pk"), number=1)
    answers = Post.objects.filter(thread=OuterRef("pk"), number__gt=1, state=State.SHOWN)
    rows = (
        Thread.objects.filter(competition=competition)
        .select_related("author")
        .annotate(
            replies=Count("posts", filter=Q(posts__state=State.SHOWN, posts__number__gt=1)),
            begun=Exists(first.filter(state=State.SHOWN)),
        )
    )
    if not can_read_hidden(user, competition, membership):
        told = Q(begun=True) | (Q(Exists(first.filter(state=State.DELETED))) & Q(Exists(answers)))
        if user.is_authenticated:
            told |= Q(author=user) & ~Q(Exists(first.filter(state=State.DELETED)))
        rows = rows.filter(told)
    # Said here: a query that counts forgets the model's own order.
    rows = rows.order_by("-pinned", "-last_at", "-pk")
    return rows.filter(kind=kind) if kind else rows


def can_read_hidden(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether this person reads held and hidden texts."""
    return user.is_authenticated and (
        user.is_superuser or rules.serves_competition(user, competition, membership)
    )


def newest_announcements(competition: Competition, most: int = 3) -> list[Thread]:
    """The newest announcements, for the competition's first page."""
    first = Post.objects.filter(thread=OuterRef("pk"), number=1, state=State.SHOWN)
    rows = Thread.objects.filter(Exists(first), competition=competition, kind=Thread.Kind.ANNOUNCEMENT)
    return list(rows.order_by("-pinned", "-created_at")[:most])


def post_rows(
    user: Person, competition: Competition, posts: Iterable[Post], membership: Membership | None = None
) -> list[PostRow]:
    """Rows of a page's posts for this reader; roles and teams of all authors are queried once."""
    listed = list(posts)
    authors = {post.author_id for post in listed}
    duties: dict[int, str] = {}
    for role in Role.objects.filter(competition=competition, user__in=authors):
        duties[role.user_id] = role.get_kind_display()
    duties[competition.organiser_id] = str(Role.Kind.ORGANISER.label)
    members = TeamMember.objects.filter(competition=competition, user__in=authors).select_related("team")
    teams = {member.user_id: member.team.name for member in members}
    sees_all = can_read_hidden(user, competition, membership)
    return [
        PostRow(
            post=post,
            visible=post.state == State.SHOWN
            or sees_all
            or (post.author_id == user.pk and post.state in (State.HELD, State.HIDDEN)),
            duty=duties.get(post.author_id, ""),
            team=teams.get(post.author_id, ""),
            mine=post.author_id == user.pk,
            edited=post.edited_at is not None,
        )
        for post in listed
    ]


def visible_revisions(
    user: Person, competition: Competition, written: Post | WriteUp, membership: Membership | None = None
) -> list[Revision]:
    """Earlier wordings of a text that this person may read, newest first.

    Its author and who serves read all of them; others nothing from before it was taken back (a wording without words
    stands for that), and none that would have been held.
    """
    rows = list(written.revisions.select_related("by"))
    team = getattr(written, "team", None)
    inside = rules.is_member(user, team) if team else user.pk == written.author_id
    if inside or can_read_hidden(user, competition, membership):
        return rows
    since = list(takewhile(lambda row: row.text, rows))
    return [row for row in since if not (screening.is_abusive(row.title) or screening.is_abusive(row.text))]


def shown_write_ups(competition: Competition) -> QuerySet[WriteUp]:
    """The write-ups that everybody reads, newest first."""
    return WriteUp.objects.filter(competition=competition, state=State.SHOWN).select_related("team", "author")
