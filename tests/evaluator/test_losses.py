"""Losses: in [0, 1], by hand on small cases, strict about what a prediction is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evaluator.errors import TableError
from evaluator.losses import Loss, make_loss, to_units
from evaluator.schema import Label

CLASSES = Label("y", "multiclass", ("a", "b", "c"))
NUMBER = Label("y", "regression", low=0.0, high=10.0)


def test_zero_one_counts_wrong_answers() -> None:
    loss = Loss.default(CLASSES)
    assert loss.is_zero_one
    assert loss.rows(np.array([0, 1, 2]), np.array([0, 2, 2.0])).tolist() == [0, 1, 0]


def test_costs_are_scaled_so_that_the_worst_cell_costs_one() -> None:
    loss = make_loss("cost", Label("y", "binary", (0, 1)), [[0, 1], [5, 0]])
    assert loss.rows(np.array([0, 1, 1]), np.array([1, 0, 1])).tolist() == [0.2, 1, 0]
    assert Loss.from_json(loss.to_json()) == loss


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ([[0, 1]], "needs 2 rows of 2 costs"),
        ([[0, -1], [1, 0]], "answering 1 where 0 is true is -1; costs are never negative"),
        ([[0, math.nan], [1, 0]], "answering 1 where 0 is true must be a finite number"),
        ([[0, "x"], [1, 0]], "must be a finite number, not 'x'"),
        ([[0, 1], [1, 2]], "answering 0 where 1 is true is 1, less than 2"),
        ([[0, 0], [0, 0]], "Every cost"),
        (None, "needs 2 rows"),
    ],
)
def test_a_bad_cost_matrix_is_refused_with_its_cell(costs: list[list[float]] | None, message: str) -> None:
    with pytest.raises(TableError, match=message):
        make_loss("cost", Label("y", "binary", (0, 1)), costs)


def test_squared_and_absolute_are_shares_of_the_range_and_clipped() -> None:
    y, answers = np.array([0.0, 5.0, 20.0]), np.array([5.0, 100.0, -3.0])
    assert make_loss("absolute", NUMBER).rows(y, answers).tolist() == [0.5, 0.5, 1.0]
    assert make_loss("squared", NUMBER).rows(y, answers).tolist() == [0.25, 0.25, 1.0]


def test_log_loss_costs_one_at_a_thousandth() -> None:
    loss = make_loss("log", CLASSES)
    answers = np.array([[1, 0, 0], [0.1, 0.899, 0.001], [0.5, 0.5, 0]])
    np.testing.assert_allclose(loss.rows(np.array([0, 2, 2]), answers), [0, 1, 1])
    np.testing.assert_allclose(loss.rows(np.array([0]), answers[1:2]), [1 / 3])


@pytest.mark.parametrize(
    ("name", "predictions", "message"),
    [
        ("zero_one", [0, math.nan], "row 2, nan, is not a finite"),
        ("zero_one", [0, 0.5], "row 2, 0.5, is not a class code"),
        ("zero_one", [0, -1], "row 2, -1, is not a class code"),
        ("zero_one", [0], "2 predictions were expected"),
        ("log", [[1, 0, 0], [1, 1, 1]], "row 2, .* does not sum to 1"),
        ("log", [[1, 0, 0], [2, -1, 0]], "row 2, .* outside 0 to 1"),
        ("log", [[1, 0, 0], [math.nan, 1, 0]], "row 2, .* not finite"),
        ("log", [0, 1], "2 rows of probabilities"),
    ],
)
def test_a_bad_prediction_is_named_with_its_row(name: str, predictions: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_loss(name, CLASSES).rows(np.array([0, 1]), np.array(predictions))


def test_infinite_numbers_are_no_predictions() -> None:
    with pytest.raises(ValueError, match="row 2, inf"):
        make_loss("squared", NUMBER).rows(np.zeros(2), np.array([0.0, math.inf]))


def test_a_loss_that_does_not_fit_the_label_is_refused() -> None:
    with pytest.raises(TableError, match="`squared` needs a number"):
        make_loss("squared", CLASSES)
    with pytest.raises(TableError, match="`zero_one` needs classes"):
        make_loss("zero_one", NUMBER)
    with pytest.raises(TableError, match="no loss `hinge`"):
        make_loss("hinge", CLASSES)
    with pytest.raises(TableError, match="has no range"):
        make_loss("squared", Label("y", "regression", low=3, high=3))


def test_units_make_sums_independent_of_order() -> None:
    values = np.random.default_rng(0).random(1000)
    assert to_units(values).sum() == to_units(values[::-1]).sum()
    assert to_units(np.array([1.0])).tolist() == [2**30]
