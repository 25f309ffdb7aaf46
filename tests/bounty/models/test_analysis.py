"""Shapley values as an analysis stores them."""

from __future__ import annotations

import json

from bounty.models.prizes_and_analysis import shapley_from_json, shapley_to_json
from evaluator.scoring.shapley import Estimate, Shapley

ROW = {
    "values": {"7": [12.5, 0.25], "9": [-1.5, 0.0]},
    "total": 11.0,
    "sum_error": 0.0,
    "permutations": 200,
    "seed": 3,
    "replays": 41,
    "cut_off": 0.125,
}


def test_a_row_of_shapley_values_is_written_as_it_was():
    assert json.dumps(shapley_to_json(shapley_from_json(ROW))) == json.dumps(ROW)


def test_shapley_values_are_read_back_by_team():
    found = Shapley({7: Estimate(12.5, 0.25)}, 12.5, 0.0, 0, 1, 2, 0.0)
    assert shapley_from_json(json.loads(json.dumps(shapley_to_json(found)))) == found
