"""Evaluation of one order: public rows first, explained in full; then secret rows split by split, of which only arrays
and at most a class come back (evaluator.worker.secret_rows). No label of a secret row is here, and nothing depends on
the competition's present model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator import artifacts
from evaluator.artifacts import FolderStore
from evaluator.errors import ErrorClass, ParticipantError, PlatformFault
from evaluator.expressions import Expression, parse_expression
from evaluator.sandbox import Sandbox
from evaluator.worker.fitted_patch import FittedPatch
from evaluator.worker.messages import Order, PartOrder, Report
from evaluator.worker.release import PublicRun, release_seconds
from evaluator.worker.runner import PartFailed, PartFile, Runner, empty_predictions
from evaluator.worker.secret_rows import AnswerSplit, FailedOnPractice, FailedOnSecret, SecretRows
from evaluator.worker.table_cache import TableCache

Progress = Callable[[str], None]
EMPTY_PUBLIC = (
    "No public row is in this group, so nothing could be tried out there: it ran on the secret rows unseen."
)
EMPTY_DRY_RUN = "No public row is in this group, so nothing could be tried out."
STARTED = "reading the tables"
UNSEEN = "the secret rows"
# Weights of a linear model: no code of a stranger's runs, and nothing in them can wait, crash or fill memory by a cell.
TOLD_AT_ONCE = frozenset({"safetensors"})


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
        mask[: self.public] = self._mask(group)
        if not mask.any():
            self.notices.append(EMPTY_PUBLIC)
        patch, predictions = self._patch_on_public(mask)
        fitted = self._fitted_on_public(mask, predictions)
        strangers = [
            part for part in (group.part, patch) if part is not None and part.kind not in TOLD_AT_ONCE
        ]
        watch = self.runner.watch
        complete = patch is None or bool(mask.any())
        public = PublicRun(watch.seconds, watch.wall_seconds, self.public, complete)
        if group.part is not None or patch is not None:
            self._seal_splits()
        # One stage for all that runs there: which part was running when it failed would be a message from them.
        self.progress(UNSEEN)
        seconds = (lambda rows: self._release(public, rows)) if strangers else None

        def answer(split: str, until: float | None) -> tuple[NDArray[np.bool_], NDArray[Any]]:
            return self._answer_split(group, patch, split, until)

        self._run_splits(answer, seconds, mask, predictions)
        if fitted is not None:

            def answer_fitted(split: str, until: float | None) -> tuple[NDArray[np.bool_], NDArray[Any]]:
                inside = mask[self.order.layout.rows_of(split)].copy()
                return inside, fitted.answer(split, inside, all_rows=group.part is not None)

            self._run_splits(answer_fitted, None, mask, predictions)
        if self.order.patch is not None:
            self._keep("predictions", predictions)
        self._keep("mask", mask)
        return self._report("ok")

    def _run_splits(
        self,
        answer: AnswerSplit,
        seconds: Callable[[Sequence[int]], float] | None,
        mask: NDArray[np.bool_],
        predictions: NDArray[Any],
    ) -> None:
        """Fill in the answers on secret rows; where a split failed silently, its rows are outside the group."""
        found = list(SecretRows(self.order.layout, answer, seconds, self.order.rule_version).run())
        mask[self.public :], predictions[self.public :] = False, 0
        for part in found:
            mask[part.rows], predictions[part.rows] = part.mask, part.predictions

    def _seal_splits(self) -> None:
        """Seal every table before the first run: what it takes is nobody's time, and a fault of it is ours."""
        self.tables.sealed_public(self.order)
        for split, (start, _) in self.order.layout.ranges.items():
            if start >= self.public:
                self.tables.sealed_split(self.order, split)

    def _release(self, public: PublicRun, rows: Sequence[int]) -> float:
        cells = sum(rows) * len(self.order.schema.features)
        return release_seconds(public, rows, self.sandbox.policy.seconds(cells)[1])

    def _answer_split(
        self, group: _Group, patch: PartFile | None, split: str, until: float | None
    ) -> tuple[NDArray[np.bool_], NDArray[Any]]:
        """The group's mask and a submitted patch's predictions on one split of the secret rows."""
        runner = replace(self.runner, until=until)
        if group.expression is not None:
            mask = group.expression.mask(self.tables.split(self.order, split))
        else:
            assert group.part is not None  # noqa: S101 - one of the two
            mask = runner.mask(group.part, self.tables.sealed_split(self.order, split), explain=False)
        predictions = empty_predictions(len(mask), runner.answers)
        rows = np.flatnonzero(mask)
        if patch is not None and rows.size:
            sealed = self.tables.sealed_split(self.order, split)
            predictions[rows] = runner.predictions(patch, sealed, rows, explain=False)
        elif patch is not None and until is None and len(mask):
            # Told at once, a split without a row of the group would be told by its time: one row is asked for nothing.
            with suppress(ParticipantError):
                sealed = self.tables.sealed_split(self.order, split)
                runner.predictions(patch, sealed, np.arange(1), explain=False)
        return mask, predictions

    def dry_run(self) -> Report:
        """Group and patch on public rows alone; the arrays have one entry a public row."""
        self.rows = self.public
        self.progress("the group on public rows")
        mask = self._mask(self._group())
        if not mask.any():
            self.notices.append(EMPTY_DRY_RUN)
        _, predictions = self._patch_on_public(mask)
        self._fitted_on_public(mask, predictions)
        if self.order.patch is not None:
            self._keep("predictions", predictions)
        self._keep("mask", mask)
        return self._report("ok")

    def base(self) -> Report:
        """The base model on all rows, without a mask."""
        assert self.order.patch is not None  # noqa: S101 - Order.from_json saw to it
        part = PartFile.read(self.order.patch, self.store)
        self.progress("the base model on public rows")
        predictions = empty_predictions(self.rows, self.runner.answers)
        sealed = self.tables.sealed_public(self.order)
        predictions[: self.public] = self.runner.predictions(part, sealed, explain=True)
        self.on_secret = True
        self.progress(UNSEEN)
        sealed = self.tables.sealed_secret(self.order)
        predictions[self.public :] = self.runner.predictions(part, sealed, explain=False)
        self.on_secret = False
        self._keep("predictions", predictions)
        return self._report("ok")

    def failed(self, error: ParticipantError) -> Report:
        """What happened on public rows in full; of practice rows the class alone; by the rule of 2026-11, and of a base
        model, one class for all secret rows.
        """
        if self.on_secret or isinstance(error, FailedOnSecret):
            self.gathered = {"arrays": {}, "files": {}}
            return self._report(ErrorClass.NO_RESULT, on_secret=True)
        if isinstance(error, FailedOnPractice):
            self.gathered = {"arrays": {}, "files": {}}
            return self._report(error.error_class, on_practice=True)
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

    def _mask(self, group: _Group) -> NDArray[np.bool_]:
        """The group's mask on public rows."""
        if group.expression is not None:
            return group.expression.mask(self.tables.public(self.order)[0])
        assert group.part is not None  # noqa: S101 - one of the two
        return self.runner.mask(group.part, self.tables.sealed_public(self.order), explain=True)

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
        # A patch is never called on no row at all: many honest models cannot answer that.
        if rows.size:
            sealed = self.tables.sealed_public(self.order)
            predictions[rows] = self.runner.predictions(patch, sealed, rows, explain=True)
        return patch, predictions

    def _fitted_on_public(self, mask: NDArray[np.bool_], predictions: NDArray[Any]) -> FittedPatch | None:
        """The patch fitted on the group's train rows, its answers on public rows filled in; None where none is to be
        fitted.
        """
        if self.order.patch is None or self.order.patch.kind != "fit":
            return None
        self.progress("fitting the patch")
        fitted = FittedPatch(self.order, self.tables)
        rows = np.flatnonzero(mask[: self.public])
        predictions[rows] = fitted.fit(rows)
        self.notices += fitted.notices
        self.gathered["files"]["patch"] = fitted.store(self.store)
        return fitted

    # --- what is kept ----------------------------------------------------------------------------------------
    def _keep(self, name: str, array: NDArray[Any]) -> None:
        path = artifacts.outcome(self.order.submission, self.order.attempt, f"{name}.npy")
        self.gathered["arrays"][name] = self.store.write_array(path, array).to_json()

    def _report(
        self,
        status: str,
        *,
        detail: str = "",
        traceback: str = "",
        on_secret: bool = False,
        on_practice: bool = False,
    ) -> Report:
        return Report(
            submission=self.order.submission,
            attempt=self.order.attempt,
            status=str(status),
            purpose=self.order.purpose,
            detail=detail,
            traceback=traceback,
            on_secret=on_secret,
            on_practice=on_practice,
            arrays=self.gathered["arrays"],
            files=self.gathered["files"],
            expression=self.expression.text if self.expression else "",
            words=self.expression.words() if self.expression else "",
            notices=tuple(self.notices),
        )
