"""Pages of a competition that are no form over its row: making it, saying what its columns mean, closing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from bounty.adjudication import rollback
from bounty.admin.scoping import ScopedAdmin, actor
from bounty.competitions import create, phases
from bounty.competitions.forms import NewCompetitionForm
from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.models import Competition
from bounty.organisers import table_limits
from bounty.organisers.draft_tables import on_disk
from bounty.organisers.forms.column_meanings import ColumnForm, ColumnFormSet, with_meanings
from bounty.permissions import rules
from evaluator.errors import BountyError

Status = Competition.Status


class CompetitionPages(ScopedAdmin):
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
            path("<int:pk>/phase/", view(self.phase_view), name="bounty_competition_phase"),
            path("<int:pk>/close/", view(self.close_view), name="bounty_competition_close"),
            path("<int:pk>/rollback/", view(self.rollback_view), name="bounty_competition_rollback"),
        ]
        return [*own, *super().get_urls()]

    def _organised(self, request: HttpRequest, pk: int) -> Competition:
        competition = get_object_or_404(self.get_queryset(request), pk=pk)
        rules.check_organiser(competition, actor(request))
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

    @method_decorator(require_POST)
    def phase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Open, pause or resume, by the button on the competition's own page."""
        competition = self._organised(request, pk)
        do = request.POST.get("do", "")
        if do not in phases.MOVES:
            raise Http404("no such button")
        try:
            phases.move(competition, do, actor(request))
        except BountyError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            shown = competition.get_status_display()
            self.message_user(request, f"“{competition}” is {shown}.", messages.SUCCESS)
        return redirect("admin:bounty_competition_change", pk)

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask before closing: the final rows are opened once, and cannot be closed again."""
        competition = self._organised(request, pk)
        if request.method == "POST":
            try:
                phases.close(competition, actor(request))
            except BountyError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.message_user(
                    request, f"“{competition}” is closed and its points are final.", messages.SUCCESS
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

    def rollback_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the version and the reason before going back to it."""
        competition = self._organised(request, pk)
        if request.method == "POST":
            number = request.POST.get("version", "")
            try:
                if not number.isdecimal():
                    raise Refusal("Choose a version.")
                head = rollback.rollback(
                    competition, int(number), request.POST.get("reason", ""), actor(request)
                )
            except BountyError as error:
                self.message_user(request, str(error), messages.ERROR)
                return redirect("admin:bounty_competition_rollback", pk)
            self.message_user(request, f"The model ends at version {head.number} again.", messages.SUCCESS)
            return redirect("admin:bounty_competition_change", pk)
        versions = competition.versions.filter(generation=competition.generation).order_by("-number")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "competition": competition,
            "versions": () if competition.is_closed else versions.select_related("submission__team")[1:],
            "title": f"Roll back “{competition}”",
        }
        return render(request, "admin/bounty/competition/rollback.html", context)


def _create(form: NewCompetitionForm, request: HttpRequest) -> Competition | None:
    """The competition, or None with what was refused beside the form's fields."""
    try:
        with on_disk(form.cleaned_data["table"]) as table:
            frame = table_limits.read(table)
        competition = create.create_competition(frame, organiser=request.user, **form.cleaned_data["wishes"])
    except Refusal as error:
        form.refuse(error.field, str(error))
    except BountyError as error:
        form.refuse("table", str(error))
    else:
        return competition
    return None
