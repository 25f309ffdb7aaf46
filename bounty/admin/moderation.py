"""Submissions in the admin: the moderators' queue, and one submission with its decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html

from bounty.admin.scoping import ScopedAdmin, actor, served_by
from bounty.core.errors import Refusal
from bounty.models import Ban, Competition, Submission
from bounty.moderation import decisions, submission_preview
from bounty.permissions import rules, visibility

if TYPE_CHECKING:
    from django.db.models import QuerySet

State, Hold = Submission.State, Submission.Hold


class QueueFilter(admin.SimpleListFilter):
    """The list filter of the queue, which opens on what waits for a moderator."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "everything"), ("released", "released"), ("refused", "refused or disqualified")]

    def choices(self, changelist: Any) -> Any:
        first = {"selected": self.value() is None, "display": "waiting for a moderator"}
        yield {**first, "query_string": changelist.get_query_string(remove=[self.parameter_name])}
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        if self.value() == "all":
            return queryset
        if self.value() == "released":
            return queryset.filter(hold=Hold.RELEASED)
        if self.value() == "refused":
            return queryset.filter(state__in=(State.REFUSED, State.DISQUALIFIED))
        return queryset.filter(pk__in=Submission.objects.awaiting_moderation().values("pk")).order_by(
            "held_at"
        )


class ServedFilter(admin.SimpleListFilter):
    """The list filter by competition, of those that this person serves; others are not even named."""

    title = "competition"
    parameter_name = "competition"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(row.pk), row.title) for row in served_by(request.user)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Submission]) -> QuerySet[Submission]:
        value = self.value()
        return queryset.filter(competition=int(value)) if value and value.isdigit() else queryset


@admin.register(Submission)
class SubmissionAdmin(ScopedAdmin):
    """The admin page of submissions; every decision goes through bounty.moderation.decisions."""

    list_display = ("__str__", "competition", "says", "why", "state", "since")
    list_filter = (QueueFilter, ServedFilter, "state", "group_kind")
    list_select_related = ("competition", "team", "author")
    search_fields = ("description", "expression", "words", "team__name", "author__username", "hold_reason")
    search_help_text = "Words of the description or the group, a team, or a person"
    date_hierarchy = "created_at"
    list_per_page = 50
    actions = ("release_them",)
    change_list_template = "admin/bounty/submission/queue.html"
    change_form_template = "admin/bounty/submission/panel.html"

    # --- who --------------------------------------------------------------------------------------------------
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Nothing is edited here: every decision goes through bounty.moderation.decisions, which asks by itself.
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Submissions but for those of competitions in which this person competes, even a superuser."""
        rows: QuerySet[Submission] = super().get_queryset(request)
        return rows.exclude(competition__in=visibility.competitions_competed_in(request.user))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return served_by(request.user).exists()

    # --- the queue --------------------------------------------------------------------------------------------
    @admin.display(description="the group")
    def says(self, submission: Submission) -> str:
        text = submission.words or submission.expression or submission.get_group_kind_display()
        return text if len(text) <= 120 else f"{text[:117]}..."

    @admin.display(description="why held")
    def why(self, submission: Submission) -> str:
        return submission.hold_reason or "-"

    @admin.display(description="since", ordering="created_at")
    def since(self, submission: Submission) -> str:
        at = submission.held_at or submission.created_at
        return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), at, naturaltime(at))

    @admin.action(description="Release", permissions=["moderate"])
    def release_them(self, request: HttpRequest, queryset: QuerySet[Submission]) -> None:
        for submission in queryset.select_related("competition", "team"):
            try:
                self._decide(
                    request, submission, lambda s: decisions.release_submission(s, actor(request)), "released"
                )
            except PermissionDenied as error:
                # One team's conflict of interest must not stop the others.
                self.message_user(request, f"{submission}: {error}", messages.ERROR)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        numbers = decisions.count_queue(self.get_queryset(request), timezone.now())
        return super().changelist_view(request, {**(extra_context or {}), "numbers": numbers})

    # --- one submission ---------------------------------------------------------------------------------------
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The panel in place of a form. Submissions are never made here, so there always is an object."""
        submission = self._served(request, object_id or "")
        return render(request, "admin/bounty/submission/panel.html", self._panel(request, submission))

    def _served(self, request: HttpRequest, pk: str) -> Submission:
        """The submission. Raises Http404 for who does not serve there, PermissionDenied with the reason for who
        competes there.
        """
        rows: QuerySet[Submission] = super().get_queryset(request)
        submission = get_object_or_404(
            rows.select_related("competition", "team", "author"), pk=self.model._meta.pk.to_python(pk)
        )
        if refusal := rules.moderation_refusal(request.user, submission.competition):
            raise PermissionDenied(refusal)
        return submission

    def _panel(self, request: HttpRequest, submission: Submission) -> dict[str, Any]:
        waiting = submission.hold == Hold.HELD and submission.state not in Submission.ENDED
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{submission} in “{submission.competition}”",
            "submission": submission,
            "waiting": waiting,
            "counts": submission.state in Submission.JUDGED,
            "refusal": rules.decision_refusal(request.user, submission.competition, submission.team),
            "selection": submission_preview.preview_selection(submission),
            "releasing": submission_preview.describe_release(submission),
            "banned": Ban.objects.filter(competition=submission.competition, user=submission.author).first(),
            "history": LogEntry.objects.get_for_object(submission).select_related("actor")[:30],
        }

    # --- decisions --------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(f"<uuid:pk>/{name}/", view(handler), name=f"bounty_submission_{name}")
            for name, handler in (
                ("release", self.release_view),
                ("refuse", self.refuse_view),
                ("disqualify", self.disqualify_view),
                ("ban", self.ban_view),
            )
        ]
        return [*own, *super().get_urls()]

    def release_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        return self._post(request, pk, lambda s: decisions.release_submission(s, actor(request)), "released")

    def refuse_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        reason = request.POST.get("reason", "")
        return self._post(
            request, pk, lambda s: decisions.refuse_submission(s, reason, actor(request)), "refused"
        )

    def disqualify_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The page that asks before disqualifying: the model is rebuilt, and points move."""
        if request.method != "POST":
            return self._confirm(request, pk, "disqualify")
        reason = request.POST.get("reason", "")
        return self._post(
            request, pk, lambda s: decisions.disqualify_submission(s, reason, actor(request)), "disqualified"
        )

    def ban_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The page that asks before excluding the author from the competition."""
        if request.method != "POST":
            return self._confirm(request, pk, "ban")
        reason = request.POST.get("reason", "")

        def ban(submission: Submission) -> None:
            decisions.ban_person(submission.competition, submission.author, reason, actor(request))

        return self._post(request, pk, ban, "left as it is; its author can no longer submit")

    def _confirm(self, request: HttpRequest, pk: Any, decision: str) -> HttpResponse:
        submission = self._served(request, str(pk))
        context = self._panel(request, submission) | {"decision": decision, "later": _later(submission)}
        return render(request, "admin/bounty/submission/confirm.html", context)

    def _post(
        self, request: HttpRequest, pk: Any, decide: Callable[[Submission], object], done: str
    ) -> HttpResponse:
        submission = self._served(request, str(pk))
        if request.method == "POST":
            self._decide(request, submission, decide, done)
        return redirect("admin:bounty_submission_change", submission.pk)

    def _decide(
        self, request: HttpRequest, submission: Submission, decide: Callable[[Submission], object], done: str
    ) -> None:
        try:
            decide(submission)
        except Refusal as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, f"{submission} is {done}.", messages.SUCCESS)


def _later(submission: Submission) -> int:
    """How many versions of the present model came after this submission's own and are replayed without it."""
    competition: Competition = submission.competition
    own = competition.versions.current().filter(submission=submission).first()
    if own is None:
        return 0
    return competition.versions.current().filter(number__gt=own.number).count()
