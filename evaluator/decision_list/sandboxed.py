"""Strangers' Python inside a list, called in the sandbox instead of in this process."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pandas as pd

from evaluator.decision_list.parts import Answer, Part
from evaluator.losses import Loss
from evaluator.sandbox import Sandbox
from evaluator.schema import Schema
from evaluator.worker.runner import PartFile, Runner


def load_in_sandbox(part: Part, schema: Schema, loss: Loss, sandbox: Sandbox) -> Answer:
    """The part as a function of X. Its rows are the caller's own: a failure (running.PartFailed) is explained.

    Each call is checked for row independence, as it was when the part was submitted.
    """
    runner, file = Runner(sandbox, schema, loss), PartFile(part.kind, part.content)

    def answer(X: pd.DataFrame) -> np.ndarray:
        with closing(sandbox.seal(X, schema, public=True)) as table:
            if part.function == "group":
                return runner.mask(file, table, explain=True)
            return runner.predictions(file, table, explain=True)

    return answer
