"""What a part may answer, and the one form in which it is stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from evaluator.runtime import OutputSpec, PartError, check_output

MASK, VALUES, WORDS = OutputSpec("mask"), OutputSpec("values"), OutputSpec("expression")
CODES, CHANCES = OutputSpec("codes", ("low", "middle", "high")), OutputSpec("probabilities", ("no", "yes"))

ACCEPTED: dict[str, tuple[OutputSpec, Any, Any]] = {
    "booleans": (MASK, np.array([True, False]), [True, False]),
    "whole numbers 1 and 0": (MASK, [1, 0], [True, False]),
    "numbers 1.0 and 0.0": (MASK, [1.0, 0.0], [True, False]),
    "a column": (MASK, np.array([[1], [0]]), [True, False]),
    "a series in another order of its index": (MASK, pd.Series([True, False], index=[1, 0]), [True, False]),
    "nullable booleans": (MASK, pd.array([True, False], dtype="boolean"), [True, False]),
    "objects that are booleans": (MASK, np.array([True, False], dtype=object), [True, False]),
    "a tensor with a gradient": (VALUES, torch.ones(2, requires_grad=True), [1.0, 1.0]),
    "class codes": (CODES, [0, 2], [0, 2]),
    "class codes as numbers": (CODES, [0.0, 2.0], [0, 2]),
    "class names": (CODES, ["high", "low"], [2, 0]),
    "class names as a category": (CODES, pd.Categorical(["high", "low"]), [2, 0]),
    "the probability of class 1": (CHANCES, [0.25, 1.0], [[0.75, 0.25], [0.0, 1.0]]),
    "a probability a class": (CHANCES, [[0.75, 0.25], [0.0, 1.0]], [[0.75, 0.25], [0.0, 1.0]]),
    "rounded probabilities": (CHANCES, np.array([[0.5, 0.5002], [1, 0]]), [[0.4999, 0.5001], [1, 0]]),
    "numbers": (VALUES, [1, -2.5], [1.0, -2.5]),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_it_is_taken(name: str) -> None:
    spec, raw, wanted = ACCEPTED[name]
    np.testing.assert_allclose(np.asarray(check_output(raw, 2, spec)), wanted, atol=1e-6)


REFUSED: dict[str, tuple[OutputSpec, Any, str]] = {
    "nothing": (MASK, None, "returned nothing"),
    "one answer for all": (MASK, True, "shape"),
    "too few": (MASK, [True], "shape"),
    "a missing value in a mask": (MASK, [1.0, np.nan], "missing"),
    "None in a mask": (MASK, [True, None], "NoneType"),
    "pandas' NA in a mask": (MASK, pd.array([True, None], dtype="boolean"), "NAType"),
    "a masked array's holes": (MASK, np.ma.masked_array([True, False], mask=[True, False]), "missing"),
    "a number beyond all floats": (VALUES, [10**400, 1], "not an array"),
    "objects beyond all floats": (VALUES, np.array([10**400, 1], dtype=object), "not an array"),
    "text as a mask": (MASK, ["yes", "no"], "text"),
    "numbers as a mask": (MASK, [0.3, 0.7], "True or False"),
    "a code that is no class": (CODES, [0, 3], "0 is 'low'"),
    "a negative code": (CODES, [0, -1], "0 to 2"),
    "half a code": (CODES, [0, 0.5], "whole numbers"),
    "a name that is no class": (CODES, ["low", "lowest"], "'lowest' is not a class"),
    "a missing code": (CODES, [0, np.nan], "missing"),
    "probabilities over 1": (CHANCES, [[0, 2], [1, 0]], "between 0 and 1"),
    "probabilities that do not sum": (CHANCES, [[0.5, 0.2], [1, 0]], "sum to 1"),
    "a column too many": (CHANCES, np.ones((2, 3)) / 3, "one probability a class"),
    "an infinite number": (VALUES, [1, np.inf], "infinite"),
    "dates": (VALUES, pd.to_datetime(["2020-01-01", "2020-01-02"]), "datetime64"),
    "complex numbers": (VALUES, np.array([1j, 2]), "complex"),
    "dictionaries": (VALUES, [{}, {}], "dict"),
    "rows of different lengths": (VALUES, [[1, 2], [3]], "not an array"),
    "an empty expression": (WORDS, "  ", "characters"),
    "a long expression": (WORDS, "x" * 3000, "characters"),
    "bytes": (WORDS, b"age > 1", "not bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_reason(name: str) -> None:
    spec, raw, words = REFUSED[name]
    with pytest.raises(PartError, match=words) as refusal:
        check_output(raw, 2, spec)
    assert refusal.value.error_class == "bad_output"


def test_codes_are_small_whole_numbers() -> None:
    assert np.asarray(check_output([0, 1], 2, CODES)).dtype == np.int16


def test_the_answer_is_a_copy() -> None:
    raw = np.array([1.0, 2.0])
    answer = np.asarray(check_output(raw, 2, VALUES))
    raw[0] = 9
    assert answer[0] == 1.0
