"""Making a competition from a table, saying what its columns mean, opening, pausing and closing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bounty.admin.competition_pages import CompetitionPages
from bounty.admin.inlines import BlockInline, DeclaredGroupInline, RoleInline
from bounty.admin.results import PrizeInline, ResultExports
from bounty.admin.scoping import actor, may_organise, served_by
from bounty.competitions import create, phases
from bounty.competitions.forms import ACCEPTANCE
from bounty.ledger.plan import flags, plan_table
from bounty.models import Competition
from evaluator.errors import BountyError

if TYPE_CHECKING:
    from django.db.models import QuerySet

Status = Competition.Status

# What people were promised when they entered: fixed once a competition was opened.
FIXED_AFTER_OPENING = (*ACCEPTANCE, "terms", "opens_at")
SHOWN = ("status", "preparation_error", "key", "organiser", "base_model", "plan", "look_at", "meanings")


@admin.register(Competition)
class CompetitionAdmin(ResultExports, CompetitionPages):
    competition_lookup = "pk"
    list_display = ("title", "status", "visibility", "organiser", "teams_count", "opens_at", "closes_at")
    list_filter = ("status", "visibility")
    list_select_related = ("organiser",)
    search_fields = ("title", "slug", "summary")
    readonly_fields = SHOWN
    inlines = (RoleInline, DeclaredGroupInline, BlockInline, PrizeInline)
    actions = (
        "open_them",
        "pause_them",
        "resume_them",
        "close_them",
        "run_base_again",
        "export_board",
        "export_prizes",
    )
    fieldsets = (
        (None, {"fields": ("title", "slug", "summary", "description", "rules", "terms", "visibility")}),
        (
            "Now",
            {"fields": ("status", "preparation_error", "organiser", "base_model", "opens_at", "closes_at")},
        ),
        ("Table", {"fields": ("meanings", "look_at")}),
        ("What the holdout can certify", {"fields": ("plan",)}),
        (
            "Acceptance (fixed once it was opened)",
            {"fields": ACCEPTANCE},
        ),
        ("Quotas", {"fields": ("submissions_per_day", "queries_per_team", "max_upload_bytes")}),
        ("Policy", {"fields": ("moderation", "show_sources", "open_model", "key")}),
    )

    # --- who --------------------------------------------------------------------------------------------------
    def competition_of(self, obj: Any) -> Competition:
        assert isinstance(obj, Competition)  # noqa: S101 - this page's own rows
        return obj

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Django's model permission: superusers, and whom one of them gave it to.
        return request.user.has_perm("bounty.add_competition")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return served_by(request.user).exists() or self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what nobody has seen; a competition with people in it is closed, not deleted."""
        return (
            isinstance(obj, Competition)
            and obj.status in (Status.PREPARING, Status.DRAFT)
            and may_organise(request.user, obj)
            and not obj.participations.exists()
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if isinstance(obj, Competition) and obj.status not in (Status.PREPARING, Status.DRAFT):
            return (*SHOWN, *FIXED_AFTER_OPENING, "slug")
        return SHOWN

    def save_model(self, request: HttpRequest, obj: Competition, form: Any, change: bool) -> None:
        if {"delta", "target_gain", "tolerance", "harm_mode", "smallest_group"} & set(form.changed_data):
            create.replan(obj)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Competition) -> None:
        create.discard(obj)

    # --- actions ----------------------------------------------------------------------------------------------
    def _each(
        self, request: HttpRequest, rows: QuerySet[Competition], do: Callable[[Competition], None], done: str
    ) -> None:
        for competition in rows:
            try:
                do(competition)
            except (BountyError, PermissionDenied) as error:
                self.message_user(request, f"“{competition}”: {error}", messages.ERROR)
            else:
                self.message_user(request, f"“{competition}” is {done}.", messages.SUCCESS)

    @admin.action(description="Open", permissions=["change"])
    def open_them(self, request: HttpRequest, queryset: QuerySet[Competition]) -> None:
        self._each(request, queryset, lambda c: phases.move(c, "open", actor(request)), "open")

    @admin.action(description="Pause", permissions=["change"])
    def pause_them(self, request: HttpRequest, queryset: QuerySet[Competition]) -> None:
        self._each(request, queryset, lambda c: phases.move(c, "pause", actor(request)), "paused")

    @admin.action(description="Resume", permissions=["change"])
    def resume_them(self, request: HttpRequest, queryset: QuerySet[Competition]) -> None:
        self._each(request, queryset, lambda c: phases.move(c, "resume", actor(request)), "open again")

    @admin.action(description="Run the uploaded base model again", permissions=["change"])
    def run_base_again(self, request: HttpRequest, queryset: QuerySet[Competition]) -> None:
        """For one that waits because its worker or its message was lost; the same order twice does no harm."""
        self._each(request, queryset, create.run_base_again, "waiting for a worker")

    @admin.action(description="Close (opens the final rows)", permissions=["change"])
    def close_them(self, request: HttpRequest, queryset: QuerySet[Competition]) -> HttpResponse | None:
        competition = queryset.first()
        if queryset.count() != 1 or competition is None:
            self.message_user(request, "Close one competition at a time.", messages.ERROR)
            return None
        return redirect("admin:bounty_competition_close", competition.pk)

    # --- what is shown ----------------------------------------------------------------------------------------
    @admin.display(description="teams")
    def teams_count(self, competition: Competition) -> int:
        return competition.teams.count()

    @admin.display(description="base model")
    def base_model(self, competition: Competition) -> str:
        return competition.base_json.get("words", "")

    @admin.display(description="columns")
    def meanings(self, competition: Competition) -> SafeString:
        address = reverse("admin:bounty_competition_meanings", args=[competition.pk])
        count = len(competition.schema.columns)
        return format_html('<a href="{}">What the {} columns mean</a>', address, count)

    @admin.display(description="look at these before opening")
    def look_at(self, competition: Competition) -> SafeString | str:
        found = flags(competition)
        if not found:
            return "Nothing stands out."
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((flag,) for flag in found)))

    @admin.display(description="smallest gain")
    def plan(self, competition: Competition) -> SafeString:
        head, rows = plan_table(competition)
        cells = format_html_join("", "<th>{}</th>", ((cell,) for cell in head))
        body = format_html_join(
            "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((c,) for c in row)),) for row in rows)
        )
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", cells, body)
