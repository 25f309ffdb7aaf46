"""Drafts of competitions: started, copied from a competition, read as arguments of creation, discarded."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.competitions import create, example_table
from bounty.competitions.base_models import Base, FittedBase, UploadedBase
from bounty.competitions.input import SPLITS, read_competition_fields
from bounty.competitions.spec import ACCEPTANCE, DEFAULT_SIZES
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Competition, CompetitionDraft
from bounty.models.stored_holdout import AskedSplits
from bounty.organisers import draft_tables, known_rows, steps
from bounty.organisers.forms import MEGABYTE, TEXTS, BaseForm, HoldoutForm, RulesForm
from bounty.organisers.forms.columns import typed_answers
from bounty.permissions.rules import can_make_competition, may_organise
from bounty.submissions import uploads
from evaluator.errors import TableError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = CompetitionDraft.State
MOST_DRAFTS = 20
SEEDS = 2**31
# The example has few people for so many groups: most of them certify.
EXAMPLE_SHARES = {"train": 25, "explore": 5, "practice": 17, "certification": 46, "final": 7}


@dataclass(frozen=True)
class MissingAnswer:
    """What keeps a draft from being made: the step, and the first thing to mend there."""

    step: str
    message: str


def start_draft(owner: User, **fields: Any) -> CompetitionDraft:
    """A new draft. Raises PermissionDenied for who may not make competitions, Refusal for one who has too many."""
    if not can_make_competition(owner):
        raise PermissionDenied(_("Ask whoever runs this site for the permission to make competitions."))
    if owner.competition_drafts.filter(state=State.EDITING).count() >= MOST_DRAFTS:
        raise Refusal(
            _("You have %(most_drafts)s unfinished competitions. Finish or delete one first.")
            % {"most_drafts": MOST_DRAFTS}
        )
    return CompetitionDraft.objects.create(owner=owner, seed=secrets.randbelow(SEEDS), **fields)


def fill_with_example(draft: CompetitionDraft) -> None:
    """Fill the draft with the built-in table and everything said about it, so that every page can be tried."""
    draft_tables.store_example(draft)
    declared = "\n".join(f"{name} = {expression}" for name, expression in example_table.DECLARED_GROUPS)
    typed = {name: f"{share:g}" for name, share in EXAMPLE_SHARES.items()}
    holdout = {name: str(value) for name, value in HoldoutForm.defaults().items()}
    seen_by = draft.answers.get("seen_by", [])
    draft.answers = {
        "seen_by": seen_by,
        steps.TARGET: {
            "label": example_table.LABEL,
            "unit": example_table.UNIT,
            "task": "",
            "loss": "",
            "costs": "",
        },
        steps.COLUMNS: _example_columns(draft),
        steps.HOLDOUT: {
            **holdout,
            **typed,
            "declared": declared,
            "target_gain": "0.05",
            "oversample": "on",
        },
        steps.BASE: {"learner": "boosting", "where": example_table.BASE_WHERE},
        steps.RULES: {
            **_rules_defaults(),
            "title": example_table.TITLE,
            "summary": example_table.SUMMARY,
            "description": example_table.DESCRIPTION,
            "rules": example_table.RULES,
            "terms": example_table.TERMS,
        },
    }


def _example_columns(draft: CompetitionDraft) -> dict[str, str]:
    """The columns' answers of the example, with guessed kinds where it says nothing."""
    draft.answers = {steps.TARGET: {"label": example_table.LABEL, "unit": example_table.UNIT}}
    said = {column.name: {"kind": column.kind} for column in steps.guessed_schema(draft).columns}
    for name, words in example_table.MEANINGS.items():
        said[name] = {**said.get(name, {}), **words}
    return typed_answers(said, draft.columns, example_table.LABEL)


def discard_draft(draft: CompetitionDraft) -> None:
    """Delete the draft and its files. A competition that was made from it stays."""
    with transaction.atomic():
        draft.delete()
        transaction.on_commit(lambda: draft_tables.delete_files(draft))


def discard_forgotten(now: datetime) -> None:
    """Discard the drafts that nobody has changed for long."""
    for draft in CompetitionDraft.objects.abandoned(now):
        discard_draft(draft)


# --- copies ------------------------------------------------------------------------------------------------------
def find_source_draft(competition: Competition, user: User) -> CompetitionDraft | None:
    """The draft that this person made the competition from; None where it is no longer kept."""
    return competition.drafts.filter(owner=user).first()


def copy_competition(competition: Competition, user: User, *, for_real: bool = False) -> CompetitionDraft:
    """A draft with the same choices, another title and address, no dates and freshly drawn rows.

    The table comes along where this person made the competition from it and it is still kept as it was. What was
    public, opened or told of its rows stays out of the secret splits (known_rows). Raises PermissionDenied.
    """
    if not may_organise(user, competition):
        raise PermissionDenied(_("Only this competition's organisers can copy it."))
    draft = start_draft(user, source=competition, rehearsal=False)
    made_from = find_source_draft(competition, user)
    # A corrected table is not the one that was sent: people may have been erased from it.
    as_sent = not competition.tables.correction
    if (
        as_sent
        and made_from is not None
        and made_from.table is not None
        and draft_tables.has_table(made_from)
    ):
        frame, file = draft_tables.read_frame(made_from), made_from.table.file
        draft_tables.store_table(draft, file.filename, draft_tables.read_content(file), frame)
    draft.answers = answers_of(competition, draft.columns, for_real=for_real)
    base = competition.base
    if base.fitted is None and base.file.path:
        suffix = f".{base.file.path.rpartition('.')[2]}"
        content = artifacts.artifact_store().read_bytes(*base.file.address)
        if suffix in (".onnx", ".skops"):
            draft_tables.store_base_file(draft, f"base{suffix}", suffix, content)
            draft.answers[steps.BASE] = {"learner": BaseForm.UPLOAD, "where": ""}
    draft.save()
    return draft


def answers_of(competition: Competition, columns: list[str], *, for_real: bool) -> dict[str, dict[str, str]]:
    """The draft answers that would make the same competition again, but its title, address and dates."""
    schema, loss = competition.schema, competition.loss
    names = columns or [
        schema.label.name,
        *([schema.unit] if schema.unit else []),
        *(c.name for c in schema.columns),
    ]
    target = {
        "label": schema.label.name,
        "unit": schema.unit or "",
        "task": schema.label.task,
        "loss": loss.name,
        "costs": "\n".join(" ".join(f"{cell:g}" for cell in row) for row in loss.costs),
    }
    said: dict[str, dict[str, Any]] = {
        column.name: {
            "kind": column.kind,
            "meaning": column.meaning,
            "measure": column.measure,
            "codes": dict(column.codes),
            "not_applicable": column.not_applicable,
            "describes_people": column.describes_people,
            "excluded": column.excluded,
        }
        for column in schema.columns
    }
    said[schema.label.name] = {"meaning": schema.label.meaning, "codes": dict(schema.label.codes)}
    asked = competition.plan.asked or AskedSplits({}, 0, oversample=True)
    groups = competition.declared_groups.all()
    holdout = {name: str(getattr(competition, name)) for name in ACCEPTANCE}
    holdout |= {name: f"{value:g}" for name, value in percentages(asked.sizes).items()}
    holdout |= {
        "blocks": str(asked.blocks or competition.blocks.count() or 1),
        "unit_rows": str(asked.unit_rows or ""),
        "declared": "\n".join(f"{group.name} = {group.expression}" for group in groups),
        **{name: "on" for name in ("oversample", "more_blocks") if getattr(asked, name)},
    }
    fitted = competition.base.fitted or {}
    return {
        steps.TARGET: target,
        steps.COLUMNS: typed_answers(said, names, schema.label.name),
        steps.HOLDOUT: holdout,
        steps.BASE: {"learner": fitted.get("learner", "boosting"), "where": fitted.get("where", "")},
        steps.RULES: _rules_of(competition, for_real=for_real),
    }


def percentages(sizes: Mapping[str, float]) -> dict[str, float]:
    """Sizes of splits as percentages, from fractions or numbers of units; the defaults where nothing is known."""
    if not sizes:
        return {name: share * 100 for name, share in DEFAULT_SIZES.items()}
    whole = 1.0 if all(value <= 1 for value in sizes.values()) else sum(sizes.values())
    return {name: round(100 * sizes[name] / whole, 4) for name in SPLITS}


def _rules_of(competition: Competition, *, for_real: bool) -> dict[str, str]:
    settings = ("submissions_per_day", "queries_per_team", "moderation")
    typed = {name: str(getattr(competition, name)) for name in (*TEXTS, *settings)}
    typed["visibility"] = Competition.Visibility.PUBLIC if competition.rehearsal else competition.visibility
    typed["title"] = competition.title if for_real else f"{competition.title} again"[:120]
    typed |= {"slug": "", "max_upload": str(max(1, competition.max_upload_bytes // MEGABYTE))}
    typed |= {name: "on" for name in ("show_sources", "open_model") if getattr(competition, name)}
    typed |= {"people": "on"} if competition.noise_scale else {}
    return {**typed, "keep_out": "on"}


def _rules_defaults() -> dict[str, str]:
    fresh = RulesForm()
    found = {name: fresh.get_initial_for_field(field, name) for name, field in fresh.fields.items()}
    return {
        name: "on" if value is True else str(value)
        for name, value in found.items()
        if value not in (None, False)
    }


# --- read as wishes ----------------------------------------------------------------------------------------------
def find_missing(draft: CompetitionDraft) -> list[MissingAnswer]:
    """What still keeps the draft from being made, the first thing of each step."""
    found: list[MissingAnswer] = []
    if not draft_tables.has_table(draft):
        return [MissingAnswer(steps.TABLE, _("Send a table."))]
    for step in steps.WITH_FORMS:
        try:
            if step != steps.COLUMNS and not draft.answers.get(step):
                found.append(MissingAnswer(step, _("Nothing was said here yet.")))
            elif step != steps.COLUMNS or draft.answers.get(step):
                form = steps.bind_form(draft, step)
                if not form.is_valid():
                    name, errors = next(iter(form.errors.items()))
                    label = "" if name == "__all__" else f"{form.fields[name].label}: "
                    found.append(MissingAnswer(step, f"{label}{errors[0]}"))
        except (Refusal, TableError) as error:
            found.append(MissingAnswer(step, str(error)))
            break
    if draft.answers.get(steps.BASE, {}).get("learner") == BaseForm.UPLOAD and draft.base_file is None:
        found.append(MissingAnswer(steps.BASE, _("Choose the base model’s file.")))
    return found


def creation_arguments(draft: CompetitionDraft) -> dict[str, Any]:
    """The arguments of create_competition. Raises Refusal for a draft from which something is missing."""
    if lacking := find_missing(draft):
        raise Refusal(lacking[0].message)
    holdout, rules = steps.bind_form(draft, steps.HOLDOUT), steps.bind_form(draft, steps.RULES)
    if not (isinstance(holdout, HoldoutForm) and isinstance(rules, RulesForm)):
        raise TypeError("a step has another step's form")
    if not (holdout.is_valid() and rules.is_valid()):
        raise Refusal(_("Something was changed meanwhile. Look it over again."))
    entries = {**steps.target_of(draft), **holdout.entries, **rules.entries}
    return {
        **read_competition_fields(entries),
        "organiser": draft.owner,
        "meanings": steps.meanings_of(draft),
        "base": _base(draft, rules.settings["max_upload_bytes"]),
        "seed": draft.seed,
        "settings": {**holdout.settings, **rules.settings},
        "rehearsal": draft.rehearsal,
        "key": draft.competition_key,
        "copied_from": draft.source,
        "known": known_rows.known_rows(draft),
    }


def _base(draft: CompetitionDraft, limit: int) -> Base:
    answers = draft.answers[steps.BASE]
    if answers["learner"] != BaseForm.UPLOAD:
        return FittedBase(answers["learner"], answers.get("where", "").strip())
    file = draft.base_file
    if file is None:
        raise Refusal(_("Choose the base model’s file."))
    content = ContentFile(draft_tables.read_content(file), name=file.filename)
    return UploadedBase(uploads.read_upload(content, "base_file", max(limit, file.size)))


def reopen_draft(draft: CompetitionDraft, competition: Competition) -> None:
    """Delete the competition that nobody entered and return to its draft, so that it can be made anew.

    Raises Refusal once it was opened or somebody entered it.
    """
    untouched = competition.status in (Competition.Status.DRAFT, Competition.Status.PREPARING)
    if not untouched or competition.participations.exists():
        raise Refusal(_("It was opened, or somebody entered it. Copy it instead."))
    create.discard_competition(competition)
    draft.state, draft.competition, draft.stage = State.EDITING, None, ""
    # Another key and other rows: nothing of the first one is met again.
    draft.competition_key, draft.seed = uuid.uuid4(), secrets.randbelow(SEEDS)
    draft.save()


def update_draft(draft: CompetitionDraft, **fields: Any) -> bool:
    """Write these fields of a draft that is still being edited; False where its competition is being made
    meanwhile.
    """
    fields["updated_at"] = timezone.now()
    changed = CompetitionDraft.objects.filter(pk=draft.pk, state=State.EDITING).update(**fields)
    for name, value in fields.items():
        setattr(draft, name, value)
    return bool(changed)
