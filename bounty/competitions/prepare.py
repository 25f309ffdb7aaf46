"""Preparation of a table for a competition: checks, splits, labels and declared groups. Pure: nothing is written
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounty.competitions.units import Strata, find_strata
from bounty.core.errors import Refusal
from evaluator.errors import ParticipantError, TableError
from evaluator.expressions import Expression, parse_expression
from evaluator.losses import Loss, make_loss
from evaluator.schema import Schema, Task, freeze_schema, infer_schema, schema_flags
from evaluator.splits import Layout, draw_layout, unit_codes
from evaluator.tables import validate_table

# A declared group of less than this share of the rows is over-sampled in the secret rows, where its organiser wishes.
SMALL_SHARE = 0.05
FACTOR = 2.0
# Declared cells are combinations of memberships, one bit each of an int64.
MOST_DECLARED = 60

Overrides = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class TableRequest:
    """An organiser's choices about a table. `sizes` are fractions or numbers of units, a split each."""

    label: str
    sizes: Mapping[str, float]
    unit: str | None = None
    task: Task | None = None
    loss: str | None = None
    costs: Sequence[Sequence[float]] | None = None
    exclude: Sequence[str] = ()
    meanings: Overrides | None = None
    declared: Sequence[tuple[str, str]] = ()
    blocks: int = 1
    seed: int = 0
    oversample: bool = True
    # bool[rows of the table]: what people may know of an earlier competition, and is never secret here.
    known: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class PreparedGroup:
    """A declared group with its mask, bool[rows]."""

    name: str
    expression: Expression
    mask: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """Drawn rows: their order int64[rows] (positions in the table), their layout, the small declared groups that were
    drawn more often, the strata of that (None without any), and the rows of each unit of the table, int64[units].
    """

    order: NDArray[np.int64]
    layout: Layout
    small: tuple[PreparedGroup, ...]
    strata: Strata | None
    unit_sizes: NDArray[np.int64]


@dataclass(frozen=True)
class PreparedTable:
    """A checked table with all rows in the layout's order. `y`: codes int16 or float64; `units`, `cells`: int64,
    None without any; `unit_sizes`: rows of each unit of the whole table, int64[units].
    """

    schema: Schema
    loss: Loss
    layout: Layout
    X: pd.DataFrame
    # Features and the label as the organiser's table has them, to be published.
    raw: pd.DataFrame
    y: NDArray[Any]
    units: NDArray[np.int64] | None
    unit_sizes: NDArray[np.int64]
    strata: Strata | None
    declared: tuple[PreparedGroup, ...]
    cells: NDArray[np.int64] | None
    # Which row of the organiser's table each is, from 1, and what its unit is called; None without a unit column.
    rows: NDArray[np.int64]
    unit_names: pd.Series | None
    flags: tuple[str, ...]
    # How the secret rows differ from the table, where small declared groups were drawn more often.
    drawn: tuple[str, ...]

    def split(self, name: str) -> slice:
        """Slice of a split's rows."""
        return self.layout.rows_of(name)


def prepare_table(frame: pd.DataFrame, request: TableRequest) -> PreparedTable:
    """Checks everything about the table and draws its splits.

    Raises TableError naming the column and the first offending row (from 1, in the table as it was given), and
    Refusal for a declared group that cannot be read.
    """
    validate_table(frame, request.label, request.unit, task=request.task, excluded=_excluded(request))
    schema = infer_schema(frame, request.label, request.unit, _overrides(request))
    schema.encode_label(frame[request.label])
    features = schema.conform(frame)
    if features.shape[1] == 0:
        raise TableError(
            "No column is left as a feature: at least one is needed beside the label and the unit."
        )
    declared = read_declared_groups(request.declared, schema, features)
    rows = draw_rows(frame, request, declared)
    order, layout = rows.order, rows.layout
    drawn = _describe_oversampling(rows.small, order[layout.public :])
    flags = tuple(schema_flags(frame, schema))
    units = unit_codes(frame, request.unit)[order] if request.unit else None
    ordered = frame.iloc[order].reset_index(drop=True)
    schema = freeze_schema(schema, ordered.iloc[layout.rows_of("train")])
    features = schema.conform(ordered)
    y = schema.encode_label(ordered[request.label])
    _check_train(schema, y[layout.rows_of("train")])
    declared = read_declared_groups(request.declared, schema, features)
    loss = (
        make_loss(request.loss, schema.label, request.costs) if request.loss else Loss.default(schema.label)
    )
    return PreparedTable(
        schema,
        loss,
        layout,
        features,
        published_columns(ordered, features, schema),
        y,
        units,
        rows.unit_sizes,
        rows.strata,
        declared,
        declared_cells(declared),
        order + 1,
        ordered[request.unit] if request.unit else None,
        flags,
        drawn,
    )


def draw_rows(frame: pd.DataFrame, request: TableRequest, declared: Sequence[PreparedGroup]) -> DrawnRows:
    """Draws a table's rows into splits. Raises TableError."""
    small = _small_groups(declared) if request.oversample else ()
    mask = np.logical_or.reduce([group.mask for group in small]) if small else None
    order, layout = draw_layout(
        frame,
        request.unit,
        request.sizes,
        request.blocks,
        request.seed,
        oversample=mask,
        factor=FACTOR,
        known=request.known,
    )
    codes = unit_codes(frame, request.unit)
    strata = None if mask is None else find_strata(codes, mask, order, layout)
    return DrawnRows(order, layout, small, strata, np.bincount(codes).astype(np.int64))


def read_declared_groups(
    pairs: Sequence[tuple[str, str]], schema: Schema, features: pd.DataFrame
) -> tuple[PreparedGroup, ...]:
    """Declared groups with their expressions and masks. Raises Refusal, naming the group that cannot be read or is
    empty.
    """
    if len(pairs) > MOST_DECLARED:
        raise Refusal(f"At most {MOST_DECLARED} groups can be declared, not {len(pairs)}.", "declared")
    groups = []
    for name, text in pairs:
        try:
            expression = parse_expression(text, schema)
        except ParticipantError as error:
            raise Refusal(f"Declared group “{name}”: {error.detail.splitlines()[0]}", "declared") from error
        mask = expression.mask(features)
        if not mask.any():
            raise Refusal(f"Declared group “{name}” ({text}) holds no row of the table.", "declared")
        groups.append(PreparedGroup(name, expression, mask))
    return tuple(groups)


def declared_cells(declared: Sequence[PreparedGroup]) -> NDArray[np.int64] | None:
    """Cells of declared groups, int64[rows]: the combination of declared memberships of each row, one bit a group;
    None without groups.
    """
    if not declared:
        return None
    return np.sum(
        [group.mask.astype(np.int64) << bit for bit, group in enumerate(declared)], axis=0, dtype=np.int64
    )


def published_columns(frame: pd.DataFrame, features: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Features and label as the organiser's table spells them: 3 stays 3; columns of mixed types become text."""
    columns = {name: _publishable_column(frame[name], features[name]) for name in features.columns}
    label = frame[schema.label.name]
    columns[schema.label.name] = label if _is_plain(label) else label.astype(object).map(str).astype("str")
    return pd.DataFrame(columns)


def _is_plain(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) or isinstance(values.dtype, pd.StringDtype))


def _publishable_column(given: pd.Series, conformed: pd.Series) -> pd.Series:
    if _is_plain(given):
        return given
    if pd.api.types.is_numeric_dtype(conformed):
        return conformed
    return conformed.astype("str")


def _excluded(request: TableRequest) -> list[str]:
    said = request.meanings or {}
    return [*request.exclude, *(name for name, words in said.items() if words.get("excluded"))]


def _overrides(request: TableRequest) -> dict[str, dict[str, Any]]:
    overrides: dict[str, dict[str, Any]] = {
        name: dict(said) for name, said in (request.meanings or {}).items()
    }
    for name in request.exclude:
        if name in (request.label, request.unit):
            raise Refusal(f"`{name}` is the label or the unit; it is never a feature anyway.", "exclude")
        overrides.setdefault(name, {})["excluded"] = True
    if request.task:
        overrides.setdefault(request.label, {})["task"] = request.task
    return overrides


def _small_groups(declared: Sequence[PreparedGroup]) -> tuple[PreparedGroup, ...]:
    return tuple(group for group in declared if group.mask.mean() < SMALL_SHARE)


def _describe_oversampling(small: Sequence[PreparedGroup], secret: NDArray[np.int64]) -> tuple[str, ...]:
    """Sentences for readers about over-sampled groups: an overall figure is no longer one about the table."""
    if not small:
        return ()
    shares = "; ".join(
        f"{group.name}: {group.mask.mean():.1%} of the table, {group.mask[secret].mean():.1%} of the secret rows"
        for group in small
    )
    return (
        f"Small declared groups were drawn into the secret rows {_times_as_often(small, secret):.2g} times as often as "
        f"others ({shares}). Overall losses and gains on secret rows count them so; certificates weigh each unit by "
        "what it stands for in the table, and are about the table.",
    )


def _times_as_often(small: Sequence[PreparedGroup], secret: NDArray[np.int64]) -> float:
    """Of the rows of small groups the share that is secret, by that of all other rows."""
    inside = np.any([group.mask for group in small], axis=0)
    held = np.bincount(inside[secret].astype(np.intp), minlength=2)
    others, theirs = held / np.maximum(1, np.bincount(inside.astype(np.intp), minlength=2))
    return float(theirs / others) if others else float("inf")


def _check_train(schema: Schema, y: NDArray[Any]) -> None:
    if len(np.unique(y)) < 2:
        raise TableError(
            f"All {len(y):,} train rows have the same label; the split `train` is too small to learn from.",
            column=schema.label.name,
        )
