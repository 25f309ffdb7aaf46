"""Decision lists over the one column AGE."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluator.decision_list import (
    PointerDecisionList,
    Update,
)
from evaluator.decision_list.parts import GroupAndPatch, Part
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema

SCHEMA = Schema((Column("AGE", "number"),), Label("SEEN", "binary", (0, 1)))
ZERO_ONE = Loss("zero_one")
AGES = pd.DataFrame({"AGE": np.arange(40.0)})


def model(*pairs: GroupAndPatch, nodes=None, loss=ZERO_ONE, schema=SCHEMA, base=0) -> PointerDecisionList:
    parts = {f"submission:{i}": pair for i, pair in enumerate(pairs)}
    return PointerDecisionList(
        schema, loss, Part.constant(base), nodes or [Update(key) for key in parts], parts
    )


def python(source: str, function: str) -> Part:
    return Part("python", source.encode(), function)
