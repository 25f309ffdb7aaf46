"""The form of a correction of the table: lines typed, or a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core.errors import Refusal
from bounty.corrections import Correction, read_correction_csv
from bounty.organisers.forms.step import StepForm

EXAMPLE = "row,action,label\n17,mend,yes\n230,withdraw,"


class CorrectionForm(StepForm):
    """A form whose `correction`, once valid, is what it asks for. A file's content goes into the lines, to be
    looked at.
    """

    lines = forms.CharField(
        label=gettext_lazy("What to correct"),
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "expression-input"}),
        help_text=gettext_lazy(
            "A line each, under “row,action,label”: mend a label, withdraw a row, or delete it from every file. Rows "
            "are counted as in your table, from 1. With the column unit, all rows of a person are deleted."
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a CSV file of the same"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Teams and the model’s history name it."),
    )

    correction: Correction

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file = data.get("file")
        content = file.read() if file else str(data.get("lines", "")).encode()
        if not content.strip():
            self.add_error("lines", _("Say which rows, or choose a file."))
            return data
        try:
            self.correction = read_correction_csv(content)
        except Refusal as error:
            self.add_error("file" if file else "lines", str(error))
            return data
        data["lines"] = content.decode("utf-8-sig")
        return data
