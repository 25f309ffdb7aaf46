"""One small table and one sandbox with tight limits for all tests of this package."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from evaluator.sandbox import Sandbox, SealedTable
from tests.evaluator.sandbox.jobs import SPEC, TIGHT

ROWS = 200


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """200 people; every tenth has no income, every twentieth no sex and no note."""
    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {
            "age": rng.integers(0, 90, ROWS).astype(float),
            "income": rng.normal(30_000, 9_000, ROWS),
            "sex": pd.Categorical(rng.choice(["female", "male"], ROWS), categories=["female", "male"]),
            "note": rng.choice(["sees a doctor", "naïve, well", ""], ROWS),
        }
    )
    people.loc[::10, "income"] = np.nan
    people.loc[::20, ["sex", "note"]] = None
    return people.astype({"note": "str"})


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(TIGHT) as running:
        yield running


@pytest.fixture(scope="session")
def public(sandbox: Sandbox, frame: pd.DataFrame) -> Iterator[SealedTable]:
    table = sandbox.seal(frame, SPEC, public=True)
    yield table
    table.close()


@pytest.fixture(scope="session")
def secret(sandbox: Sandbox, frame: pd.DataFrame) -> Iterator[SealedTable]:
    table = sandbox.seal(frame, SPEC)
    yield table
    table.close()
