"""Batch routing against the row-by-row definition."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.bitsets import pack_mask
from evaluator.decision_list import Repair, Update, routing
from evaluator.decision_list.routing import check_nodes, route_rows
from tests.evaluator.decision_list.cases import answers, node_lists


@settings(max_examples=400, deadline=None)
@given(node_lists(), st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_every_row_reaches_the_leaf_that_the_definition_names(nodes, seed, n):
    rng = np.random.default_rng(seed)
    masks = {f"submission:{k}": rng.random(n) < 0.4 for k in range(5)}
    asked = []

    def holds(key, rows):
        asked.append(key)
        return pack_mask(masks[key][rows])

    leaves = route_rows(nodes, n, holds)
    patches = {key: np.full(n, k + 1) for k, key in enumerate(masks)}
    named = np.array([0, *(int(node.key.split(":")[1]) + 1 for node in nodes)])
    np.testing.assert_array_equal(named[leaves], answers(nodes, np.zeros(n, dtype=int), masks, patches))
    assert len(asked) == len(set(asked)), "each group is asked once"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node_lists(most=25), st.integers(0, 2**32 - 1), st.sampled_from([1, 63, 64, 65, 700]))
def test_rows_that_have_arrived_are_left_behind_without_a_difference(monkeypatch, nodes, seed, n):
    monkeypatch.setattr(routing, "_SMALL", 0)
    monkeypatch.setattr(routing, "_SHRINK", 1)
    rng = np.random.default_rng(seed)
    masks = {f"submission:{k}": rng.random(n) < rng.choice([0, 0.2, 0.9, 1]) for k in range(5)}
    sizes = []

    def holds(key, rows):
        sizes.append(len(rows))
        return pack_mask(masks[key][rows])

    leaves = route_rows(nodes, n, holds)
    patches = {key: np.full(n, k + 1) for k, key in enumerate(masks)}
    named = np.array([0, *(int(node.key.split(":")[1]) + 1 for node in nodes)])
    np.testing.assert_array_equal(named[leaves], answers(nodes, np.zeros(n, dtype=int), masks, patches))
    assert sizes == sorted(sizes, reverse=True) and 0 not in sizes


def test_three_thousand_nodes_do_not_exhaust_the_stack():
    nodes = [Update("submission:0") if i % 3 else Repair("submission:1", max(0, i - 2)) for i in range(3000)]
    masks = {"submission:0": np.array([False, False, True]), "submission:1": np.array([True, False, True])}
    assert list(route_rows(nodes, 3, lambda key, rows: pack_mask(masks[key][rows]))) == [0, 0, 3000]


def test_a_repair_cannot_send_rows_forward():
    with pytest.raises(ValueError, match="Node 2 repairs to 3"):
        check_nodes([Update("submission:0"), Repair("submission:0", 3)])
