"""The table of a test's competition: its schema, layout, rows, labels and the base model's answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bounty.core import artifacts
from evaluator import artifacts as paths
from evaluator.schema import Column, Label, Schema
from evaluator.splits import Layout

SIZES = {
    "train": 400,
    "explore": 400,
    "practice": 800,
    "certification-1": 1200,
    "certification-2": 600,
    "final": 600,
}
SCHEMA = Schema(
    columns=(
        Column("AGE", "number", meaning="age", measure="years", describes_people=True),
        Column("SEX", "category", meaning="sex", values=("female", "male"), describes_people=True),
        Column("INCOME", "number", meaning="income", measure="dollars", describes_people=True),
        Column("VISITS", "number", meaning="visits last year"),
    ),
    label=Label("SEEN", "binary", classes=(0, 1), meaning="saw a doctor"),
)


def layout() -> Layout:
    ranges: dict[str, tuple[int, int]] = {}
    start = 0
    for name, size in SIZES.items():
        ranges[name] = (start, start + size)
        start += size
    return Layout(ranges, public=SIZES["train"] + SIZES["explore"], rows=start)


def features(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    income = rng.lognormal(10, 1, rows).round()
    income[rng.random(rows) < 0.05] = np.nan
    return pd.DataFrame(
        {
            "AGE": rng.integers(0, 90, rows).astype(float),
            "SEX": pd.Categorical(rng.choice(["female", "male"], rows), categories=["female", "male"]),
            "INCOME": income,
            "VISITS": rng.poisson(3, rows).astype(float),
        }
    )


def base_answers(rng: np.random.Generator, X: pd.DataFrame, y: np.ndarray) -> np.ndarray:
    failed = ((X["AGE"] < 6) | ((X["SEX"] == "female") & (X["AGE"] >= 60))).to_numpy()
    right = rng.random(len(X)) < np.where(failed, 0.3, 0.9)
    return np.where(right, y, 1 - y).astype(np.int16)


def store_tables(key: str, X: pd.DataFrame, y: np.ndarray, plan: Layout) -> dict[str, Any]:
    store = artifacts.store()
    splits = np.repeat(list(SIZES), list(SIZES.values()))
    public = X.assign(SEEN=y, split=splits).iloc[: plan.public]
    return {
        "public": store.write_table(paths.public_table(key), public).to_json(),
        "secret": store.write_table(paths.secret_table(key), X.iloc[plan.public :]).to_json(),
        "labels": {
            split: store.write_array(paths.labels(key, split), y[plan.rows_of(split)]).to_json()
            for split in SIZES
        },
        "units": {
            split: store.write_array(
                paths.units(key, split), np.arange(plan.rows, dtype=np.int64)[plan.rows_of(split)]
            ).to_json()
            for split in SIZES
        },
    }
