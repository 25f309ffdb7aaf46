"""Forms of column meanings, for competitions that are there already."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluator.schema import Column, Schema


def read_codes(text: str) -> dict[str, str]:
    """Words of a column's values, from lines `value = words`; a value without words is left out.

    Raises ValidationError for a line of another form.
    """
    codes = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        value, equals, words = (piece.strip() for piece in line.partition("="))
        if not equals or not value:
            raise forms.ValidationError(_("“%(line)s” is not of the form value = words.") % {"line": line})
        if words:
            codes[value] = words
    return codes


class ColumnForm(forms.Form):
    """The form of one column's meaning. Kinds and values are fixed: the stored rows depend on them, words do not."""

    name = forms.CharField(widget=forms.HiddenInput)
    meaning = forms.CharField(label=gettext_lazy("Meaning"), max_length=200, required=False)
    measure = forms.CharField(label=gettext_lazy("Unit"), max_length=40, required=False)
    codes = forms.CharField(
        label=gettext_lazy("What its values mean"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 30}),
    )
    describes_people = forms.BooleanField(label=gettext_lazy("Describes people"), required=False)

    def clean_codes(self) -> dict[str, str]:
        return read_codes(self.cleaned_data["codes"])

    @staticmethod
    def initial_of(column: Column) -> dict[str, Any]:
        """The form's initial values for a column."""
        return {
            "name": column.name,
            "meaning": column.meaning,
            "measure": column.measure,
            "codes": "\n".join(f"{value} = {words}" for value, words in column.codes.items()),
            "describes_people": column.describes_people,
        }


ColumnFormSet = forms.formset_factory(ColumnForm, extra=0)


def apply_meanings(schema: Schema, said: list[dict[str, Any]]) -> Schema:
    """The schema with other words for its columns; entries for columns it does not have are ignored."""
    by_name = {entry["name"]: entry for entry in said}
    words = ("meaning", "measure", "codes", "describes_people")
    columns = tuple(
        replace(column, **{word: by_name[column.name][word] for word in words})
        if column.name in by_name
        else column
        for column in schema.columns
    )
    return replace(schema, columns=columns)
