"""One cell in words, wherever a reader is shown a row."""

from __future__ import annotations

import numpy as np
import pytest

from bounty.core.cell_words import cell_in_words

CODES = {"1": "female", "2": "male", "0": ""}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "missing"),
        (float("nan"), "missing"),
        (1, "female"),
        (2.0, "male"),
        (np.float32(2), "male"),
        (3.0, "3"),
        (2.5, "2.5"),
        (0, "0"),
        ("unknown", "unknown"),
    ],
)
def test_a_cell_is_its_code_in_words_or_its_value(value, words):
    assert cell_in_words(value, CODES) == words


def test_the_code_is_put_before_its_words_where_it_is_asked_for():
    assert cell_in_words(2.0, CODES, with_code=True) == "2 (male)"


def test_a_value_without_words_stands_alone():
    assert cell_in_words(3.0, CODES, with_code=True) == "3"
