"""Competitions in the admin: list, search, what the holdout can certify, roles, prizes and exports.

They are made by the wizard, the command and the API and run on the organisers' pages, which the admin leads to: here
nothing of a competition itself is typed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from bounty.admin.inlines import BlockInline, DeclaredGroupInline, RoleInline
from bounty.admin.results import PrizeInline, ResultExports
from bounty.competitions import create
from bounty.competitions.spec import ACCEPTANCE
from bounty.ledger.plan import plan_flags, plan_table
from bounty.models import Competition
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

Status = Competition.Status

TEXTS = ("title", "slug", "summary", "description", "rules", "terms", "visibility")
NOW = ("status", "preparation_error", "organiser", "base_model", "opens_at", "closes_at")
QUOTAS = ("submissions_per_day", "queries_per_team", "max_upload_bytes")
POLICY = ("moderation", "show_sources", "open_model", "key")


@admin.register(Competition)
class CompetitionAdmin(ResultExports):
    """The admin page of competitions: everything about one, read only but for roles and the prize."""

    competition_lookup = "pk"
    list_display = ("title", "status", "visibility", "organiser", "teams_count", "opens_at", "closes_at")
    list_filter = ("status", "visibility")
    list_select_related = ("organiser",)
    search_fields = ("title", "slug", "summary")
    readonly_fields = (*TEXTS, *NOW, "look_at", "plan", *ACCEPTANCE, *QUOTAS, *POLICY)
    inlines = (RoleInline, DeclaredGroupInline, BlockInline, PrizeInline)
    actions = ("export_board", "export_prizes")
    fieldsets = (
        (None, {"fields": TEXTS}),
        ("Now", {"fields": NOW}),
        ("What the holdout can certify", {"fields": ("look_at", "plan")}),
        ("Acceptance (fixed once it was opened)", {"fields": ACCEPTANCE}),
        ("Quotas", {"fields": QUOTAS}),
        ("Policy", {"fields": POLICY}),
    )

    # --- who --------------------------------------------------------------------------------------------------
    def competition_of(self, obj: Any) -> Competition:
        assert isinstance(obj, Competition)  # noqa: S101 - this page's own rows
        return obj

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether it may be deleted: only what nobody has seen; one with people in it is closed, not deleted."""
        return (
            isinstance(obj, Competition)
            and obj.status in (Status.PREPARING, Status.DRAFT)
            and rules.may_organise(request.user, obj)
            and not obj.participations.exists()
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: Competition, form: Any, change: bool) -> None:
        """Write nothing: only roles and the prize are typed here, and phases move the row at the same time."""

    def delete_model(self, request: HttpRequest, obj: Competition) -> None:
        create.discard_competition(obj)

    # --- what is shown ----------------------------------------------------------------------------------------
    @admin.display(description="teams")
    def teams_count(self, competition: Competition) -> int:
        return competition.teams.count()

    @admin.display(description="base model")
    def base_model(self, competition: Competition) -> str:
        return competition.base.words

    @admin.display(description="look at these before opening")
    def look_at(self, competition: Competition) -> SafeString | str:
        found = plan_flags(competition)
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
