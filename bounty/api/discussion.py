"""API of threads and posts: questions with an accepted answer, discussions, announcements."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, LARGEST, read_options, write_options
from bounty.api.pagination import Page, PageQuery
from bounty.api.schemas.common import DoneOut, Part, Strict
from bounty.discussion import moderate, read, write
from bounty.discussion.lookup import post_or_404, thread_or_404
from bounty.models import Post, Thread
from bounty.people.api_tokens import Scope
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader

router = Router(tags=["Discussion"])

Kind = Literal["question", "discussion", "announcement"]
THREAD = f"{INSIDE}/threads/{{int:number}}"
POST = f"{INSIDE}/posts/{{int:number}}"


class ThreadsQuery(Page):
    kind: Kind | None = None


class ThreadOut(Schema):
    id: int
    kind: str
    title: str
    author: str
    created_at: datetime
    last_at: datetime = Field(description="Of its newest post.")
    replies: int
    pinned: bool
    locked: bool
    accepted: int | None = Field(description="The post that helped.")
    url: str


class PostOut(Schema):
    id: int
    number: int = Field(description="1 begins the thread.")
    author: str
    duty: str = Field(description="The author's role in the competition; empty for who has none.")
    team: str
    text: str | None = Field(description="Markdown; null where you may not see it.")
    state: str = Field(description="shown, held, hidden or deleted")
    reason: str = Field(description="Why it is held or hidden, for its author and moderators.")
    created_at: datetime
    edited_at: datetime | None


class StartedOut(Schema):
    thread: ThreadOut
    post: PostOut


class TextIn(Strict):
    text: str = Field(pattern=r"\S", max_length=write.MOST_CHARACTERS, description="Markdown.")


class StartIn(TextIn):
    kind: Kind
    title: str = Field(pattern=r"\S", max_length=120)


class AcceptIn(Strict):
    post: int | None = Field(None, ge=1, le=LARGEST, description="null takes the mark back.")


class SettleIn(Strict):
    pinned: bool | None = None
    locked: bool | None = None


@router.get(
    f"{INSIDE}/threads", operation_id="listThreads", **read_options(Part[ThreadOut], 404, 422, visitors=True)
)
def list_threads(request: HttpRequest, slug: str, page: Annotated[ThreadsQuery, Query()]) -> dict[str, Any]:
    """Pinned ones first, then what was answered last."""
    competition = visible_or_404(request, slug)
    rows = read.visible_threads(
        request.user, competition, page.kind or "", membership_of_reader(request, competition)
    )
    part, after = pagination.paginate_rows(rows, page, f"threads:{competition.pk}", "pinned", "last_at", "pk")
    for thread in part:
        thread.competition = competition
    return {"items": [_thread_out(thread) for thread in part], "next": after}


@router.post(
    f"{INSIDE}/threads", operation_id="startThread", **write_options(StartedOut, 404, 409, status=201)
)
def start_thread(request: ApiRequest, slug: str, body: StartIn) -> Status[StartedOut]:
    """Ask, or begin a discussion; organisers announce, and everybody who takes part is told."""
    competition = visible_or_404(request, slug)
    made = write.start_thread(competition, body.kind, body.title, body.text, request.user)
    thread = thread_or_404(request, competition, made.pk)
    first = thread.posts.select_related("author").get(number=1)
    return Status(201, StartedOut(thread=_thread_out(thread), post=_post_outs(request, thread, [first])[0]))


@router.get(THREAD, operation_id="getThread", **read_options(ThreadOut, 404, visitors=True))
def get_thread(request: HttpRequest, slug: str, number: int) -> ThreadOut:
    """One thread; its posts are a list of their own."""
    return _thread_out(_thread_or_404(request, slug, number))


@router.get(
    f"{THREAD}/posts", operation_id="listPosts", **read_options(Part[PostOut], 404, 422, visitors=True)
)
def list_posts(request: HttpRequest, slug: str, number: int, page: PageQuery) -> dict[str, Any]:
    """Its posts, the first one first."""
    thread = _thread_or_404(request, slug, number)
    rows = thread.posts.select_related("author")
    part, after = pagination.paginate_rows(rows, page, f"posts:{thread.pk}", "number", lowest_first=True)
    return {"items": _post_outs(request, thread, part), "next": after}


@router.post(f"{THREAD}/posts", operation_id="reply", **write_options(PostOut, 404, 409, status=201))
def reply(request: ApiRequest, slug: str, number: int, body: TextIn) -> Status[PostOut]:
    """Answer at the end of the thread. `state` says where a moderator looks at it first."""
    thread = _thread_or_404(request, slug, number)
    post = write.reply_to_thread(thread, body.text, request.user)
    return Status(201, _post_outs(request, thread, [post])[0])


@router.put(f"{THREAD}/accepted", operation_id="acceptAnswer", **write_options(ThreadOut, 404, 409))
def accept_answer(request: ApiRequest, slug: str, number: int, body: AcceptIn) -> ThreadOut:
    """Mark the answer that helped: for who asked, and organisers."""
    thread = _thread_or_404(request, slug, number)
    post = get_object_or_404(thread.posts, pk=body.post) if body.post else None
    write.accept_answer(thread, post, request.user)
    return _thread_out(_thread_or_404(request, slug, number))


@router.patch(THREAD, operation_id="settleThread", **write_options(ThreadOut, 404, 409, scope=Scope.MODERATE))
def settle_thread(request: ApiRequest, slug: str, number: int, body: SettleIn) -> ThreadOut:
    """Pin or unpin it, lock or unlock it."""
    thread = _thread_or_404(request, slug, number)
    if body.pinned is not None:
        moderate.pin_thread(thread, body.pinned, request.user)
    if body.locked is not None:
        moderate.lock_thread(thread, body.locked, request.user)
    return _thread_out(thread)


@router.patch(POST, operation_id="changePost", **write_options(PostOut, 404, 409))
def change_post(request: ApiRequest, slug: str, number: int, body: TextIn) -> PostOut:
    """Another wording of your own post; the old one is kept and can be read."""
    post = post_or_404(request, visible_or_404(request, slug), min(number, LARGEST))
    write.change_post(post, body.text, request.user)
    return _post_outs(request, post.thread, [post])[0]


@router.delete(POST, operation_id="deletePost", **write_options(DoneOut, 404, 409))
def delete_post(request: ApiRequest, slug: str, number: int) -> DoneOut:
    """Take your own post back; answers to it stay."""
    post = post_or_404(request, visible_or_404(request, slug), min(number, LARGEST))
    write.delete_post(post, request.user)
    return DoneOut()


def _thread_or_404(request: HttpRequest, slug: str, number: int) -> Thread:
    return thread_or_404(request, visible_or_404(request, slug), min(number, LARGEST))


def _thread_out(thread: Any) -> ThreadOut:
    """The answer for a row of bounty.discussion.read.threads, which counts the replies."""
    return ThreadOut(
        id=thread.pk,
        kind=thread.kind,
        title=thread.title,
        author=thread.author.get_username(),
        created_at=thread.created_at,
        last_at=thread.last_at,
        replies=thread.replies,
        pinned=thread.pinned,
        locked=thread.locked,
        accepted=thread.accepted_id,
        url=thread.get_absolute_url(),
    )


def _post_outs(request: HttpRequest, thread: Thread, posts: list[Post]) -> list[PostOut]:
    for post in posts:
        post.thread = thread
    return [
        _post_out(shown)
        for shown in read.post_rows(
            request.user, thread.competition, posts, membership_of_reader(request, thread.competition)
        )
    ]


def _post_out(shown: read.PostRow) -> PostOut:
    post = shown.post
    return PostOut(
        id=post.pk,
        number=post.number,
        author=post.author.get_username(),
        duty=str(shown.duty),
        team=shown.team,
        text=post.text if shown.visible else None,
        state=post.state,
        reason=post.reason if shown.visible and post.state in (Post.State.HELD, Post.State.HIDDEN) else "",
        created_at=post.created_at,
        edited_at=post.edited_at,
    )
