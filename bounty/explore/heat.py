"""The loss inside a group by two columns: which two, and what each cell says."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bounty.explore.binning import Bin, Binned
from bounty.explore.ground import Ground
from bounty.figures import Scale, wilson

LEVELS = 4
# Pairs are only tried among the columns that alone differ most, on so many rows at most.
TRIED, ROWS_TRIED = 6, 20_000


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
    """`lines` are (bin of `down`, cells in the order of `across.bins`)."""

    down: Binned
    across: Binned
    lines: tuple[tuple[Bin, tuple[Cell, ...]], ...]
    hidden: int  # cells with rows, but too few to show

    @property
    def columns(self) -> tuple[Bin, ...]:
        return self.across.bins


def heat_map(
    ground: Ground, mask: NDArray[np.bool_], smallest: int, scale: Scale, down: str = "", across: str = ""
) -> HeatMap | None:
    """The two named columns, or those whose cells differ most; None where no two columns can be crossed."""
    pair = _chosen(ground, mask, down, across)
    return None if pair is None else _draw(ground, mask, smallest, scale, *pair)


def _chosen(ground: Ground, mask: NDArray[np.bool_], down: str, across: str) -> tuple[Binned, Binned] | None:
    first, second = _binned(ground, down), _binned(ground, across)
    if first is second:
        second = None
    if first and second:
        return first, second
    pair = _differ_most(ground, mask, first or second)
    if pair is not None and second:
        return pair[1], pair[0]
    return pair


def _binned(ground: Ground, name: str) -> Binned | None:
    try:
        return ground.binned(name) if name else None
    except KeyError:
        return None


def _differ_most(
    ground: Ground, mask: NDArray[np.bool_], fixed: Binned | None
) -> tuple[Binned, Binned] | None:
    """The pair whose cell means spread most beyond what chance alone would give."""
    rows = np.flatnonzero(mask)
    if len(rows) > ROWS_TRIED:
        rows = rows[:: -(-len(rows) // ROWS_TRIED)]
    columns = [binned for binned in ground.all_binned() if binned is not fixed]
    if len(columns) + (fixed is not None) < 2:
        return None
    loss = ground.head_loss[rows]
    codes = {binned.column.name: binned.codes[rows] for binned in (*columns, *([fixed] if fixed else []))}
    alone = {b.column.name: _spread(codes[b.column.name], len(b.bins), loss) for b in columns}
    best = sorted(columns, key=lambda b: -alone[b.column.name])[:TRIED]
    pairs = [(fixed, other) for other in best] if fixed else list(combinations(best, 2))

    def together(pair: tuple[Binned, Binned]) -> float:
        first, second = pair
        width = len(second.bins)
        crossed = codes[first.column.name].astype(np.int16) * width + codes[second.column.name]
        return _spread(crossed, len(first.bins) * width, loss)

    return max(pairs, key=together)


def _spread(codes: NDArray[np.integer], bins: int, loss: NDArray[np.float64]) -> float:
    """Between-cell sum of squares less its expectation where cells do not differ."""
    counts = np.bincount(codes, minlength=bins)
    sums = np.bincount(codes, weights=loss, minlength=bins)
    used = counts > 0
    between = (sums[used] ** 2 / counts[used]).sum() - loss.sum() ** 2 / max(1, len(loss))
    return float(between - (np.count_nonzero(used) - 1) * loss.var()) if len(loss) else 0.0


def _draw(
    ground: Ground, mask: NDArray[np.bool_], smallest: int, scale: Scale, down: Binned, across: Binned
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
    ground: Ground,
    rows: NDArray[np.intp],
    crossed: NDArray[np.intp],
    cells: int,
    counts: NDArray[np.integer],
) -> NDArray[np.integer]:
    """Units a cell: rows of one person count once."""
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
    scale: Scale,
) -> Cell:
    mean = float(means[i])
    low, high = (f"{b * scale.factor:.{scale.digits}f}" for b in wilson(mean, float(independent[i])))
    level = 0 if top <= 0 or mean <= 0 else max(1, int(np.ceil(mean / top * LEVELS)))
    return Cell(int(counts[i]), scale.text(mean), f"{low}–{high}{scale.unit}", level)
