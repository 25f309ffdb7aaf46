"""A table whose base model fails one region, because its rule there is one that it cannot see."""

from __future__ import annotations

import numpy as np
import pandas as pd


def table_with_a_bad_slice(rows: int = 9000) -> pd.DataFrame:
    """A label that a shallow tree gets right everywhere but in one region, where the rule is one it cannot see."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "region": rng.choice(["north", "south", "east"], rows),
            "hours": rng.normal(38, 9, rows).round(1),
            "noise": rng.normal(size=rows).round(3),
        }
    )
    crossed = (frame.noise > 0) ^ (frame.age > 48)  # neither column alone says anything
    frame["outcome"] = np.where(frame.region == "east", crossed, frame.hours > 38)
    return frame.assign(outcome=frame.outcome ^ (rng.random(rows) < 0.05))
