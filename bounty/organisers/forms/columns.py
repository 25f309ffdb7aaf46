"""The form of column meanings in the wizard: one small group of fields a column, read off the guessed schema."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.competitions.input import read_meanings
from bounty.core.errors import Refusal
from bounty.organisers.forms.column_meanings import read_codes
from bounty.organisers.forms.step import StepForm
from evaluator.schema import Column, Schema, Value

KINDS = [
    ("number", gettext_lazy("number")),
    ("category", gettext_lazy("category")),
    ("text", gettext_lazy("text")),
]
MOST_VALUES_SHOWN = 40
MOST_JSON_BYTES = 1024 * 1024


class ColumnsForm(StepForm):
    """Fields for each column of the guessed schema, named by the column's place in the table."""

    words_file = forms.FileField(
        label=gettext_lazy("Take the words from a JSON file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json"}),
        help_text=gettext_lazy(
            "As in {“age”: {“meaning”: “age”, “measure”: “years”}}; what it says replaces what stands below."
        ),
    )

    def __init__(
        self, guessed: Schema, names: list[str], data: Any = None, files: Any = None, **kwargs: Any
    ) -> None:
        typed = None if data is None else dict(data.items())
        super().__init__(typed, files, **kwargs)
        self.guessed = guessed
        place = {name: number for number, name in enumerate(names)}
        self.places = [(place[column.name], column) for column in guessed.columns]
        self.fields["label-meaning"] = _words(_("Meaning"))
        if guessed.label.task != "regression":
            self.fields["label-codes"] = _codes(guessed.label.classes, guessed.label.codes)
        for number, column in self.places:
            self.fields |= {f"c{number}-{name}": field for name, field in _fields_of(column).items()}
        if typed is not None:
            self._name_values(typed)

    def _name_values(self, typed: dict[str, Any]) -> None:
        """Name a category's values in the field of their words where nothing was said of them yet."""
        for name in self.fields:
            if name.endswith("-codes") and not typed.get(name):
                typed[name] = self.fields[name].initial or ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in [name for name in data if name.endswith("-codes")]:
            try:
                data[name] = read_codes(data[name])
            except forms.ValidationError as error:
                self.add_error(name, error)
        return data

    @property
    def meanings(self) -> dict[str, dict[str, Any]]:
        """Overrides for evaluator.schema.infer_schema; only of a valid form."""
        data = self.cleaned_data
        found: dict[str, dict[str, Any]] = {}
        label = {"meaning": data["label-meaning"], "codes": data.get("label-codes", {})}
        found[self.guessed.label.name] = {name: said for name, said in label.items() if said}
        for number, column in self.places:
            given = {name: data[f"c{number}-{name}"] for name in _fields_of(column)}
            given["not_applicable"] = _values(given["not_applicable"])
            if given["kind"] == column.kind:
                del given["kind"]
            elif column.kind == "category":
                given["values"] = ()
            if given["excluded"] == column.excluded:
                del given["excluded"]
            found[column.name] = {
                name: said for name, said in given.items() if said or name in ("excluded", "values")
            }
        return {name: said for name, said in found.items() if said}

    def groups(self, flags: list[str]) -> list[dict[str, Any]]:
        """The columns in order, each with its fields by name and what the platform noticed about it."""
        return [
            {
                "column": column,
                "fields": {name: self[f"c{number}-{name}"] for name in _fields_of(column)},
                "flags": [flag for flag in flags if flag.startswith(f"`{column.name}`")],
                "wrong": any(name.startswith(f"c{number}-") for name in self.errors),
            }
            for number, column in self.places
        ]

    def field_of(self, name: str | None) -> str | None:
        """The field of a column beside which an error about it is shown."""
        return next((f"c{number}-kind" for number, column in self.places if column.name == name), None)


def typed_answers(meanings: dict[str, dict[str, Any]], names: list[str], label: str) -> dict[str, str]:
    """The form's answers that say the same as overrides do; entries about other columns are left out."""
    typed: dict[str, str] = {}
    place = {name: number for number, name in enumerate(names)}
    for name, said in meanings.items():
        if name == label:
            prefix = "label"
        elif name in place:
            prefix = f"c{place[name]}"
        else:
            continue
        for key, value in said.items():
            if isinstance(value, bool):
                typed |= {f"{prefix}-{key}": "on"} if value else {}
            elif isinstance(value, dict):
                typed[f"{prefix}-{key}"] = "\n".join(f"{code} = {words}" for code, words in value.items())
            elif isinstance(value, (list, tuple)):
                typed[f"{prefix}-{key}"] = ", ".join(str(item) for item in value)
            else:
                typed[f"{prefix}-{key}"] = str(value)
    return typed


def read_meanings_file(content: bytes) -> dict[str, dict[str, Any]]:
    """Overrides from an uploaded JSON file. Raises Refusal."""
    if len(content) > MOST_JSON_BYTES:
        raise Refusal(_("The file is larger than 1 MB."), "words_file")
    try:
        return read_meanings(content)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refusal(str(error), "words_file") from None


def _fields_of(column: Column) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {
        "kind": forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=column.kind),
        "meaning": _words(_("Meaning")),
        "measure": forms.CharField(label=_("Unit"), max_length=40, required=False),
        "not_applicable": forms.CharField(
            label=_("Values that mean “does not apply”"), max_length=200, required=False
        ),
        "describes_people": forms.BooleanField(label=_("Describes people"), required=False),
        "excluded": forms.BooleanField(label=_("Leave it out"), required=False, initial=column.excluded),
    }
    if column.kind == "category":
        fields["codes"] = _codes(column.values, column.codes)
    else:
        fields["codes"] = _codes((), column.codes)
    return fields


def _words(label: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=200, required=False)


def _codes(values: tuple[Value, ...], codes: Any) -> forms.CharField:
    shown = values if len(values) <= MOST_VALUES_SHOWN else ()
    return forms.CharField(
        label=_("What its values mean"),
        required=False,
        max_length=20_000,
        initial="\n".join(f"{value} = {codes.get(str(value), '')}" for value in shown),
        widget=forms.Textarea(attrs={"rows": min(max(len(shown), 2), 8)}),
    )


def _values(text: str) -> list[Value]:
    return [_value(part.strip()) for part in text.split(",") if part.strip()]


def _value(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
