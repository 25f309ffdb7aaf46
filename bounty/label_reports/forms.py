"""Forms of a label report and of its answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bounty.label_reports import report
from bounty.models import Competition

# No label: the row should go.
TAKE_OUT = "\N{MULTIPLICATION SIGN}"


class LabelForm(forms.Form):
    """Form of a label report; the label's choices depend on the competition."""

    split = forms.ChoiceField(
        label=_("File"),
        choices=[(name, name) for name in report.SPLITS],
        error_messages={
            "invalid_choice": _("Only rows of train and explore can be reported: all others are secret.")
        },
    )
    number = forms.IntegerField(
        label=_("Row"),
        min_value=1,
        max_value=10**9,
        help_text=_("As in the file: the first row under the header is 1."),
        error_messages={"required": _("Which row is it?"), "invalid": _("A row is a whole number from 1.")},
    )
    suggested = forms.CharField(
        label=_("What the label should be"),
        required=False,
        max_length=80,
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
        help_text=_("What in the row tells you so. Everybody who may see the competition reads it."),
        error_messages={"required": _("Say why it looks wrong: the organiser has nothing else to go by.")},
    )

    def __init__(self, competition: Competition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known := report.label_classes(competition):
            self.fields["suggested"] = forms.ChoiceField(
                label=_("What the label should be"),
                choices=[
                    ("", _("choose one")),
                    *((each, each) for each in known),
                    (TAKE_OUT, _("none is right: take the row out")),
                ],
                error_messages={"required": _("Say what the label should be, or that none is right.")},
            )
        else:
            self.fields["suggested"].help_text = _("Empty: none is right, take the row out.")

    def clean_suggested(self) -> str:
        said = str(self.cleaned_data.get("suggested", ""))
        return "" if said == TAKE_OUT else said


class AnswerForm(forms.Form):
    """Form of an organiser's answer."""

    answer = forms.CharField(
        label=_("Your answer"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000}),
        help_text=_("Who reported it reads it; a correction is named with it in the model’s history."),
        error_messages={
            "required": _("Say why: who reported it reads it, and the model’s history names a correction.")
        },
    )
