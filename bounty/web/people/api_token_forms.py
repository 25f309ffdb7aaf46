"""The form that makes an API token."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from bounty.people.api_tokens import Scope


class TokenForm(forms.Form):
    """Name, scopes and duration of a new token."""

    LASTS = {"7": _("a week"), "30": _("a month"), "90": _("three months"), "365": _("a year")}

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=60,
        help_text=_("For example the machine that it will lie on."),
        error_messages={"required": _("Give it a name, so that you know later which one to revoke.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        choices=[choice for choice in Scope.choices if choice[0] != Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.SUBMIT],
        required=False,
        help_text=_("Reading what you may see is always part of it."),
    )
    lasts = forms.ChoiceField(label=_("How long does it last?"), choices=list(LASTS.items()), initial="90")

    def duration(self) -> timedelta:
        """How long the token lasts."""
        return timedelta(days=int(self.cleaned_data["lasts"]))
