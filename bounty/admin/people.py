"""Teams, participations, invitations and bans in the admin, of the competitions that a person serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import CharField, Value

from bounty.admin.scoping import ScopedAdmin, actor, served_by
from bounty.core.form_fields import UsernameField
from bounty.models import Ban, Invitation, Participation, Team, TeamMember
from bounty.moderation import decisions
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class MemberInline(admin.TabularInline):
    """Members of a team."""

    model = TeamMember
    fields = ("user", "joined_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The page around it is scoped already.
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Team)
class TeamAdmin(ScopedAdmin):
    """The admin page of teams."""

    list_display = ("name", "competition", "created_at")
    list_select_related = ("competition",)
    search_fields = ("name", "members__user__username")
    # The token lets people in: it is the team's own.
    fields = ("competition", "name", "slug", "created_at")
    inlines = (MemberInline,)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Participation)
class ParticipationAdmin(ScopedAdmin):
    """The admin page of participations."""

    list_display = ("user", "competition", "invited", "accepted_terms_at")
    list_select_related = ("user", "competition")
    search_fields = ("user__username",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invitation)
class InvitationAdmin(ScopedAdmin):
    """The admin page of invitation links."""

    list_display = ("competition", "note", "uses_left", "address")
    fields = ("competition", "note", "uses_left", "address")
    readonly_fields = ("address",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        # The link is sent to people, so it names the site; only the request knows by which name.
        site = Value(request.build_absolute_uri("/").rstrip("/"), output_field=CharField())
        return super().get_queryset(request).annotate(site=site)

    @admin.display(description="link to send")
    def address(self, invitation: Invitation) -> str:
        if not invitation.pk:
            return "made when saved"
        return getattr(invitation, "site", "") + invitation.get_absolute_url()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return served_by(request.user).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class BanForm(forms.ModelForm):
    """The form of a ban, which refuses as the service would."""

    user = UsernameField(help_text="The person's user name.")
    # Who asks; set by the admin page, so that a refusal stands beside the form.
    by: Any = None

    class Meta:
        model = Ban
        fields = ("competition", "user", "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        competition, user = data.get("competition"), data.get("user")
        if competition and user and (why := decisions.ban_refusal(competition, user, self.by)):
            self.add_error(None, why)
        return data


@admin.register(Ban)
class BanAdmin(ScopedAdmin):
    """The admin page of bans; bounty.moderation.decisions makes and lifts them."""

    form = BanForm
    list_display = ("user", "competition", "reason", "created_by", "created_at")
    list_select_related = ("user", "competition", "created_by")
    search_fields = ("user__username", "reason")
    fields = ("competition", "user", "reason")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"by": request.user})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return served_by(request.user).exists()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A ban is lifted or made anew, never rewritten: the person was told the reason.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return served_by(request.user).exists()
        return not rules.moderation_refusal(request.user, obj.competition)

    def save_model(self, request: HttpRequest, obj: Ban, form: Any, change: bool) -> None:
        # The row that the service made is the row of this page from here on.
        obj.pk = decisions.ban_person(obj.competition, obj.user, obj.reason, actor(request)).pk

    def delete_model(self, request: HttpRequest, obj: Ban) -> None:
        decisions.lift_ban(obj, actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Ban]) -> None:
        for ban in queryset:
            decisions.lift_ban(ban, actor(request))
