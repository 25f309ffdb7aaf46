"""Float matrices of tables, for networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.runtime.spec import PartError, TableSpec


def float_matrix(X: pd.DataFrame, spec: TableSpec, dtype: str = "float64") -> NDArray[Any]:
    """The float matrix [n, p] in schema order: numbers, string categories as their index, NaN for missing.

    Raises PartError("load_error") where the schema has text: a matrix cannot hold it.
    """
    if spec.has_text:
        raise PartError("load_error", "the data have text columns, which a matrix of numbers cannot hold")
    matrix = np.empty((len(X), len(spec.columns)), dtype=dtype)
    for position, column in enumerate(spec.columns):
        series = X[column.name]
        if column.kind == "category":
            codes = np.asarray(pd.Categorical(series, categories=list(column.values)).codes)
            matrix[:, position] = np.where(codes < 0, np.nan, codes)
        else:
            matrix[:, position] = series.to_numpy()
    return matrix
