"""Prizes in the admin, and the board and the prizes as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from bounty.admin.scoping import ScopedAdmin, ScopedInline, actor
from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.models import Competition, Prize
from bounty.permissions import rules
from bounty.scoring import csv_export

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Before these nobody was promised anything.
_UNSEEN = (Competition.Status.PREPARING, Competition.Status.DRAFT)


class PrizeForm(forms.ModelForm):
    """The form of a prize."""

    class Meta:
        model = Prize
        fields = ("amount", "currency", "places")

    def clean(self) -> dict[str, Any]:
        """The checked prize: a promise may grow while people compete for it, and never shrink or change its rule."""
        data = super().clean() or {}
        if self.instance.pk is None or self.instance.competition.status in _UNSEEN:
            return data
        promised = Prize.objects.get(pk=self.instance.pk)
        amount = data.get("amount")
        if amount is not None and amount < promised.amount:
            self.add_error("amount", f"{promised} were promised; the sum may only be raised.")
        for name, words in (("currency", "currency"), ("places", "rule")):
            if name in data and data[name] != getattr(promised, name):
                self.add_error(name, f"The {words} was promised when the competition opened; it stays.")
        return data


class PrizeInline(ScopedInline):
    """The prize of the competition."""

    model = Prize
    form = PrizeForm
    max_num = 1
    extra = 1
    verbose_name_plural = "prize, split by final points among the teams with positive ones"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (
            super().has_delete_permission(request, obj)
            and isinstance(obj, Competition)
            and obj.status in _UNSEEN
        )


class ResultExports(ScopedAdmin):
    """Admin actions on one competition that answer with a file."""

    @admin.action(description="Export the board as CSV", permissions=["view"])
    def export_board(self, request: HttpRequest, queryset: QuerySet[Competition]) -> HttpResponse | None:
        return self._export(request, queryset, "board", csv_export.board_csv)

    @admin.action(description="Export the prizes as CSV (after the close)", permissions=["change"])
    def export_prizes(self, request: HttpRequest, queryset: QuerySet[Competition]) -> HttpResponse | None:
        def checked(competition: Competition) -> str:
            rules.check_organiser(competition, actor(request))
            return csv_export.awards_csv(competition)

        return self._export(request, queryset, "prizes", checked)

    def _export(
        self,
        request: HttpRequest,
        rows: QuerySet[Competition],
        name: str,
        written: Callable[[Competition], str],
    ) -> HttpResponse | None:
        competition = rows.first()
        if rows.count() != 1 or competition is None:
            self.message_user(request, "Export one competition at a time.", messages.ERROR)
            return None
        try:
            text = written(competition)
        except (Refusal, PermissionDenied) as error:
            self.message_user(request, f"“{competition}”: {error}", messages.ERROR)
            return None
        audit.record_change(competition, actor(request), {name: ["", "exported"]})
        return csv_export.csv_response(text, f"{competition.slug}-{name}.csv")
