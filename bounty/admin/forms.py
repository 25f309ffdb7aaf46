"""The form that makes a competition, and the one that says what its columns mean."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings

from bounty import uploads
from bounty.base_models import FittedBase, UploadedBase
from bounty.competition_input import InputError, read_wishes
from bounty.models import Competition
from bounty.new_competition import DEFAULT_SIZES
from evaluator.fitting import LEARNERS
from evaluator.losses import LOSS_WORDS
from evaluator.schema import Column, Schema

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

# Larger tables are made with manage.py create_competition, on the machine where they lie.
MOST_TABLE_BYTES = 512 * 1024 * 1024
MOST_MEANINGS_BYTES = 1024 * 1024
DEFAULT_SPLITS = ", ".join(f"{name}={share}" for name, share in DEFAULT_SIZES.items())
# Which field of the form an InputError of the service is about.
FIELD_OF = {"base_learner": "base_learner", "base": "base_file", "exclude": "exclude"}


TIMES = ("opens_at", "closes_at")
# When a patch is accepted: one list for the form that makes a competition and the page that shows it.
ACCEPTANCE = (
    "acceptance",
    "alpha",
    "delta",
    "gate_level",
    "gate_chance",
    "target_gain",
    "tolerance",
    "harm_mode",
    "smallest_group",
)
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class NewCompetitionForm(forms.ModelForm):
    """What a new competition needs. The texts, times and quotas are the model's own fields."""

    table = forms.FileField(help_text="CSV or Parquet, one example a row.")
    label = forms.CharField(max_length=200, help_text="The column to predict.")
    unit = forms.CharField(
        max_length=200,
        required=False,
        help_text="The column that names what is independent, such as a person; empty for one row a unit.",
    )
    task = forms.ChoiceField(
        required=False,
        choices=[
            ("", "as the label tells"),
            *((task, task) for task in ("binary", "multiclass", "regression")),
        ],
    )
    loss = forms.ChoiceField(
        required=False,
        choices=[
            ("", "as the label tells"),
            *((name, f"{name}: {words}") for name, words in LOSS_WORDS.items()),
        ],
    )
    costs = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For the loss “cost”: one row a class, what each answer costs where that class is the truth.",
    )
    exclude = forms.CharField(
        required=False,
        help_text="Columns that would give the label away, or name people; separated by commas.",
    )
    meanings = forms.FileField(
        required=False,
        help_text='JSON: {"AGE": {"meaning": "age", "measure": "years"}}; can be edited later.',
    )
    declared = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Groups protected from the start, one a line: name = expression.",
    )
    base_learner = forms.ChoiceField(
        label="Base model", choices=[*LEARNERS.items(), ("upload", "uploaded (choose the file below)")]
    )
    base_where = forms.CharField(
        required=False,
        help_text="Fit it on the train rows where this expression holds; empty for all of them.",
    )
    base_file = forms.FileField(
        required=False, help_text="An ONNX model or a skops file; run in the sandbox."
    )
    splits = forms.CharField(
        initial=DEFAULT_SPLITS, help_text="Fractions, or numbers of units, for every split.", max_length=300
    )
    blocks = forms.IntegerField(initial=1, min_value=1, max_value=50, help_text="Certification blocks.")
    seed = forms.IntegerField(initial=0, min_value=0)
    oversample = forms.BooleanField(
        initial=True,
        required=False,
        help_text="Draw small declared groups into the secret rows more often, so that harm to them can be seen.",
    )

    class Meta:
        model = Competition
        fields = (
            "title",
            "slug",
            "summary",
            "description",
            "rules",
            "terms",
            "visibility",
            "opens_at",
            "closes_at",
            *ACCEPTANCE,
            "submissions_per_day",
            "queries_per_team",
            "max_upload_bytes",
            "moderation",
            "show_sources",
            "open_model",
        )
        widgets = dict.fromkeys(TIMES, _MOMENT)
        help_texts = dict.fromkeys(TIMES, f"{settings.TIME_ZONE} time; empty for by hand.")

    # What it is and what it is made from first; what has a sensible default last.
    field_order = (
        *("title", "slug", "summary", "table", "label", "unit", "exclude", "declared", "meanings"),
        *("base_learner", "base_where", "base_file", "task", "loss", "costs", "splits", "blocks", "seed"),
        *("oversample", "description", "rules", "terms", "visibility", "opens_at", "closes_at", "moderation"),
    )
    # Fields of the model that NewCompetition has by itself; the others are its `settings`.
    OWN = ("title", "slug", "summary", "description", "rules", "terms")

    def clean_table(self) -> UploadedFile:
        return _limited(self.cleaned_data["table"], MOST_TABLE_BYTES)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("base_learner") == "upload" and not data.get("base_file"):
            self.add_error("base_file", "Choose the base model's file.")
        if not self.errors:
            try:
                data["wishes"] = self._wishes(data)
            except (InputError, uploads.Refused) as error:
                self.refuse(error.field, str(error))
        return data

    def refuse(self, field: str, message: str) -> None:
        """Put what the service refused beside the field it is about."""
        field = FIELD_OF.get(field, field)
        self.add_error(field if field in self.fields else None, message)

    def _wishes(self, data: dict[str, Any]) -> dict[str, Any]:
        meanings = _limited(data["meanings"], MOST_MEANINGS_BYTES).read() if data["meanings"] else b""
        wishes = read_wishes({**data, "meanings": meanings})
        wishes["settings"] = {name: data[name] for name in self.Meta.fields if name not in self.OWN}
        if data["base_learner"] == "upload":
            # Never run here: the web process has labels and the database.
            wishes["base"] = UploadedBase(
                uploads.read(data["base_file"], "base_file", data["max_upload_bytes"])
            )
        else:
            wishes["base"] = FittedBase(data["base_learner"], data["base_where"])
        return wishes


@contextmanager
def on_disk(upload: UploadedFile) -> Iterator[Path]:
    """The uploaded table as a file with its suffix, for as long as it is read."""
    # Its own name, without any folder, so that what is wrong with it is said of the file that was chosen.
    name = PurePath(upload.name or "table").name
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / PurePath(name).with_suffix(PurePath(name).suffix.lower())
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        yield path


def _limited(upload: UploadedFile, limit: int) -> UploadedFile:
    if upload.size is None or upload.size > limit:
        raise forms.ValidationError(
            f"{upload.name} is larger than {limit // 1024 // 1024} MB. "
            "Use manage.py create_competition for larger tables."
        )
    return upload


class ColumnForm(forms.Form):
    """What one column means. Kinds and values are fixed: the stored rows depend on them, words do not."""

    name = forms.CharField(widget=forms.HiddenInput)
    meaning = forms.CharField(max_length=200, required=False)
    measure = forms.CharField(max_length=40, required=False)
    codes = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3, "cols": 30})
    )
    describes_people = forms.BooleanField(required=False)

    def clean_codes(self) -> dict[str, str]:
        codes = {}
        for line in filter(None, (line.strip() for line in self.cleaned_data["codes"].splitlines())):
            value, equals, words = (piece.strip() for piece in line.partition("="))
            if not equals or not value or not words:
                raise forms.ValidationError(f"“{line}” is not of the form value = words.")
            codes[value] = words
        return codes

    @staticmethod
    def initial_of(column: Column) -> dict[str, Any]:
        return {
            "name": column.name,
            "meaning": column.meaning,
            "measure": column.measure,
            "codes": "\n".join(f"{value} = {words}" for value, words in column.codes.items()),
            "describes_people": column.describes_people,
        }


ColumnFormSet = forms.formset_factory(ColumnForm, extra=0)


def with_meanings(schema: Schema, said: list[dict[str, Any]]) -> Schema:
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
