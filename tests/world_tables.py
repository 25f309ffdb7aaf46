"""The table of a test's competition: its schema, layout, rows, labels and the base model's answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from bounty.core import artifacts
from evaluator import artifacts as paths
from evaluator.artifacts import FolderStore
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


@dataclass(frozen=True)
class Drawn:
    """All rows in the layout's order: features, labels, the base model's answers, and the two tables as Parquet."""

    X: pd.DataFrame
    y: np.ndarray
    base: np.ndarray
    public: bytes
    secret: bytes


@cache
def draw(labels: str, learnable: bool, seed: int) -> Drawn:
    """The same rows for all tests that ask for the same: nobody may change them, so `make_world` gives copies."""
    rng = np.random.default_rng(seed)
    plan = layout()
    X = features(rng, plan.rows)
    y = rng.integers(0, 2, plan.rows).astype(np.int16)
    base = base_answers(rng, X, y)
    if labels == "coin flips":
        y = rng.integers(0, 2, plan.rows).astype(np.int16)
    if learnable:
        base = np.zeros(plan.rows, dtype=np.int16)
        small = (X["AGE"] < 6).to_numpy()
        y = np.where(small, X["VISITS"] > 2, rng.random(plan.rows) < 0.1).astype(np.int16)
    splits = np.repeat(list(SIZES), list(SIZES.values()))
    public = X.assign(SEEN=y, split=splits).iloc[: plan.public]
    return Drawn(X, y, base, _parquet(public), _parquet(X.iloc[plan.public :]))


def _parquet(frame: pd.DataFrame) -> bytes:
    with TemporaryDirectory() as folder:
        store = FolderStore(Path(folder))
        store.write_table("table", frame)
        return store.read_bytes("table")


def store_tables(key: str, drawn: Drawn) -> dict[str, Any]:
    """What making a competition stores. Returns its `tables_json`."""
    store, plan = artifacts.artifact_store(), layout()
    return {
        "public": store.write_bytes(paths.public_table(key), drawn.public).to_json(),
        "secret": store.write_bytes(paths.secret_table(key), drawn.secret).to_json(),
        "labels": {
            split: store.write_array(paths.labels(key, split), drawn.y[plan.rows_of(split)]).to_json()
            for split in SIZES
        },
        "units": {
            split: store.write_array(
                paths.units(key, split), np.arange(plan.rows, dtype=np.int64)[plan.rows_of(split)]
            ).to_json()
            for split in SIZES
        },
    }
