"""Admin pages scoped to the competitions that a person serves; superusers see everything.

Django's model permissions say what a person may do to every row of a table. Here a Role says what a person may do
in one competition, so every admin page asks bounty.permissions.rules instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField

from bounty.models import Competition, Role
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest


def served_by(user: User | AnonymousUser, kind: str | None = None) -> QuerySet[Competition]:
    """Competitions that the person organises or moderates, or has this role in; all of them for a superuser."""
    if not (user.is_authenticated and user.is_active):
        return Competition.objects.none()
    return Competition.objects.all() if user.is_superuser else Competition.objects.served_by(user, kind)


def actor(request: HttpRequest) -> User:
    """The user who is logged in: the admin lets nobody else in."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


class ScopedAdmin(admin.ModelAdmin):
    """An admin page of rows of competitions that the person serves; organisers change them, nobody adds or deletes
    by default.
    """

    # How a row of the model leads to its competition.
    competition_lookup = "competition"

    def competition_of(self, obj: Any) -> Competition:
        competition: Competition = obj.competition
        return competition

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.competition_lookup}__in": served_by(request.user)})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return served_by(request.user).exists()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self.has_module_permission(request)
        return served_by(request.user).filter(pk=self.competition_of(obj).pk).exists()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return served_by(request.user, Role.Kind.ORGANISER).exists()
        return rules.may_organise(request.user, self.competition_of(obj))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        # A choice list must not name competitions that the person has nothing to do with.
        if db_field.related_model is Competition:
            kwargs["queryset"] = served_by(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ScopedInline(admin.TabularInline):
    """An inline on a competition's page: rows that an organiser may change while the page is theirs."""

    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Django's own asks for a permission without naming the competition, and on the refusal shows no row at all.
        rows = super(admin.options.InlineModelAdmin, self).get_queryset(request)
        return rows.filter(competition__in=served_by(request.user))

    def _may(self, request: HttpRequest, obj: Competition | None) -> bool:
        return obj is not None and rules.may_organise(request.user, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and served_by(request.user).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)
