"""Heat map of the loss inside a group by two columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bounty.core.measures import LossScale, wilson_interval
from bounty.exploration.binning import Bin, BinnedColumn
from bounty.exploration.data import ExploreData

LEVELS = 4
# All pairs are tried of so many columns, on so many rows. Columns beyond that come by what they tell alone, and by what
# each tells beside one other on a part of the rows: of two that only matter together, neither tells anything alone.
TRIED, ROWS_TRIED = 12, 20_000
ROWS_GLANCED, MOST_GLANCES = 4_000, 600


@dataclass(frozen=True)
class Cell:
    """The rows of a sub-group; no figure where they are too few (`text` is empty)."""

    rows: int
    text: str = ""
    interval: str = ""
    level: int = 0
    condition: str = ""


@dataclass(frozen=True)
class HeatMap:
    """A heat map; `lines` are (bin of `down`, cells in the order of `across.bins`)."""

    down: BinnedColumn
    across: BinnedColumn
    lines: tuple[tuple[Bin, tuple[Cell, ...]], ...]
    hidden: int  # cells with rows, but too few to show

    @property
    def columns(self) -> tuple[Bin, ...]:
        return self.across.bins


def build_heat_map(
    ground: ExploreData,
    mask: NDArray[np.bool_],
    smallest: int,
    scale: LossScale,
    down: str = "",
    across: str = "",
) -> HeatMap | None:
    """Heat map of the two named columns, or of those whose cells differ most; None where no two columns can be
    crossed.
    """
    pair = _choose_pair(ground, mask, down, across)
    return None if pair is None else _draw(ground, mask, smallest, scale, *pair)


def _choose_pair(
    ground: ExploreData, mask: NDArray[np.bool_], down: str, across: str
) -> tuple[BinnedColumn, BinnedColumn] | None:
    first, second = _binned(ground, down), _binned(ground, across)
    if first is second:
        second = None
    if first and second:
        return first, second
    pair = _differ_most(ground, mask, first or second)
    if pair is not None and second:
        return pair[1], pair[0]
    return pair


def _binned(ground: ExploreData, name: str) -> BinnedColumn | None:
    try:
        return ground.binned(name) if name else None
    except KeyError:
        return None


def _differ_most(
    ground: ExploreData, mask: NDArray[np.bool_], fixed: BinnedColumn | None
) -> tuple[BinnedColumn, BinnedColumn] | None:
    """The pair of columns whose cell means spread most beyond what chance alone would give."""
    rows = np.flatnonzero(mask)
    if len(rows) > ROWS_TRIED:
        rows = rows[:: -(-len(rows) // ROWS_TRIED)]
    columns = [binned for binned in ground.all_binned() if binned is not fixed]
    if len(columns) + (fixed is not None) < 2:
        return None
    tried = _candidate_columns(columns, rows, ground.head_loss, fixed)
    pairs = [(fixed, other) for other in tried] if fixed else list(combinations(tried, 2))
    return max(
        zip(pairs, _pair_differences(pairs, rows, ground.head_loss), strict=True), key=lambda each: each[1]
    )[0]


def _candidate_columns(
    columns: list[BinnedColumn], rows: NDArray[np.intp], loss: NDArray[np.float64], fixed: BinnedColumn | None
) -> list[BinnedColumn]:
    """At most TRIED columns: those that differ most alone, then those of the best pairs at a glance."""
    if len(columns) <= TRIED:
        return columns
    alone = sorted(columns, key=lambda b: -_excess_variation(b.codes[rows], len(b.bins), loss[rows]))
    few = rows[:: max(1, len(rows) // ROWS_GLANCED)]
    # Those that tell most alone are in already; the others are looked at in pairs, as many as there is time for.
    kept, others = alone[: TRIED // 2], alone[TRIED // 2 :]
    wanted = [(fixed, other) for other in others] if fixed else list(combinations(others, 2))
    wanted = wanted[:MOST_GLANCES]
    glanced = zip(wanted, _pair_differences(wanted, few, loss), strict=True)
    best = [b for pair, _differ in sorted(glanced, key=lambda each: -each[1]) for b in pair if b is not fixed]
    return list({b.column.name: b for b in (*kept, *best)}.values())[:TRIED]


def _pair_differences(
    pairs: list[tuple[BinnedColumn, BinnedColumn]], rows: NDArray[np.intp], loss: NDArray[np.float64]
) -> list[float]:
    """How much the cells of each pair differ on these rows."""
    told = loss[rows]
    codes = {b.column.name: b.codes[rows].astype(np.int16) for pair in pairs for b in pair}
    found = []
    for first, second in pairs:
        width = len(second.bins)
        crossed = codes[first.column.name] * width + codes[second.column.name]
        found.append(_excess_variation(crossed, len(first.bins) * width, told))
    return found


def _excess_variation(codes: NDArray[np.integer], bins: int, loss: NDArray[np.float64]) -> float:
    """Between-cell sum of squares less its expectation where cells do not differ."""
    counts = np.bincount(codes, minlength=bins)
    sums = np.bincount(codes, weights=loss, minlength=bins)
    used = counts > 0
    between = (sums[used] ** 2 / counts[used]).sum() - loss.sum() ** 2 / max(1, len(loss))
    return float(between - (np.count_nonzero(used) - 1) * loss.var()) if len(loss) else 0.0


def _draw(
    ground: ExploreData,
    mask: NDArray[np.bool_],
    smallest: int,
    scale: LossScale,
    down: BinnedColumn,
    across: BinnedColumn,
) -> HeatMap:
    width, cells = len(across.bins), len(down.bins) * len(across.bins)
    rows = np.flatnonzero(mask)
    crossed = down.codes[rows].astype(np.intp) * width + across.codes[rows]
    counts = np.bincount(crossed, minlength=cells)
    sums = np.bincount(crossed, weights=ground.head_loss[rows], minlength=cells)
    independent = _independent(ground, rows, crossed, cells, counts)
    means = np.divide(sums, counts, out=np.zeros(cells), where=counts > 0)
    shown = counts >= max(1, smallest)
    top = float(means[shown].max()) if shown.any() else 0.0
    drawn = [
        _cell(i, counts, means, independent, top, scale) if shown[i] else Cell(int(counts[i]))
        for i in range(cells)
    ]
    lines = []
    for place, bin_ in enumerate(down.bins):
        row = drawn[place * width : (place + 1) * width]
        if any(cell.rows for cell in row):
            named = [_with_condition(cell, bin_, other) for cell, other in zip(row, across.bins, strict=True)]
            lines.append((bin_, tuple(named)))
    hidden = int(np.count_nonzero((counts > 0) & ~shown))
    return HeatMap(down, across, tuple(lines), hidden)


def _with_condition(cell: Cell, down: Bin, across: Bin) -> Cell:
    condition = f"{down.condition} and {across.condition}" if cell.text else ""
    return Cell(cell.rows, cell.text, cell.interval, cell.level, condition)


def _independent(
    ground: ExploreData,
    rows: NDArray[np.intp],
    crossed: NDArray[np.intp],
    cells: int,
    counts: NDArray[np.integer],
) -> NDArray[np.integer]:
    """Independent units a cell, int[cells]: rows of one person count once."""
    if ground.units is None:
        return counts
    pairs = np.unique(crossed * (int(ground.units.max(initial=0)) + 1) + ground.units[rows])
    return np.bincount(pairs // (int(ground.units.max(initial=0)) + 1), minlength=cells)


def _cell(
    i: int,
    counts: NDArray[np.integer],
    means: NDArray[np.float64],
    independent: NDArray[np.integer],
    top: float,
    scale: LossScale,
) -> Cell:
    mean = float(means[i])
    low, high = (f"{b * scale.factor:.{scale.digits}f}" for b in wilson_interval(mean, float(independent[i])))
    level = 0 if top <= 0 or mean <= 0 else max(1, int(np.ceil(mean / top * LEVELS)))
    return Cell(int(counts[i]), scale.format(mean), f"{low}–{high}{scale.unit}", level)
