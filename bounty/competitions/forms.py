"""Form for a new competition, and the list of its time fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings

from bounty.competitions.base_models import FittedBase, UploadedBase
from bounty.competitions.input import read_competition_fields
from bounty.competitions.spec import ACCEPTANCE, DEFAULT_SIZES
from bounty.core.errors import Refusal
from bounty.models import Competition
from bounty.submissions import uploads
from evaluator.fitting import LEARNERS
from evaluator.losses import LOSS_WORDS

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

# Larger tables are made with manage.py create_competition, on the machine where they lie.
MOST_TABLE_BYTES = 512 * 1024 * 1024
MOST_MEANINGS_BYTES = 1024 * 1024
DEFAULT_SPLITS = ", ".join(f"{name}={share}" for name, share in DEFAULT_SIZES.items())
# Which field of the form a Refusal of the service is about.
FIELD_OF = {"base_learner": "base_learner", "base": "base_file", "exclude": "exclude"}


TIMES = ("opens_at", "closes_at")
_MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class NewCompetitionForm(forms.ModelForm):
    """Form for a new competition. The texts, times and quotas are the model's own fields."""

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
    more_blocks = forms.BooleanField(
        required=False,
        help_text="More blocks may be added later; each then has less of delta than where their number is fixed.",
    )
    unit_rows = forms.IntegerField(
        required=False,
        min_value=1,
        help_text="M, by which the sum over a unit's rows is divided; empty for the rows of the table's largest unit. "
        "Rows of larger units count for less.",
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        help_text="Leave it empty: who has the table and the seed can draw the secret rows again.",
    )
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
                data["competition_fields"] = self._competition_fields(data)
            except Refusal as error:
                self.refuse(error.field, str(error))
        return data

    def refuse(self, field: str, message: str) -> None:
        """Adds a service's refusal as an error of the form field that it is about."""
        field = FIELD_OF.get(field, field)
        self.add_error(field if field in self.fields else None, message)

    def _competition_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        meanings = _limited(data["meanings"], MOST_MEANINGS_BYTES).read() if data["meanings"] else b""
        fields = read_competition_fields({**data, "meanings": meanings})
        fields["settings"] = {name: data[name] for name in self.Meta.fields if name not in self.OWN}
        if data["base_learner"] == "upload":
            # Never run here: the web process has labels and the database.
            fields["base"] = UploadedBase(
                uploads.read_upload(data["base_file"], "base_file", data["max_upload_bytes"])
            )
        else:
            fields["base"] = FittedBase(data["base_learner"], data["base_where"])
        return fields


def _limited(upload: UploadedFile, limit: int) -> UploadedFile:
    if upload.size is None or upload.size > limit:
        raise forms.ValidationError(
            f"{upload.name} is larger than {limit // 1024 // 1024} MB. "
            "Use manage.py create_competition for larger tables."
        )
    return upload
