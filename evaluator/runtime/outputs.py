"""Validation of a part's answer, and its one stored form."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.runtime.spec import OutputSpec, PartError

LONGEST_EXPRESSION = 2_000
SUM_TOLERANCE = 1e-3


def check_output(raw: Any, n: int, spec: OutputSpec) -> NDArray[Any] | str:
    """The checked answer for n rows.

    mask -> bool[n]; codes -> int16[n] in 0..K-1; probabilities -> float64[n, K], rows sum to 1;
    values -> finite float64[n]; expression -> str. Raises PartError("bad_output").
    """
    if spec.kind == "expression":
        return _expression(raw)
    array = _as_array(raw)
    if spec.kind == "probabilities":
        return _probabilities(array, n, len(spec.classes))
    array = _one_per_row(array, n)
    if spec.kind == "mask":
        return _mask(array)
    if spec.kind == "codes":
        return _codes(array, spec.classes)
    return _finite(array, "a number")


def bad_output(message: str) -> PartError:
    """The error bad_output with a message for the part's author, for the caller to raise."""
    return PartError("bad_output", message)


def _expression(raw: Any) -> str:
    if not isinstance(raw, str):
        raise bad_output(f"find_group must return an expression as text, not {type(raw).__name__}")
    if not raw.strip() or len(raw) > LONGEST_EXPRESSION:
        raise bad_output(f"find_group must return 1 to {LONGEST_EXPRESSION} characters, got {len(raw)}")
    return raw


def _as_array(raw: Any) -> NDArray[Any]:
    if raw is None:
        raise bad_output("the function returned nothing: return one answer a row")
    if hasattr(raw, "detach"):  # a torch tensor, perhaps with a gradient
        raw = raw.detach().cpu().numpy()
    if isinstance(raw, np.ma.MaskedArray) and np.ma.is_masked(raw):
        raise bad_output("the answer is a masked array in which answers are missing")
    try:
        array = np.array(raw, copy=True, subok=False)
        if array.dtype.kind == "O":
            array = _unbox(array)
    except (ValueError, OverflowError) as error:
        raise bad_output(f"the answer is not an array: {error}") from error
    if array.dtype.kind not in "biufU":
        raise bad_output(f"the answer holds {array.dtype}, not numbers or class names")
    return array


def _unbox(array: NDArray[Any]) -> NDArray[Any]:
    """Objects that are all booleans, all text, or all numbers."""
    items = array.ravel().tolist()
    if all(isinstance(item, bool | np.bool_) for item in items):
        return array.astype(bool)
    if all(isinstance(item, str) for item in items):
        return array.astype(str)
    if all(isinstance(item, int | float | np.number | np.bool_) for item in items):
        return array.astype(np.float64)
    first = next(item for item in items if not isinstance(item, str | int | float | np.number | np.bool_))
    raise bad_output(f"the answer holds {type(first).__name__} objects, not numbers or class names")


def _one_per_row(array: NDArray[Any], n: int) -> NDArray[Any]:
    if array.shape == (n, 1):
        array = array.reshape(n)
    if array.shape != (n,):
        raise bad_output(f"the answer has shape {array.shape}, not one value for each of the rows given")
    return array


def _finite(array: NDArray[Any], what: str) -> NDArray[np.float64]:
    if array.dtype.kind == "U":
        raise bad_output(f"the answer holds text where {what} is needed")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise bad_output(
            f"an answer is missing or infinite{_where(~np.isfinite(numbers))}: {what} is needed for every row"
        )
    return numbers


def _where(bad: NDArray[np.bool_]) -> str:
    """The first bad row, by its place among the rows that the part was given."""
    rows = bad if bad.ndim == 1 else bad.any(axis=1)
    return f" (first in row {int(rows.argmax()) + 1} of those given)"


def _mask(array: NDArray[Any]) -> NDArray[np.bool_]:
    if array.dtype.kind == "b":
        return array
    numbers = _finite(array, "True or False")
    bad = ~np.isin(numbers, (0.0, 1.0))
    if bad.any():
        raise bad_output(f"a group answers True or False (or 1 or 0) for each row{_where(bad)}")
    return numbers == 1.0


def _codes(array: NDArray[Any], classes: tuple[Any, ...]) -> NDArray[np.int16]:
    if array.dtype.kind == "U":
        return _codes_of_names(array, classes)
    numbers = _finite(array, "a class code")
    bad = ~((numbers >= 0) & (numbers < len(classes)) & (numbers == np.floor(numbers)))
    if bad.any():
        raise bad_output(
            f"class codes are whole numbers from 0 to {len(classes) - 1}, not {numbers[int(bad.argmax())]:g}"
            f"{_where(bad)}: {_legend(classes)}"
        )
    return numbers.astype(np.int16)


def _codes_of_names(array: NDArray[Any], classes: tuple[Any, ...]) -> NDArray[np.int16]:
    code_of = {name: code for code, name in enumerate(classes) if isinstance(name, str)}
    names, inverse = np.unique(array, return_inverse=True)
    unknown = [str(name) for name in names if str(name) not in code_of]
    if unknown:
        raise bad_output(f"{unknown[0][:80]!r} is not a class of the label: {_legend(classes)}")
    return np.array([code_of[str(name)] for name in names], dtype=np.int16)[inverse.reshape(-1)]


def _legend(classes: tuple[Any, ...]) -> str:
    shown = ", ".join(f"{code} is {name!r}" for code, name in enumerate(classes[:10]))
    return shown + (", ..." if len(classes) > 10 else "")


def _probabilities(array: NDArray[Any], n: int, k: int) -> NDArray[np.float64]:
    if k == 2 and array.shape in ((n,), (n, 1)):  # the probability of class 1
        one = _finite(array.reshape(n), "a probability")
        array = np.column_stack([1.0 - one, one])
    if array.shape != (n, k):
        raise bad_output(f"the answer has shape {array.shape}: one probability a class is needed, {k} a row")
    numbers = _finite(array, "a probability")
    bad = np.any((numbers < -SUM_TOLERANCE) | (numbers > 1 + SUM_TOLERANCE), axis=1)
    if bad.any():
        raise bad_output(f"probabilities lie between 0 and 1{_where(bad)}")
    numbers = np.clip(numbers, 0.0, 1.0)
    totals = numbers.sum(axis=1, keepdims=True)
    bad = np.any(np.abs(totals - 1.0) > SUM_TOLERANCE, axis=1)
    if bad.any():
        raise bad_output(f"the probabilities of a row must sum to 1{_where(bad)}")
    return numbers / totals
