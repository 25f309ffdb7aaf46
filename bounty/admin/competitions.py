"""Making a competition from a table, saying what its columns mean, opening, pausing and closing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bounty import access, audit, closing, competitions, phases
from bounty.admin.fields import UsernameField
from bounty.admin.forms import ColumnForm, ColumnFormSet, NewCompetitionForm, on_disk, with_meanings
from bounty.admin.scoping import ScopedAdmin, ScopedInline, actor, may_organise, served_by
from bounty.competition_input import InputError
from bounty.models import CertificationBlock, Competition, DeclaredGroup, Role
from bounty.plan import flags, plan_table
from evaluator.errors import BountyError
from evaluator.tables import read_table

if TYPE_CHECKING:
    from django.db.models import QuerySet

Status = Competition.Status

# What people were promised when they entered: fixed once a competition was opened.
FIXED_AFTER_OPENING = (
    "acceptance",
    "alpha",
    "delta",
    "gate_level",
    "gate_chance",
    "target_gain",
    "tolerance",
    "smallest_group",
    "terms",
    "opens_at",
)
SHOWN = ("status", "preparation_error", "key", "organiser", "base_model", "plan", "look_at", "meanings")


class RoleForm(forms.ModelForm):
    user = UsernameField(label="user name")

    class Meta:
        model = Role
        fields = ("user", "kind")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        user, competition = data.get("user"), self.instance.competition_id and self.instance.competition
        if user and competition and access.is_competitor(user, competition):
            self.add_error("user", f"{user} is on a team here; who competes cannot judge.")
        return data


class RoleInline(ScopedInline):
    model = Role
    form = RoleForm


class ShownInline(ScopedInline):
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeclaredGroupInline(ShownInline):
    """Shown only: masks, cells and over-sampling were drawn from them when the table was split."""

    model = DeclaredGroup
    fields = readonly_fields = ("name", "expression")


class BlockInline(ShownInline):
    model = CertificationBlock
    fields = readonly_fields = ("number", "rows", "state", "queries", "accepted", "extra_bits", "retired_at")


@admin.register(Competition)
class CompetitionAdmin(ScopedAdmin):
    competition_lookup = "pk"
    list_display = ("title", "status", "visibility", "organiser", "teams_count", "opens_at", "closes_at")
    list_filter = ("status", "visibility")
    list_select_related = ("organiser",)
    search_fields = ("title", "slug", "summary")
    readonly_fields = SHOWN
    inlines = (RoleInline, DeclaredGroupInline, BlockInline)
    actions = ("open_them", "pause_them", "resume_them", "close_them", "run_base_again")
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
            {
                "fields": (
                    "acceptance",
                    "alpha",
                    "delta",
                    "gate_level",
                    "gate_chance",
                    "target_gain",
                    "tolerance",
                    "smallest_group",
                )
            },
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

    def delete_model(self, request: HttpRequest, obj: Competition) -> None:
        competitions.discard(obj)

    # --- making one -------------------------------------------------------------------------------------------
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A competition is made by the service, from a file: not by saving a row."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewCompetitionForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            competition = _create(form, request)
            if competition is not None:
                self._tell(request, competition)
                return redirect("admin:bounty_competition_change", competition.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": "Make a competition from a table",
        }
        return render(request, "admin/bounty/competition/new.html", context)

    def _tell(self, request: HttpRequest, competition: Competition) -> None:
        if competition.status == Status.PREPARING:
            text = f"“{competition}” is being prepared: a worker runs its base model."
        else:
            text = f"“{competition}” is a draft. Say what its columns mean, then open it."
        self.message_user(request, text, messages.SUCCESS)

    # --- pages of our own -------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/meanings/", view(self.meanings_view), name="bounty_competition_meanings"),
            path("<int:pk>/close/", view(self.close_view), name="bounty_competition_close"),
        ]
        return [*own, *super().get_urls()]

    def _organised(self, request: HttpRequest, pk: int) -> Competition:
        competition = get_object_or_404(self.get_queryset(request), pk=pk)
        phases.check_organiser(competition, actor(request))
        return competition

    def meanings_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every column in words, to edit before opening: pages and verdicts speak in these words."""
        competition = self._organised(request, pk)
        schema = competition.schema
        editable = competition.status in (Status.PREPARING, Status.DRAFT)
        forms_ = ColumnFormSet(
            request.POST if editable and request.method == "POST" else None,
            initial=[ColumnForm.initial_of(column) for column in schema.columns],
        )
        if request.method == "POST" and editable and forms_.is_valid():
            competition.schema_json = with_meanings(schema, forms_.cleaned_data).to_json()
            competition.save(update_fields=["schema_json"])
            audit.record(competition, actor(request), {"meanings": ["", "edited"]})
            self.message_user(request, "The words are saved.", messages.SUCCESS)
            return redirect("admin:bounty_competition_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "competition": competition,
            "schema": schema,
            "formset": forms_,
            "rows": list(zip(schema.columns, forms_.forms, strict=False)),
            "editable": editable,
            "title": f"What the columns of “{competition}” mean",
        }
        return render(request, "admin/bounty/competition/meanings.html", context)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask before closing: the final rows are opened once, and cannot be closed again."""
        competition = self._organised(request, pk)
        if request.method == "POST":
            before = competition.status
            if before in (Status.OPEN, Status.PAUSED):
                closing.close(competition, timezone.now())
                audit.record(competition, actor(request), {"status": [before, Status.CLOSED]})
                self.message_user(
                    request, f"“{competition}” is closed and its points are final.", messages.SUCCESS
                )
            else:
                self.message_user(
                    request, "Only an open or paused competition can be closed.", messages.ERROR
                )
            return redirect("admin:bounty_competition_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "competition": competition,
            "running": competition.submissions.filter(
                state__in=competition.submissions.model.RUNNING
            ).count(),
            "title": f"Close “{competition}”?",
        }
        return render(request, "admin/bounty/competition/close.html", context)

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
        self._each(request, queryset, competitions.run_base_again, "waiting for a worker")

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


def _create(form: NewCompetitionForm, request: HttpRequest) -> Competition | None:
    """The competition, or None with what was refused beside the form's fields."""
    try:
        with on_disk(form.cleaned_data["table"]) as table:
            frame = read_table(table)
        competition = competitions.create_competition(
            frame, organiser=request.user, **form.cleaned_data["wishes"]
        )
    except InputError as error:
        form.refuse(error.field, str(error))
    except BountyError as error:
        form.refuse("table", str(error))
    else:
        return competition
    return None
