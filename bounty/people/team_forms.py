"""Forms for entering a competition and for naming a team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.people.teams import NAME_LENGTH


class TermsForm(forms.Form):
    """Form for accepting the terms."""

    accepted = forms.BooleanField(
        label=gettext_lazy("I accept the terms"),
        error_messages={
            "required": gettext_lazy(
                "Please accept the terms, or stay a visitor: everything public stays open to you."
            )
        },
    )


class TeamNameForm(forms.Form):
    """Form for a team's name."""

    name = forms.CharField(
        label=gettext_lazy("Team name"),
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("Shown on the board."),
        error_messages={"required": gettext_lazy("A team needs a name.")},
    )


class EnterForm(TermsForm):
    """Form for entering a competition: terms, and how to take part, alone or in a new team."""

    ALONE, TEAM = "alone", "team"
    how = forms.ChoiceField(
        label=gettext_lazy("How do you take part?"),
        choices=[
            (ALONE, gettext_lazy("Alone")),
            (TEAM, gettext_lazy("In a new team that others can join by a link")),
        ],
        widget=forms.RadioSelect,
        initial=ALONE,
    )
    name = forms.CharField(
        label=gettext_lazy("Team name"),
        max_length=NAME_LENGTH,
        required=False,
        help_text=gettext_lazy("For a new team; shown on the board."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("how") == self.TEAM and not cleaned.get("name"):
            self.add_error("name", _("A team needs a name."))
        return cleaned
