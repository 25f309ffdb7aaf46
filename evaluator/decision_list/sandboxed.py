"""Loading strangers' Python in a list so that the sandbox runs it instead of this process."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from evaluator.decision_list.parts import Answer, Part
from evaluator.losses import Loss
from evaluator.sandbox import Sandbox
from evaluator.schema import Schema
from evaluator.worker.runner import PartFile, Runner


def load_in_sandbox(part: Part, schema: Schema, loss: Loss, sandbox: Sandbox) -> Answer:
    """The part as a function of X, run in the sandbox. Its rows are the caller's own: a failure (runner.PartFailed)
    is explained.

    Each call is checked for row independence, as it was when the part was submitted.
    """
    runner, file = Runner(sandbox, schema, loss), PartFile(part.kind, part.content)

    def answer(X: pd.DataFrame) -> NDArray[Any]:
        with closing(sandbox.seal(X, schema, public=True)) as table:
            if part.function == "group":
                return runner.mask(file, table, explain=True)
            return runner.predictions(file, table, explain=True)

    return answer
