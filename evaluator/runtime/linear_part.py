"""Linear models in safetensors: `weight` [p] or [p, K] and an optional `bias`, over the float matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.runtime.frames import float_matrix
from evaluator.runtime.pickles import refuse_pickle
from evaluator.runtime.spec import OutputSpec, PartError, TableSpec


def load_linear(
    content: bytes, spec: TableSpec, output: OutputSpec
) -> Callable[[pd.DataFrame], NDArray[Any]]:
    """A linear model as a function of X. A missing number counts as 0. Masks and two classes: score > 0; K classes:
    the largest score.
    """
    weight, bias = linear_weights(content, spec, output)

    def call(X: pd.DataFrame) -> NDArray[Any]:
        matrix = np.nan_to_num(float_matrix(X, spec), nan=0.0)
        # One row's answer must not depend on the others: a matrix product is blocked by the number of rows.
        with np.errstate(over="ignore", invalid="ignore"):
            scores = np.einsum("ij,jk->ik", matrix, weight, optimize=False) + bias
        # Told at once, it has an answer for every row: an overflow that failed would be told by its time.
        return _answers(np.nan_to_num(scores, nan=0.0), output)

    return call


def linear_weights(
    content: bytes, spec: TableSpec, output: OutputSpec
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight float64[p, scores] and bias float64[1 or scores], which fit the table and the answers. Raises
    PartError.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    refuse_pickle("the file", content)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise PartError("load_error", f"this is not a safetensors file of numbers: {error}") from error
    return _weights(tensors, len(spec.columns), output)


def _weights(
    tensors: dict[str, Any], p: int, output: OutputSpec
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if "weight" not in tensors or set(tensors) - {"weight", "bias"}:
        raise PartError(
            "load_error",
            f"a linear model holds `weight` and perhaps `bias`, this file holds {sorted(tensors)[:5]}",
        )
    weight = np.asarray(tensors["weight"], dtype=np.float64)
    weight = weight.reshape(-1, 1) if weight.ndim == 1 else weight
    k = len(output.classes)
    widths = {1, k} if output.kind in ("codes", "probabilities") else {1}
    if k > 2:
        widths.discard(1)
    if weight.ndim != 2 or weight.shape[0] != p or weight.shape[1] not in widths:
        raise PartError(
            "load_error",
            f"`weight` has shape {tuple(tensors['weight'].shape)}; the data have {p} columns, and "
            f"{' or '.join(str(width) for width in sorted(widths))} score(s) a row are needed",
        )
    bias = np.asarray(tensors.get("bias", 0.0), dtype=np.float64).reshape(-1)
    if bias.size not in (1, weight.shape[1]) or not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise PartError("load_error", "`bias` does not fit `weight`, or a weight is not finite")
    return weight, bias


def _answers(scores: NDArray[np.float64], output: OutputSpec) -> NDArray[Any]:
    single = scores[:, 0] if scores.shape[1] == 1 else None
    if output.kind == "values":
        return scores[:, 0]
    if output.kind == "mask":
        return scores[:, 0] > 0
    if output.kind == "codes":
        return (single > 0).astype(np.int16) if single is not None else scores.argmax(axis=1)
    if single is not None:
        return 1.0 / (1.0 + np.exp(-np.clip(single, -700, 700)))
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)
