"""The plan of a draft's holdout: what it could certify, and where its declared groups would lie, by the real draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from bounty.competitions.base_models import FEWEST_BASE_ROWS
from bounty.competitions.input import read_competition_fields
from bounty.competitions.prepare import PreparedGroup, TableRequest, draw_rows, read_declared_groups
from bounty.competitions.units import choose_unit_rows, describe_units
from bounty.core.errors import Refusal
from bounty.models import Competition, CompetitionDraft
from bounty.models.competition import PRESENT_RULE
from bounty.organisers import draft_tables, steps
from bounty.organisers.drawn_blocks import blocks_of_draw, constant_losses
from bounty.organisers.forms import HoldoutForm, StepForm
from bounty.organisers.known_rows import known_rows
from evaluator.adjudication.holdout import Holdout, typical_size
from evaluator.adjudication.planner import Plan, plan_holdout
from evaluator.errors import TableError
from evaluator.losses import Loss, make_loss
from evaluator.schema import Schema
from evaluator.splits import Layout


@dataclass(frozen=True)
class GroupRows:
    """A declared group's rows in the table and in each split, in the layout's order."""

    name: str
    words: str
    expression: str
    rows: int
    by_split: tuple[int, ...]
    too_small: bool
    oversampled: bool


@dataclass(frozen=True)
class HoldoutPlan:
    """The plan of a holdout. Nothing here is kept: the rows are drawn anew when the competition is made."""

    plan: Plan
    layout: Layout
    splits: tuple[tuple[str, int], ...]
    groups: tuple[GroupRows, ...]
    units: int
    unit_words: tuple[str, ...]  # what a unit's rows count for; empty where rows are their own units
    target_gain: float
    is_certified: bool

    @property
    def reaches_target(self) -> bool:
        """Whether the first question could certify the target gain."""
        first = self.plan.lines[0].gain if self.plan.lines else None
        return first is not None and first <= self.target_gain


def plan_draft(draft: CompetitionDraft, form: HoldoutForm) -> HoldoutPlan:
    """The plan of the draft's holdout, of a valid form. Raises Refusal and TableError naming what stands in the
    way.
    """
    frame = draft_tables.read_frame(draft)
    schema = steps.schema_of(draft)
    wishes = read_competition_fields(form.entries)
    features = schema.conform(frame)
    declared = read_declared_groups(wishes.get("declared", ()), schema, features)
    wish = TableRequest(
        label=schema.label.name,
        unit=schema.unit,
        sizes=wishes["sizes"],
        blocks=wishes["blocks"],
        seed=draft.seed,
        oversample=wishes["oversample"],
        known=known_rows(draft),
    )
    rows = draw_rows(frame, wish, declared)
    layout = rows.layout
    unit_rows = choose_unit_rows(rows.unit_sizes, wishes.get("unit_rows"))
    settings = form.settings
    certified = settings["harm_mode"] == Competition.HarmMode.CERTIFIED
    sizes = {name: stop - start for name, (start, stop) in layout.ranges.items()}
    loss = draft_loss(draft, schema)
    constant = constant_losses(loss, schema.encode_label(frame[schema.label.name]))
    holdout = Holdout(
        blocks_of_draw(frame, schema.unit, rows, unit_rows),
        settings["delta"],
        is_zero_one=loss.is_zero_one,
        rule_version=PRESENT_RULE,
        fixed_blocks=None if wishes.get("more_blocks") else wishes["blocks"],
        size=typical_size(constant),
    )
    found = plan_holdout(
        holdout,
        target_gain=settings["target_gain"],
        tolerance=settings["tolerance"] if certified else None,
        groups=len(declared) if certified else 0,
        smallest_group=settings["smallest_group"],
        practice_rows=sizes["practice"],
        base_loss=float(constant.mean()),
        base_words=_("the best constant answer"),
    )
    groups = tuple(
        _group(group, rows.order, layout, settings["smallest_group"], group in rows.small)
        for group in declared
    )
    return HoldoutPlan(
        found,
        layout,
        tuple(sizes.items()),
        groups,
        len(rows.unit_sizes),
        describe_units(rows.unit_sizes, unit_rows),
        settings["target_gain"],
        certified,
    )


def draft_loss(draft: CompetitionDraft, schema: Schema) -> Loss:
    """The draft's loss, or the default of its label."""
    wishes = read_competition_fields(steps.target_of(draft))
    if not wishes.get("loss"):
        return Loss.default(schema.label)
    return make_loss(wishes["loss"], schema.label, wishes.get("costs"))


def _group(group: PreparedGroup, order: Any, layout: Layout, smallest: int, oversampled: bool) -> GroupRows:
    mask = group.mask[order]
    by_split = {name: int(np.count_nonzero(mask[layout.rows_of(name)])) for name in layout.ranges}
    return GroupRows(
        group.name,
        group.expression.words(),
        group.expression.text,
        int(np.count_nonzero(group.mask)),
        tuple(by_split.values()),
        by_split["practice"] < smallest,
        oversampled,
    )


def check_holdout(draft: CompetitionDraft, form: HoldoutForm) -> HoldoutPlan | None:
    """The plan; None where something stands in the way, which is put beside the form's fields."""
    try:
        return plan_draft(draft, form)
    except Refusal as error:
        form.refuse(error.field, str(error))
    except TableError as error:
        form.refuse("certification", str(error))
    return None


def count_base_rows(draft: CompetitionDraft, where: str) -> int:
    """How many train rows a base model fitted where `where` holds would learn from. Raises Refusal, TableError."""
    form = steps.bind_form(draft, steps.HOLDOUT, draft.answers.get(steps.HOLDOUT) or HoldoutForm.defaults())
    if not isinstance(form, HoldoutForm) or not form.is_valid():
        raise Refusal(_("Say first who learns what."), "splits")
    frame, schema = draft_tables.read_frame(draft), steps.schema_of(draft)
    (group,) = read_declared_groups([("base", where)], schema, schema.conform(frame))
    wishes = read_competition_fields(form.entries)
    wish = TableRequest(
        label=schema.label.name,
        unit=schema.unit,
        sizes=wishes["sizes"],
        blocks=wishes["blocks"],
        seed=draft.seed,
        known=known_rows(draft),
    )
    rows = draw_rows(frame, wish, ())
    return int(np.count_nonzero(group.mask[rows.order][rows.layout.rows_of("train")]))


def check_base(draft: CompetitionDraft, form: StepForm, where: str) -> None:
    """Put errors about the rows that the base model is to learn from beside the form's field."""
    try:
        rows = count_base_rows(draft, where)
    except Refusal as error:
        form.refuse("where" if error.field == "declared" else "learner", _without_name(str(error)))
        return
    except TableError as error:
        form.refuse("where", str(error))
        return
    if rows < FEWEST_BASE_ROWS:
        form.refuse(
            "where",
            _("Only %(rows)d train rows are such; at least %(least)d are needed to learn from.")
            % {"rows": rows, "least": FEWEST_BASE_ROWS},
        )


def _without_name(message: str) -> str:
    """The message about the one group that stands for these rows, without the name that nobody gave it."""
    return message.removeprefix("Declared group “base”: ").replace("Declared group “base” ", "")
