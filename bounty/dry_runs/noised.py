"""The result of a practice run after the close, from noised cells: practice rows are people then, too."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounty.exploration.data import ExploreData
from bounty.exploration.preview import Interval, mean_interval
from evaluator.adjudication.noise import ChangeCells, Noise, noise_patch
from evaluator.adjudication.sampling import Sampling


def noised_cells(
    ground: ExploreData, mask: NDArray[np.bool_], predictions: NDArray[Any] | None, noise: Noise
) -> ChangeCells:
    """The noised cells of a group (bool[rows]), and of a patch there; a group alone is a patch that changes nothing."""
    before = ground.head_loss
    after = before.copy()
    if predictions is not None:
        after[mask] = ground.loss.rows(ground.y[mask], predictions[mask])
    return noise_patch(before, after, mask, Sampling(), noise, is_zero_one=ground.loss.is_zero_one)


def told_interval(ground: ExploreData, total: float, rows: int) -> Interval | None:
    """The mean of a noised sum over noised rows, with its interval; None of no rows."""
    if rows < 1:
        return None
    everybody = np.ones(len(ground.y), dtype=bool)
    independent = max(1, round(rows * ground.independent(everybody) / len(everybody)))
    return mean_interval(min(1.0, max(0.0, total / rows)), independent)
