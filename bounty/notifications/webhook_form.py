"""The form of a web hook: its address, and what it hears of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core.errors import Refusal
from bounty.models import NoticeKind
from bounty.notifications import safe_http


class WebHookForm(forms.Form):
    """The form of a web hook; it refuses addresses that are not on the open internet."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("Where we POST the message to: an https:// address on the open internet."),
        error_messages={"required": gettext_lazy("Say where the messages go.")},
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url"}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What it hears of"),
        widget=forms.CheckboxSelectMultiple,
        choices=(),
        error_messages={"required": gettext_lazy("Choose at least one kind of notice.")},
    )

    def __init__(self, *args: Any, offered: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kinds"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(kind, label) for kind, label in NoticeKind.choices if kind in offered]

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            safe_http.resolve_target(url)
        except Refusal as error:
            raise forms.ValidationError(str(error)) from error
        except safe_http.NotSent as error:
            raise forms.ValidationError(_("%(why)s Check the spelling.") % {"why": error.args[0]}) from error
        return url
