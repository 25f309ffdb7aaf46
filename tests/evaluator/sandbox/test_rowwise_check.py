"""Statistics of the batch are learnt from it: a group or a patch that uses one is not row-wise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox import Job, Sandbox
from evaluator.sandbox.rowwise_check import draw_skewed_half, random_direction
from tests.evaluator.sandbox.jobs import group

ROWS = 20_000
LEARNT_FROM_THE_BATCH = [
    "X['age'] > X['age'].mean()",
    "X['age'] > X['age'].quantile(0.9)",
    "X['age'].rank(pct=True) > 0.9",
    "(X['age'] - X['age'].mean()) / X['age'].std() > 1",
    "(X['income'] - X['income'].min()) / (X['income'].max() - X['income'].min()) > 0.5",
]


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    sex = pd.Categorical.from_codes(rng.integers(0, 2, ROWS), ["female", "male"])
    whole = {f"other_{number}": rng.integers(0, 9, ROWS).astype(float) for number in range(8)}
    return pd.DataFrame(
        {
            "age": rng.integers(0, 90, ROWS).astype(float),
            "income": rng.normal(0, 1, ROWS),
            "sex": sex,
            **whole,
        }
    )


def spec(frame: pd.DataFrame) -> TableSpec:
    others = [ColumnSpec(name, "number") for name in frame if name not in ("age", "income", "sex")]
    sex = ColumnSpec("sex", "category", ("female", "male"))
    return TableSpec((ColumnSpec("age", "number"), ColumnSpec("income", "number"), sex, *others))


@pytest.mark.sandbox
@pytest.mark.parametrize("source", LEARNT_FROM_THE_BATCH)
@pytest.mark.parametrize("some", [False, True])
def test_what_is_learnt_from_the_batch_is_not_row_wise(sandbox: Sandbox, source: str, some: bool) -> None:
    frame = table()
    sealed = sandbox.seal(frame, spec(frame), public=True)
    rows = np.flatnonzero(frame["age"] > 20) if some else None
    result = sandbox.run_checked(group(f"def group(X):\n    return {source}\n"), sealed, rows=rows)
    sealed.close()
    assert result.status == "not_rowwise"


@pytest.mark.sandbox
def test_a_patch_that_standardises_by_the_batch_is_not_row_wise(sandbox: Sandbox) -> None:
    frame = table()
    source = b"def predict(X):\n    return X['income'] - X['income'].mean()\n"
    sealed = sandbox.seal(frame, spec(frame), public=True)
    result = sandbox.run_checked(Job("python", source, "predict", OutputSpec("values")), sealed)
    sealed.close()
    assert result.status == "not_rowwise"


def test_half_of_the_rows_are_shown_again_and_their_means_differ() -> None:
    frame = table()
    chosen = draw_skewed_half(random_direction(frame))
    assert len(np.unique(chosen)) == ROWS // 2
    assert (np.diff(chosen) < 0).any()
    shift = (frame["age"].iloc[chosen].mean() - frame["age"].mean()) / frame["age"].std()
    assert abs(shift) > 0.1


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_tables_of_hardly_a_row_have_a_half_too(rows: int) -> None:
    assert len(draw_skewed_half(random_direction(table().iloc[:rows]))) == (rows + 1) // 2


def test_columns_of_text_and_empty_columns_give_no_direction() -> None:
    frame = pd.DataFrame({"note": ["a", "b", "c"], "empty": [np.nan] * 3})
    assert np.isfinite(random_direction(frame)).all()
