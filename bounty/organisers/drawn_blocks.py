"""What a plan needs of a draw before a competition is made: how its blocks' rows count, and what constants lose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evaluator.adjudication.holdout import BlockRows
from evaluator.adjudication.sampling import Sampling, stratum_weights
from evaluator.splits import unit_codes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from bounty.competitions.prepare import DrawnRows
    from evaluator.losses import Loss


def blocks_of_draw(
    frame: pd.DataFrame, unit: str | None, drawn: DrawnRows, unit_rows: int
) -> tuple[BlockRows, ...]:
    """The certification blocks of drawn rows, as the ledger's tests would count them."""
    codes = unit_codes(frame, unit)[drawn.order]
    shares = _table_shares(codes, drawn)
    has_units = int(drawn.unit_sizes.max(initial=1)) > 1
    blocks = []
    for name in drawn.layout.blocks:
        rows = drawn.layout.rows_of(name)
        own = codes[rows]
        weight = None
        if drawn.strata is not None:
            weight = stratum_weights(drawn.strata.rows[rows], own, shares)
            if weight is None:
                blocks.append(BlockRows(0))
                continue
        sampling = Sampling(own if has_units else None, weight, unit_rows)
        blocks.append(BlockRows.from_sampling(sampling, len(own)))
    return tuple(blocks)


def _table_shares(codes: NDArray[np.int64], drawn: DrawnRows) -> dict[int, float]:
    """The share of the table's units in each stratum."""
    if drawn.strata is None:
        return {}
    first = np.unique(codes, return_index=True)[1]
    counts = np.array(drawn.strata.undrawn) + np.bincount(drawn.strata.rows[first], minlength=2)
    return dict(enumerate((counts / counts.sum()).tolist()))


def constant_losses(loss: Loss, y: NDArray[Any]) -> NDArray[np.float64]:
    """The losses float64[n] of the constant answer that loses least: what a model has to be better than."""
    if loss.prediction_kind == "values":
        answers = [np.full(len(y), value) for value in (float(np.mean(y)), float(np.median(y)))]
    else:
        classes, counts = np.unique(y, return_counts=True)
        if loss.prediction_kind == "codes":
            answers = [np.full(len(y), code) for code in classes]
        else:
            shares = np.zeros(int(classes.max()) + 1)
            shares[classes] = counts / counts.sum()
            answers = [np.tile(shares, (len(y), 1))]
    return min((loss.rows(y, answer) for answer in answers), key=lambda lost: float(lost.mean()))
