"""Views of threads: questions and answers, discussions, announcements."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bounty.core.errors import Refusal
from bounty.core.primary_keys import read_primary_key
from bounty.discussion import moderate, permissions, read, write
from bounty.discussion.lookup import post_or_404, thread_or_404
from bounty.models import Post, Thread
from bounty.models.discussion import POSTS_A_PAGE, AuthoredText
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.web.discussion.forms import StartThreadForm, TextForm
from bounty.web.refusals import refusal_as_message, refusal_in_form
from bounty.web.requests import PersonRequest

PAGE = 30


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """The list of threads; `?kind=` shows one kind only."""
    competition = visible_or_404(request, slug)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Thread.Kind.values else ""
    rows = read.visible_threads(request.user, competition, kind, membership_of_reader(request, competition))
    context = {
        "competition": competition,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "kind": kind,
        "kinds": [
            ("", _("All")),
            (Thread.Kind.QUESTION, _("Questions")),
            (Thread.Kind.DISCUSSION, _("Discussions")),
            (Thread.Kind.ANNOUNCEMENT, _("Announcements")),
        ],
        "write_ups": read.shown_write_ups(competition).count(),
        "refusal": permissions.write_refusal(
            request.user, competition, membership_of_reader(request, competition)
        ),
    }
    return render(request, "discussion/index.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def start_thread(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of a new thread."""
    competition = visible_or_404(request, slug)
    form = StartThreadForm(
        request.POST if request.method == "POST" else None,
        may_announce=rules.is_organiser(
            request.user, competition, membership_of_reader(request, competition)
        ),
        initial={"kind": request.GET.get("kind") or Thread.Kind.QUESTION},
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            thread = write.start_thread(
                competition, given["kind"], given["title"], given["text"], request.user
            )
        except (Refusal, PermissionDenied) as error:
            form.add_error(None, str(error))
            status = _status(error)
        else:
            _say_held(request, thread.posts.get(number=1))
            return redirect(thread)
    if form.errors and status == 200:
        status = 422
    refusal = permissions.write_refusal(request.user, competition, membership_of_reader(request, competition))
    context = {"competition": competition, "form": form, "refusal": refusal}
    return render(request, "discussion/start.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def thread_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A thread's posts, and the form to answer."""
    competition = visible_or_404(request, slug)
    found = thread_or_404(request, competition, pk)
    form = TextForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                post = write.reply_to_thread(found, form.cleaned_data["text"], request.user)  # type: ignore[arg-type]
            except (Refusal, PermissionDenied) as error:
                form.add_error(None, str(error))
                status = _status(error)
            else:
                _say_held(request, post)
                return redirect(post)
        status = status if status != 200 else 422
    return render(request, "discussion/thread.html", _thread_context(request, found, form), status=status)


def _thread_context(request: HttpRequest, found: Thread, form: TextForm) -> dict[str, Any]:
    competition, user = found.competition, request.user
    membership = membership_of_reader(request, competition)
    posts = found.posts.select_related("author").order_by("number")
    page = Paginator(posts, POSTS_A_PAGE).get_page(request.GET.get("page"))
    for post in page:
        post.thread = found
    moderates = not permissions.decide_refusal(user, competition, None, membership=membership)
    return {
        "competition": competition,
        "thread": found,
        "page": page,
        "posts": read.post_rows(user, competition, page, membership),
        "form": form,
        "refusal": permissions.reply_refusal(user, found, membership),
        "may_accept": not permissions.accept_refusal(user, found, membership),
        "moderates": moderates,
        "accepted": found.accepted if found.accepted_id else None,
    }


@login_required
@require_http_methods(["GET", "POST"])
def edit_post(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """The form that changes or deletes one's own post."""
    competition = visible_or_404(request, slug)
    post = post_or_404(request, competition, pk)
    if refusal := permissions.change_refusal(request.user, post):
        raise PermissionDenied(refusal)
    form = TextForm(request.POST if request.method == "POST" else None, initial={"text": post.text})
    deleting = request.POST.get("do") == "delete"
    if request.method == "POST" and (deleting or form.is_valid()):
        with refusal_in_form(form):
            if deleting:
                write.delete_post(post, request.user)
                messages.success(request, _("Your post is deleted."))
                return redirect("discussion", slug) if post.number == 1 else redirect(post.thread)
            write.change_post(post, form.cleaned_data["text"], request.user)
            _say_held(request, post)
            return redirect(post)
    context = {"competition": competition, "post": post, "form": form}
    return render(
        request, "discussion/edit.html", context, status=422 if form.is_bound and form.errors else 200
    )


@require_safe
def post_history(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Every earlier wording of a post, newest first."""
    competition = visible_or_404(request, slug)
    post = post_or_404(request, competition, pk)
    context = {
        "competition": competition,
        "written": post,
        "title": post.thread.title,
        "revisions": read.visible_revisions(
            request.user, competition, post, membership_of_reader(request, competition)
        ),
    }
    return render(request, "discussion/history.html", context)


@login_required
@require_POST
def accept_answer(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Mark the answer that helped: `post` names it, empty takes the mark back."""
    competition = visible_or_404(request, slug)
    found = thread_or_404(request, competition, pk)
    number = request.POST.get("post", "")
    post = None
    if number:
        post = get_object_or_404(found.posts, pk=read_primary_key(number))
    with refusal_as_message(request):
        write.accept_answer(found, post, request.user)
    return redirect(post or found)


@login_required
@require_POST
def settle_thread(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Pin or unpin, lock or unlock, for moderators."""
    competition = visible_or_404(request, slug)
    found = thread_or_404(request, competition, pk)
    match request.POST.get("do"):
        case "pin" | "unpin" as what:
            moderate.pin_thread(found, what == "pin", request.user)
        case "lock" | "unlock" as what:
            moderate.lock_thread(found, what == "lock", request.user)
    return redirect(found)


def _say_held(request: HttpRequest, post: Post) -> None:
    if post.state == AuthoredText.State.HELD:
        messages.warning(request, _("A moderator looks at your text before others see it. ") + post.reason)


def _status(error: Exception) -> int:
    return 403 if isinstance(error, PermissionDenied) else 422
