"""Which two columns the heat map crosses where nobody chose: also two that only matter together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bounty.core.measures import scale_of
from bounty.exploration import heatmap
from bounty.exploration.data import ExploreData
from evaluator.losses import Loss
from evaluator.schema import infer_schema


def ground_with(columns: int, rows: int, cause) -> ExploreData:
    """`columns` columns of coin flips, c0, c1, ...; the loss is 1 where `cause` says so, and now and then besides."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame({f"c{i}": random.integers(0, 2, rows) for i in range(columns)})
    frame["label"] = random.integers(0, 2, rows)
    schema = infer_schema(frame, "label")
    X = schema.conform(frame)
    loss = (cause(frame) & (random.random(rows) < 0.8) | (random.random(rows) < 0.1)).to_numpy(dtype=float)
    y = schema.encode_label(frame["label"])
    return ExploreData("key", 0, schema, Loss.default(schema.label), X, y, None, loss, loss, y)


def crossed(ground: ExploreData, down: str = "") -> set[str]:
    everyone = np.ones(len(ground.y), dtype=bool)
    drawn = heatmap.build_heat_map(ground, everyone, 10, scale_of(ground.loss), down)
    assert drawn is not None
    return {drawn.down.column.name, drawn.across.column.name}


@pytest.mark.parametrize("columns", [8, 12, 30])
def test_two_columns_that_only_matter_together_are_found(columns):
    last = columns - 1
    ground = ground_with(columns, 12_000, lambda t: (t["c1"] ^ t[f"c{last}"]).astype(bool))
    assert crossed(ground) == {"c1", f"c{last}"}


def test_so_is_the_partner_of_a_column_that_was_chosen():
    ground = ground_with(30, 12_000, lambda t: (t["c1"] ^ t["c29"]).astype(bool))
    assert crossed(ground, "c29") == {"c1", "c29"}


def test_columns_that_matter_alone_are_still_found():
    ground = ground_with(30, 12_000, lambda t: (t["c3"] & t["c17"]).astype(bool))
    assert crossed(ground) == {"c3", "c17"}


def test_however_wide_the_table_so_many_pairs_are_looked_at(monkeypatch):
    looked = []
    spread = heatmap._excess_variation
    monkeypatch.setattr(heatmap, "_excess_variation", lambda *of: looked.append(of) or spread(*of))
    crossed(ground_with(120, 3_000, lambda t: (t["c3"] ^ t["c4"]).astype(bool)))
    pairs = heatmap.TRIED * (heatmap.TRIED - 1) // 2
    assert len(looked) <= 120 + heatmap.MOST_GLANCES + pairs
