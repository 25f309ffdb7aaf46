"""The fitting process: `python -m evaluator.fitting.child`, one job after another from its standard input."""

from __future__ import annotations

import os
import signal
import sys
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import skops.io
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from evaluator.fitting import learners, messages
from evaluator.fitting.names import LEAST_ROWS
from evaluator.losses import Loss
from evaluator.runtime import OutputSpec, TableSpec
from evaluator.runtime.skops_part import load_skops
from evaluator.schema import Schema, infer_schema


def main() -> None:
    """Serve until the owner closes the pipe."""
    # Ctrl-C reaches the whole terminal; this process ends when its owner does, without a word of its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source = sys.stdin.buffer
    # Whatever a library prints must not get between the frames.
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _warm_up()
    messages.send_frame(target, {"ready": True})
    while True:
        try:
            header, blobs = messages.receive_frame(source)
        except EOFError:
            return
        try:
            answer, results = (answer_job if header["task"] == "answer" else run_job)(header, blobs)
        except MemoryError:
            answer, results = {"problem": "memory"}, []
        except Exception as error:  # reported to the owner, which raises it as our fault
            answer, results = {"problem": f"{type(error).__name__}: {error}"}, []
        messages.send_frame(target, answer, results)


def run_job(header: dict[str, Any], blobs: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Fit one job: the answer's header with notices, and as blobs the model (skops) and its predictions on all rows
    of X (.npy).
    """
    schema, loss = Schema.from_json(header["schema"]), Loss.from_json(header["loss"])
    frame: pd.DataFrame = pa.ipc.open_stream(blobs[0]).read_all().to_pandas()
    X = schema.conform(frame)
    y, where = messages.from_npy(blobs[1]), messages.from_npy(blobs[2])
    inside, truth = X.loc[where], y[where]
    classes = len(schema.label.classes)
    notices: list[str] = []
    reason = why_constant(truth, schema, loss)
    if reason:
        notices.append(reason)
        model: Any = learners.fit_constant(truth, classes, loss, [column.name for column in schema.features])
    else:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = learners.fit(header["learner"], inside, truth, schema, loss)
        if any(issubclass(item.category, ConvergenceWarning) for item in caught):
            notices.append("The fit stopped at its largest number of steps before it settled.")
        texts = [column.name for column in schema.features if column.kind == "text"]
        if texts:
            notices.append(f"Text is not used by fitted models: {', '.join(texts)}.")
    answers = learners.predict(model, X, classes, loss) if len(X) else np.empty(0)
    learners.name_classes(model, schema.label.classes)
    return {"notices": notices}, [
        skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED),
        messages.to_npy(answers),
    ]


def answer_job(header: dict[str, Any], blobs: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Answer X with a model that was fitted here: no notices, and as the blob its predictions (.npy)."""
    schema, loss = Schema.from_json(header["schema"]), Loss.from_json(header["loss"])
    X = schema.conform(pa.ipc.open_stream(blobs[0]).read_all().to_pandas())
    answers = _loaded(blobs[1], schema, loss)(X)
    kind = np.int16 if loss.prediction_kind == "codes" else np.float64
    return {"notices": []}, [messages.to_npy(np.asarray(answers, dtype=kind))]


# The model that was asked last: one submission asks it once a split.
_last: tuple[bytes, str, Callable[[pd.DataFrame], Any]] | None = None


def _loaded(content: bytes, schema: Schema, loss: Loss) -> Callable[[pd.DataFrame], Any]:
    global _last  # the process serves one job after another
    key = f"{schema.to_json()}{loss.to_json()}"
    if _last is None or _last[:2] != (content, key):
        output = OutputSpec(loss.prediction_kind, tuple(schema.label.classes))
        _last = content, key, load_skops(content, TableSpec.from_schema(schema), output)
    return _last[2]


def _warm_up() -> None:
    """What libraries put off until the first fit, done before anybody waits."""
    rows = np.arange(40)
    frame = pd.DataFrame({"a": rows.astype(float), "b": rows % 2, "c": np.where(rows % 3, "x", "y")})
    schema = infer_schema(frame, "b")
    X, y, loss = schema.conform(frame), schema.encode_label(frame["b"]), Loss.default(schema.label)
    for learner in ("boosting", "logistic"):
        skops.io.dumps(learners.fit(learner, X, y, schema, loss))


def why_constant(y: NDArray[Any], schema: Schema, loss: Loss) -> str:
    """The reason for a constant patch, for its author; "" where more than one answer can be learnt."""
    answer = "the patch gives everyone the same answer"
    if len(y) < LEAST_ROWS:
        return f"The group holds {len(y)} of the train rows; below {LEAST_ROWS}, {answer}."
    if loss.prediction_kind != "values" and len(np.unique(y)) < 2:
        return f"All {len(y)} train rows of the group are `{schema.label.classes[int(y[0])]}`, so {answer}."
    if not learners.usable_columns(schema):
        return f"No column is a number or a category, so {answer}."
    return ""


if __name__ == "__main__":
    main()
