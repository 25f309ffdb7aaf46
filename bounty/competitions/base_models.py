"""The base model of a new competition: fits it here or takes an upload, stores its file, and has it run."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from bounty.competitions.prepare import PreparedTable
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Competition
from bounty.models.stored_files import StoredBase, StoredFile
from bounty.submissions import dispatch, uploads
from bounty.submissions.uploads import Upload
from evaluator import artifacts as paths
from evaluator.errors import ErrorClass, ParticipantError
from evaluator.expressions import parse_expression
from evaluator.fitting import LEARNERS, fit_base
from evaluator.sandbox import Sandbox
from evaluator.worker.evaluate import run_order
from evaluator.worker.messages import Order, Report

log = logging.getLogger(__name__)

# Fewer train rows than this teach a model nothing that a competition could be about.
FEWEST_BASE_ROWS = 50


@dataclass(frozen=True)
class FittedBase:
    """A base model that the platform fits on the train rows where the expression `where` holds (all of them where
    it is empty).
    """

    learner: str = "boosting"
    where: str = ""


@dataclass(frozen=True)
class UploadedBase:
    """An uploaded base model: an ONNX or skops file. `here`: run it in this process's own sandbox, now, instead of
    asking a worker.
    """

    upload: Upload
    here: bool = False


Base = FittedBase | UploadedBase


@dataclass(frozen=True)
class PreparedBase:
    """A base model ready to be stored. `predictions` over all rows where it was fitted here, else None."""

    kind: str
    suffix: str
    content: bytes
    words: str
    predictions: NDArray[Any] | None
    run_here: bool = False
    # What was asked for, where it was fitted here.
    fitted: FittedBase | None = None


def prepare_base(base: Base, prepared: PreparedTable) -> PreparedBase:
    """The base model's content, fitted here or taken from the upload; nothing is written and nothing uploaded is
    run.

    Raises Refusal where it cannot be fitted as asked or is of a kind that is not taken.
    """
    if isinstance(base, FittedBase):
        return _fit_base(base, prepared)
    upload = base.upload
    if upload.kind not in (uploads.ONNX, uploads.SKOPS):
        raise Refusal(f"{upload.filename}: a base model is an ONNX model or a skops file.", "base")
    words = f"uploaded as {upload.filename}"
    return PreparedBase(upload.kind, upload.suffix, upload.content, words, None, run_here=base.here)


def _fit_base(base: FittedBase, prepared: PreparedTable) -> PreparedBase:
    if base.learner not in LEARNERS:
        raise Refusal(
            f"There is no learner “{base.learner}”; there are {', '.join(LEARNERS)}.", "base_learner"
        )
    train = prepared.split("train")
    features, y = prepared.X.iloc[train], prepared.y[train]
    chosen = np.ones(len(y), dtype=bool)
    learner = LEARNERS[base.learner].split(":")[0]
    words = f"{learner}, fitted on all train rows"
    if base.where:
        try:
            expression = parse_expression(base.where, prepared.schema)
        except ParticipantError as error:
            raise Refusal(f"The base model's rows: {error.detail.splitlines()[0]}", "base_where") from error
        chosen = expression.mask(features)
        words = f"{learner}, fitted on train rows where {expression.words()}"
    if chosen.sum() < FEWEST_BASE_ROWS or len(np.unique(y[chosen])) < 2:
        raise Refusal(
            f"Only {int(chosen.sum()):,} train rows would teach the base model, or all with the same label; "
            f"it needs at least {FEWEST_BASE_ROWS} rows with different labels.",
            "base_where",
        )
    where = np.zeros(prepared.layout.rows, dtype=bool)
    where[train] = chosen
    fitted = fit_base(prepared.X, prepared.y, prepared.schema, prepared.loss, where, learner=base.learner)
    return PreparedBase("skops", ".skops", fitted.content, words, fitted.predictions, fitted=base)


def store_base(base: PreparedBase, key: str) -> StoredBase:
    """Writes the model's file to the artifact store; returns its path, digest and words."""
    stored = artifacts.artifact_store().write_bytes(paths.base_model(key, base.suffix), base.content)
    fitted = None if base.fitted is None else asdict(base.fitted)
    return StoredBase(StoredFile.from_stored(stored, kind=base.kind), base.words, fitted)


def predict_locally(base: PreparedBase, competition: Competition) -> NDArray[Any] | None:
    """Predictions over all rows, array[rows] or [rows, classes]: those of the fit, or the upload's from our own
    sandbox; None where a worker has to run it.

    Raises ParticipantError with the error class and, from public rows, the reason; SandboxUnavailable.
    """
    if base.predictions is not None or not base.run_here:
        return base.predictions
    with Sandbox() as sandbox:
        report = run_order(Order.from_json(build_order(competition)), artifacts.artifact_store(), sandbox)
    if report.status != "ok":
        raise ParticipantError(ErrorClass(report.status), describe_failure(report))
    return artifacts.read_array(StoredFile.from_json(report.arrays["predictions"]))


def build_order(competition: Competition, attempt: int = 1) -> dict[str, Any]:
    """An evaluating worker's order to run the base model on all rows, as JSON."""
    base, tables = competition.base.file, competition.tables
    return {
        "submission": order_name(str(competition.key)),
        "attempt": attempt,
        "purpose": "base",
        "schema": competition.schema_json,
        "loss": competition.loss_json,
        "layout": competition.layout_json,
        "public": tables.public.to_order_json(),
        "secret": tables.secret.to_order_json(),
        "head_loss": None,
        "group": None,
        "patch": {"kind": base.kind, **base.to_order_json()},
        "limits": {},
    }


def order_name(key: str) -> str:
    """The name of a base model in orders and reports: the competition's key, which is no submission's."""
    return key


def send_base_order(competition: Competition, attempt: int = 1) -> None:
    """Sends the order to run the base model to a worker's queue, once the present transaction is committed."""
    queue = dispatch.GPU if competition.base.file.kind == uploads.ONNX else dispatch.CPU
    message = build_order(competition, attempt)
    transaction.on_commit(lambda: dispatch.send_order(message, queue), robust=True)


def describe_failure(report: Report) -> str:
    """Why the base model could not be run, in words for the organiser. On secret rows alone nothing more is known."""
    if report.on_secret:
        return "The base model ran on the public rows, but gave no result on the secret ones."
    return f"The base model could not be run ({report.status}): {report.detail}"
