"""Inlines of a competition's admin page: roles to give, groups and blocks to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from bounty.admin.scoping import ScopedInline
from bounty.core.form_fields import UsernameField
from bounty.models import CertificationBlock, DeclaredGroup, Role
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.http import HttpRequest


class RoleForm(forms.ModelForm):
    """The form that gives a person, named by user name, a role."""

    user = UsernameField(label="user name")

    class Meta:
        model = Role
        fields = ("user", "kind")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        user, competition = data.get("user"), self.instance.competition_id and self.instance.competition
        if user and competition and rules.is_competitor(user, competition):
            self.add_error("user", f"{user} is on a team here; who competes cannot judge.")
        return data


class RoleInline(ScopedInline):
    """Roles in the competition."""

    model = Role
    form = RoleForm


class ShownInline(ScopedInline):
    """Rows that nobody changes on this page."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeclaredGroupInline(ShownInline):
    """Declared groups, shown only: masks, cells and over-sampling were drawn from them when the table was split."""

    model = DeclaredGroup
    fields = readonly_fields = ("name", "expression")


class BlockInline(ShownInline):
    """Certification blocks, shown only."""

    model = CertificationBlock
    fields = readonly_fields = ("number", "rows", "state", "queries", "accepted", "extra_bits", "retired_at")
