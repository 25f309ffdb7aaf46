"""Forms that change a competition that is there: its texts, dates and quotas, invitations and roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.competitions.spec import ACCEPTANCE
from bounty.core.form_fields import UsernameField
from bounty.models import Competition, Invitation, Role
from bounty.organisers.forms.datetimes import MomentsForm
from bounty.organisers.forms.holdout import HoldoutForm
from bounty.organisers.forms.rules import RulesForm
from bounty.organisers.forms.step import AcceptanceForm

Status = Competition.Status
PROMISED = gettext_lazy("Fixed since it was opened: who entered was promised it.")
REHEARSED = gettext_lazy("A rehearsal stays with those who were invited.")
PAST = gettext_lazy("It was opened already.")
CLOSED = gettext_lazy("The competition is closed.")


class EditForm(MomentsForm, AcceptanceForm):
    """The form of texts, dates and quotas at any time, and of acceptance, terms and address until it was opened."""

    class Meta:
        model = Competition
        fields = (*RulesForm.Meta.fields, "max_upload_bytes", *ACCEPTANCE)
        labels = {
            **RulesForm.Meta.labels,
            **HoldoutForm.Meta.labels,
            "max_upload_bytes": gettext_lazy("Largest file, in bytes"),
        }
        help_texts = {**RulesForm.Meta.help_texts, **HoldoutForm.Meta.help_texts, "slug": ""}
        widgets = RulesForm.Meta.widgets

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, why in fixed_fields(self.instance).items():
            # A disabled field keeps its value whatever is sent for it.
            self.fields[name].disabled = True
            self.fields[name].help_text = why

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        closes, opens = data.get("closes_at"), data.get("opens_at")
        if (
            closes
            and "closes_at" in self.changed_data
            and closes <= max(opens or timezone.now(), timezone.now())
        ):
            self.add_error(
                "closes_at", _("It would close before it opens, or at once. Close it by its button.")
            )
        return data


def fixed_fields(competition: Competition) -> dict[str, Any]:
    """The reason for each field that cannot be changed now."""
    why: dict[str, Any] = {}
    if competition.rehearsal:
        why["visibility"] = REHEARSED
    if competition.status not in (Status.PREPARING, Status.DRAFT):
        why |= dict.fromkeys((*ACCEPTANCE, "terms", "slug"), PROMISED)
        why["opens_at"] = PAST
    if competition.is_closed:
        why |= dict.fromkeys(
            ("closes_at", "submissions_per_day", "queries_per_team", "max_upload_bytes"), CLOSED
        )
    return why


class InvitationForm(forms.ModelForm):
    """The form of an invitation link."""

    class Meta:
        model = Invitation
        fields = ("note", "uses_left")
        labels = {"note": gettext_lazy("For whom"), "uses_left": gettext_lazy("How many people may use it")}
        help_texts = {"note": gettext_lazy("For you alone.")}

    def clean_uses_left(self) -> int:
        uses = int(self.cleaned_data["uses_left"])
        if not 1 <= uses <= 10_000:
            raise forms.ValidationError(_("Between 1 and 10,000 people."))
        return uses


class RoleForm(forms.Form):
    """The form that gives a person, named by user name, a role."""

    user = UsernameField(label=gettext_lazy("User name"))
    kind = forms.ChoiceField(
        label=gettext_lazy("May"), choices=Role.Kind.choices, initial=Role.Kind.MODERATOR
    )
