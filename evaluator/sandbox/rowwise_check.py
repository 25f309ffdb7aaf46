"""Rows of the check for row independence: others than at random, so that whatever is learnt from the batch differs.

A random nine tenths of many rows has nearly the same mean, ranks and extremes as all of them, and a group such as
`X.age > X.age.mean()` would pass. So the second look takes one side of a random direction through all columns.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Rows that alone hold a column's smallest or largest value are left out where they are at most this share.
FEW = 0.01


def random_direction(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Places float64[n] of the rows along a random direction through the columns' ranks; -inf for the extremes."""
    generator = np.random.default_rng(secrets.randbits(128))
    n = len(frame)
    place, extreme = generator.random(n) * 1e-6, np.zeros(n, dtype=bool)
    for name in frame.columns:
        values = _numbers(frame[name])
        if values is None or not n or np.isnan(values).all():
            continue
        ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable") / n
        place += generator.choice((-1.0, 1.0)) * np.where(np.isnan(values), 0.5, ranks)
        for end in (np.nanmin(values), np.nanmax(values)):
            holders = values == end
            if holders.mean() <= FEW:
                extreme |= holders
    # Many columns: leaving out all their extremes must not leave out everything.
    return np.where(extreme, -np.inf, place) if extreme.sum() * 4 < n else place


def draw_skewed_half(places: NDArray[np.float64]) -> NDArray[np.integer[Any]]:
    """Row positions int64[m] of the half that lies furthest along the direction (at least one), in random order."""
    generator = np.random.default_rng(secrets.randbits(128))
    order = np.argsort(places, kind="stable")[len(places) // 2 :]
    return generator.permutation(order)


def _numbers(values: pd.Series) -> NDArray[np.float64] | None:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = values.cat.codes.to_numpy(dtype=np.float64)
        return np.where(codes < 0, np.nan, codes)
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return None
