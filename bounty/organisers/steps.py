"""Steps of the wizard: their names, each one's form bound to what was typed, and what each checks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.competitions.input import read_competition_fields
from bounty.core.errors import Refusal
from bounty.models import CompetitionDraft
from bounty.organisers import draft_tables
from bounty.organisers.forms import BaseForm, ColumnsForm, HoldoutForm, RulesForm, StepForm, TargetForm
from evaluator.errors import TableError
from evaluator.losses import make_loss
from evaluator.schema import Schema, infer_schema, schema_flags
from evaluator.tables import validate_table

TABLE, TARGET, COLUMNS, HOLDOUT, BASE, RULES, PREVIEW = STEPS = (
    "table",
    "target",
    "columns",
    "holdout",
    "base",
    "rules",
    "preview",
)
TITLES = {
    TABLE: gettext_lazy("Table"),
    TARGET: gettext_lazy("What to predict"),
    COLUMNS: gettext_lazy("What columns mean"),
    HOLDOUT: gettext_lazy("Who learns what"),
    BASE: gettext_lazy("The model"),
    RULES: gettext_lazy("Texts and rules"),
    PREVIEW: gettext_lazy("Look it over"),
}
WITH_FORMS = (TARGET, COLUMNS, HOLDOUT, BASE, RULES)


def bind_form(
    draft: CompetitionDraft,
    step: str,
    data: Mapping[str, Any] | None = None,
    files: MultiValueDict[str, UploadedFile] | None = None,
) -> StepForm:
    """The step's form, bound to `data`, else to what was typed earlier, else fresh.

    Raises TableError without a table, and for columns Refusal where no label is chosen.
    """
    typed: Any = draft.answers.get(step) if data is None else data
    if step == TARGET:
        if not draft.columns:
            raise TableError(_("There is no table yet."))
        return TargetForm(draft.columns, typed)
    if step == COLUMNS:
        return ColumnsForm(guessed_schema(draft), draft.columns, typed, files)
    if step in (HOLDOUT, BASE):
        target_of(draft)
    if step == HOLDOUT:
        return HoldoutForm(typed)
    if step == BASE:
        return BaseForm(typed, files)
    source = draft.source
    return RulesForm(
        typed,
        initial={"rehearsal": draft.rehearsal},
        copies=source is not None or bool(draft.answers.get("seen_by")),
        rehearsed=source is not None and source.rehearsal,
    )


def read_typed(form: StepForm, data: Mapping[str, Any]) -> dict[str, str]:
    """Values typed into a form's fields, to be kept; files are kept elsewhere."""
    return {name: str(data[name]) for name in form.fields if name in data and data[name] is not None}


def target_of(draft: CompetitionDraft) -> dict[str, Any]:
    """Label, unit, task, loss and costs as they were typed. Raises Refusal where no label is chosen."""
    answers = draft.answers.get(TARGET, {})
    columns = draft.columns
    if answers.get("label") not in columns:
        raise Refusal(_("Choose the column to predict first."), "label")
    unit = answers.get("unit") or None
    return {**answers, "unit": unit if unit in columns else None}


def guessed_schema(draft: CompetitionDraft) -> Schema:
    """The schema as the table alone tells it, given label, unit and task."""
    target = target_of(draft)
    overrides = {target["label"]: {"task": target["task"]}} if target.get("task") else {}
    return infer_schema(draft_tables.read_frame(draft), target["label"], target["unit"], overrides)


def meanings_of(draft: CompetitionDraft) -> dict[str, dict[str, Any]]:
    """Overrides of columns as they were typed; {} before anything was. Raises Refusal where they cannot be read."""
    if not draft.answers.get(COLUMNS):
        return {}
    form = bind_form(draft, COLUMNS)
    if not isinstance(form, ColumnsForm) or not form.is_valid():
        raise Refusal(_("Mend what is said about the columns first."), "meanings")
    return form.meanings


def schema_of(draft: CompetitionDraft, meanings: dict[str, dict[str, Any]] | None = None) -> Schema:
    """The schema with everything that was said about columns. Raises TableError, Refusal."""
    target = target_of(draft)
    said = {
        name: dict(words)
        for name, words in (meanings if meanings is not None else meanings_of(draft)).items()
    }
    if target.get("task"):
        said.setdefault(target["label"], {})["task"] = target["task"]
    return infer_schema(draft_tables.read_frame(draft), target["label"], target["unit"], said)


def flags_of(draft: CompetitionDraft, schema: Schema) -> list[str]:
    """Warnings about the columns, one sentence each."""
    excluded = tuple(column.name for column in schema.columns if column.excluded)
    digest = draft.table.file.sha256 if draft.table else ""
    key = (digest, schema.label.name, schema.label.task, schema.unit, excluded)
    return list(_flags(_Noticed(key, draft, schema)))


class _Noticed:
    """A cache key that carries the draft and schema it stands for, so that the cache compares the key alone."""

    def __init__(self, key: tuple[Any, ...], draft: CompetitionDraft, schema: Schema) -> None:
        self.key, self.draft, self.schema = key, draft, schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Noticed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=16)
def _flags(noticed: _Noticed) -> tuple[str, ...]:
    return tuple(schema_flags(draft_tables.read_frame(noticed.draft), noticed.schema))


# --- what a step checks beyond its own fields ------------------------------------------------------------------
def check_target(draft: CompetitionDraft, form: TargetForm) -> None:
    """Put errors of the label, the unit or the costs beside the form's fields, given the table."""
    data = form.cleaned_data
    label, unit, task = data["label"], data["unit"] or None, data["task"] or None
    frame = draft_tables.read_frame(draft)
    try:
        try:
            validate_table(frame, label, unit, task=task)
        except TableError as error:
            # What is wrong with another column is mended at the next step: it may be left out there.
            if error.column not in (label, unit, None):
                return _check_loss(draft, form)
            raise
        _check_loss(draft, form)
    except Refusal as error:
        form.refuse(error.field, str(error))
    except TableError as error:
        form.refuse("unit" if unit is not None and error.column == unit else "label", str(error))


def _check_loss(draft: CompetitionDraft, form: TargetForm) -> None:
    wishes = read_competition_fields(form.cleaned_data)
    if not wishes.get("loss"):
        return
    task = {"task": wishes["task"]} if wishes.get("task") else {}
    label = wishes["label"]
    schema = infer_schema(draft_tables.read_frame(draft)[[label]], label, overrides={label: task})
    try:
        make_loss(wishes["loss"], schema.label, wishes.get("costs"))
    except TableError as error:
        form.refuse("costs" if wishes["loss"] == "cost" else "loss", str(error))


def check_columns(draft: CompetitionDraft, form: ColumnsForm) -> None:
    """Put errors of the table under these meanings beside the columns' fields."""
    target = target_of(draft)
    meanings = form.meanings
    excluded = [name for name, said in meanings.items() if said.get("excluded")]
    frame = draft_tables.read_frame(draft)
    try:
        validate_table(
            frame, target["label"], target["unit"], task=target.get("task") or None, excluded=excluded
        )
        schema = schema_of(draft, meanings)
        schema.encode_label(frame[target["label"]])
        if schema.conform(frame).shape[1] == 0:
            raise TableError(
                _("No column is left as a feature: at least one is needed beside the label and the unit.")
            )
    except TableError as error:
        form.add_error(form.field_of(error.column), str(error))
