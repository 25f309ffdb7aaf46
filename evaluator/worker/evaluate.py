"""Evaluation of one order: public rows first, explained in full; then secret rows, of which only arrays and a class
come back. No label of a secret row is here, and nothing depends on the competition's present model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator import artifacts, fitting
from evaluator.artifacts import FolderStore
from evaluator.errors import ErrorClass, ParticipantError, PlatformFault, TableError
from evaluator.expressions import Expression, parse_expression
from evaluator.sandbox import Sandbox, SealedTable
from evaluator.worker.messages import Order, PartOrder, Report
from evaluator.worker.runner import PartFailed, PartFile, Runner, empty_predictions
from evaluator.worker.table_cache import TableCache

Progress = Callable[[str], None]
EMPTY_PUBLIC = (
    "No public row is in this group, so nothing could be tried out there: it ran on the secret rows unseen."
)
EMPTY_DRY_RUN = "No public row is in this group, so nothing could be tried out."
STARTED = "reading the tables"
UNSEEN = "the secret rows"


def run_order(
    order: Order,
    store: FolderStore,
    sandbox: Sandbox,
    progress: Progress = lambda stage: None,
    tables: TableCache | None = None,
) -> Report:
    """The report on one order, with its arrays stored under outcomes/; whatever is the participant's fault is in
    the report.

    Doing the same order twice writes the same arrays again. `tables` keeps what was read between orders.
    Raises PlatformFault and SandboxUnavailable for what is ours.
    """
    progress(STARTED)
    run = _Evaluation(order, store, sandbox, progress, tables or TableCache(store, sandbox))
    try:
        return {"base": run.base, "dry_run": run.dry_run, "submission": run.submission}[order.purpose]()
    except ParticipantError as error:
        return run.failed(error)


@dataclass(frozen=True)
class _Group:
    """A group ready to run: an expression (ours to compute) or a part for the sandbox."""

    expression: Expression | None = None
    part: PartFile | None = None


@dataclass
class _Evaluation:
    """The stages of one order. Mutable only in what it gathers for the report."""

    order: Order
    store: FolderStore
    sandbox: Sandbox
    progress: Progress
    tables: TableCache
    notices: list[str] = field(default_factory=list)
    gathered: dict[str, dict[str, dict[str, object]]] = field(
        default_factory=lambda: {"arrays": {}, "files": {}}
    )
    expression: Expression | None = None
    on_secret: bool = False

    def __post_init__(self) -> None:
        self.runner = Runner(self.sandbox, self.order.schema, self.order.loss)
        self.public = self.order.layout.public
        self.rows = self.order.layout.rows

    # --- stages ----------------------------------------------------------------------------------------------
    def submission(self) -> Report:
        self.progress("the group on public rows")
        group = self._group()
        mask = np.zeros(self.rows, dtype=bool)
        mask[: self.public] = self._mask(group, secret=False)
        if not mask.any():
            self.notices.append(EMPTY_PUBLIC)
        patch, predictions = self._patch_on_public(mask)
        self.on_secret = True
        # One stage for all that runs there: which part was running when it failed would be a message from them.
        self.progress(UNSEEN)
        mask[self.public :] = self._mask(group, secret=True)
        if patch is not None:
            rows = np.flatnonzero(mask[self.public :])
            predictions[self.public + rows] = self._predictions(patch, rows, secret=True)
        self.on_secret = False
        if self.order.patch is not None:
            if self.order.patch.kind == "fit":
                predictions[mask] = self._fit(self.order.patch.learner, mask)
            self._keep("predictions", predictions)
        self._keep("mask", mask)
        return self._report("ok")

    def dry_run(self) -> Report:
        """Group and patch on public rows alone; the arrays have one entry a public row."""
        self.rows = self.public
        self.progress("the group on public rows")
        mask = self._mask(self._group(), secret=False)
        if not mask.any():
            self.notices.append(EMPTY_DRY_RUN)
        _, predictions = self._patch_on_public(mask)
        if self.order.patch is not None:
            if self.order.patch.kind == "fit":
                predictions[mask] = self._fit(self.order.patch.learner, mask)
            self._keep("predictions", predictions)
        self._keep("mask", mask)
        return self._report("ok")

    def base(self) -> Report:
        """The base model on all rows, without a mask."""
        assert self.order.patch is not None  # noqa: S101 - Order.from_json saw to it
        part = PartFile.read(self.order.patch, self.store)
        self.progress("the base model on public rows")
        predictions = empty_predictions(self.rows, self.runner.answers)
        predictions[: self.public] = self._predictions(part, None, secret=False)
        self.on_secret = True
        self.progress(UNSEEN)
        predictions[self.public :] = self._predictions(part, None, secret=True)
        self.on_secret = False
        self._keep("predictions", predictions)
        return self._report("ok")

    def failed(self, error: ParticipantError) -> Report:
        """What happened on public rows in full; of secret rows one class for all, and not a word."""
        if self.on_secret:
            self.gathered = {"arrays": {}, "files": {}}
            return self._report(ErrorClass.NO_RESULT, on_secret=True)
        traceback = error.explanation if isinstance(error, PartFailed) else ""
        return self._report(error.error_class, detail=error.detail, traceback=traceback)

    # --- the group -------------------------------------------------------------------------------------------
    def _group(self) -> _Group:
        order = self.order.group
        assert order is not None  # noqa: S101 - Order.from_json saw to it
        if order.kind == "expression":
            self.expression = parse_expression(order.expression, self.order.schema)
        elif order.kind == "find":
            self.expression = self._found(order)
        else:
            return _Group(part=PartFile.read(order, self.store))
        return _Group(expression=self.expression)

    def _found(self, order: PartOrder) -> Expression:
        """Run find_group on public rows; what it returns is then an ordinary expression."""
        self.progress("searching for a group")
        _, y = self.tables.public(self.order)
        text = self.runner.find_group(
            PartFile.read(order, self.store), self.tables.sealed_public(self.order), y, self._head_loss()
        )
        try:
            return parse_expression(text, self.order.schema)
        except ParticipantError as error:
            raise ParticipantError(
                error.error_class, f"find_group returned {text[:200]!r}, which is no group: {error.detail}"
            ) from error

    def _head_loss(self) -> NDArray[np.float64]:
        stored = self.order.head_loss
        assert stored is not None  # noqa: S101 - Order.from_json saw to it
        # Read without its digest: a newer head may have replaced the file since the order was sent.
        loss = self.store.read_array(stored.path, None)
        if loss.shape != (self.public,) or not np.isfinite(loss).all():
            raise PlatformFault(f"{stored.path} is not one loss a public row")
        return loss.astype(np.float64)

    def _mask(self, group: _Group, *, secret: bool) -> NDArray[np.bool_]:
        if group.expression is not None:
            frame = self.tables.secret(self.order) if secret else self.tables.public(self.order)[0]
            return group.expression.mask(frame)
        assert group.part is not None  # noqa: S101 - one of the two
        return self.runner.mask(group.part, self._sealed(secret), explain=not secret)

    # --- the patch -------------------------------------------------------------------------------------------
    def _patch_on_public(self, mask: NDArray[np.bool_]) -> tuple[PartFile | None, NDArray[Any]]:
        """A submitted patch and its answers on the group's public rows (0 elsewhere). What is fitted comes later."""
        predictions = empty_predictions(self.rows, self.runner.answers)
        order = self.order.patch
        if order is None or order.kind == "fit":
            return None, predictions
        source = self.order.group if order.kind == "same" else order
        assert source is not None  # noqa: S101 - Order.from_json saw to it
        patch = PartFile.read(source, self.store)
        self.progress("the patch on public rows")
        rows = np.flatnonzero(mask[: self.public])
        predictions[rows] = self._predictions(patch, rows, secret=False)
        return patch, predictions

    def _fit(self, learner: str, mask: NDArray[np.bool_]) -> NDArray[Any]:
        """Fit on the group's train rows, store the patch as skops, and answer every row of the group.

        No stranger's code is in such a patch: the process that fitted it answers, and no jail is needed.
        """
        self.progress("fitting the patch")
        public, y = self.tables.public(self.order)
        here, there = np.flatnonzero(mask[: self.public]), np.flatnonzero(mask[self.public :])
        X = public.iloc[here].reset_index(drop=True)
        if self.order.purpose != "dry_run":
            X = pd.concat([X, self.tables.secret(self.order).iloc[there]], ignore_index=True)
        train = self.order.layout.rows_of("train")
        where = np.zeros(len(X), dtype=bool)
        where[: len(here)] = (here >= train.start) & (here < train.stop)
        labels = np.concatenate([y[here], np.zeros(len(there), dtype=y.dtype)])
        limit = self.order.limits.fit_s
        try:
            fitted = fitting.fit_patch(
                learner, X, labels, self.order.schema, self.order.loss, where, limit_s=limit
            )
        except TableError as error:  # a learner that the site should not have let through
            raise PlatformFault(str(error)) from error
        if fitted.notice:
            self.notices.append(fitted.notice)
        path = artifacts.outcome(self.order.submission, self.order.attempt, "patch.skops")
        stored = self.store.write_bytes(path, fitted.content)
        self.gathered["files"]["patch"] = {**stored.to_json(), "kind": fitted.kind}
        return fitted.predictions

    def _predictions(self, patch: PartFile, rows: NDArray[np.intp] | None, *, secret: bool) -> NDArray[Any]:
        """A patch is never called on no row at all: many honest models cannot answer that."""
        if rows is not None and not rows.size:
            return empty_predictions(0, self.runner.answers)
        return self.runner.predictions(patch, self._sealed(secret), rows, explain=not secret)

    # --- what is kept ----------------------------------------------------------------------------------------
    def _sealed(self, secret: bool) -> SealedTable:
        return self.tables.sealed_secret(self.order) if secret else self.tables.sealed_public(self.order)

    def _keep(self, name: str, array: NDArray[Any]) -> None:
        path = artifacts.outcome(self.order.submission, self.order.attempt, f"{name}.npy")
        self.gathered["arrays"][name] = self.store.write_array(path, array).to_json()

    def _report(
        self, status: str, *, detail: str = "", traceback: str = "", on_secret: bool = False
    ) -> Report:
        return Report(
            submission=self.order.submission,
            attempt=self.order.attempt,
            status=str(status),
            purpose=self.order.purpose,
            detail=detail,
            traceback=traceback,
            on_secret=on_secret,
            arrays=self.gathered["arrays"],
            files=self.gathered["files"],
            expression=self.expression.text if self.expression else "",
            words=self.expression.words() if self.expression else "",
            notices=tuple(self.notices),
        )
