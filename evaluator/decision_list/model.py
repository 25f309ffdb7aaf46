"""The shared model as a predictor: predict, predict_proba, save, load."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.bitsets import Words, pack_mask
from evaluator.decision_list import storage
from evaluator.decision_list.nodes import Node, Update
from evaluator.decision_list.parts import Answer, GroupAndPatch, Part, load_answer
from evaluator.decision_list.routing import Rows, check_nodes, route_rows
from evaluator.decision_list.sandboxed import load_in_sandbox
from evaluator.errors import BountyError
from evaluator.expressions import parse_expression
from evaluator.expressions.mask import Masks, share_conditions
from evaluator.expressions.nodes import Condition
from evaluator.losses import Loss
from evaluator.sandbox import Sandbox
from evaluator.schema import Schema

# Rows that are answered together. Large, because calling a leaf costs a millisecond, however few its rows are.
BLOCK_ROWS = 1 << 20


class NodeError(BountyError):
    """A failure of a group or a patch while predicting. No older model answers in its place; the message names the
    node.
    """


class PointerDecisionList:
    """A pointer decision list: an immutable stack of nodes over a base model.

    Safe to share between threads: a call keeps all its state to itself. Parts are loaded at their first use, so
    a list can be built and saved without running anything. Python and zip parts are executed by `predict` in
    this process, so build or `load(trust=True)` such a list only where you trust its authors; with a `sandbox`
    they are executed in there instead, as long as it runs.
    """

    def __init__(
        self,
        schema: Schema,
        loss: Loss,
        base: Part,
        nodes: Sequence[Node] = (),
        parts: Mapping[str, GroupAndPatch] | None = None,
        *,
        sandbox: Sandbox | None = None,
    ) -> None:
        """`parts[key]` for every key that a node names. ValueError where one is missing or a repair runs ahead."""
        self.schema, self.loss, self.base = schema, loss, base
        self.nodes = tuple(nodes)
        self.parts = MappingProxyType(dict(parts or {}))
        check_nodes(self.nodes)
        for number, node in enumerate(self.nodes, start=1):
            pair = self.parts.get(node.key)
            if pair is None or (isinstance(node, Update) and pair.patch is None):
                raise ValueError(f"Node {number} names {node.key}, of which there is no part.")
        self._sandbox = sandbox
        self._answers: dict[Part, Answer] = {}
        self._conditions: dict[Part, Condition] = {}
        self._pool: dict[Hashable, Condition] = {}
        self._loading = threading.RLock()

    def predict(self, frame: pd.DataFrame) -> NDArray[Any]:
        """Predictions, one a row: the label's own values for classes (the likeliest under log loss), else
        float64[n].

        Columns are taken by name in any order, others are ignored. TableError names a missing or unfit column;
        NodeError the node whose group or patch failed.
        """
        answers = self.predict_raw(frame)
        if self.loss.prediction_kind == "values":
            return answers
        codes = answers.argmax(axis=1) if answers.ndim == 2 else answers
        return np.asarray(self.schema.label.classes)[codes]

    def predict_proba(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Class probabilities float64[n, K] in the order of the label's classes.

        Under log loss these are the model's probabilities. Under the other losses nodes answer with one class,
        and its column is 1. TypeError for a regression.
        """
        if self.loss.prediction_kind == "values":
            raise TypeError(f"`{self.schema.label.name}` is a number: there are no classes to give chances.")
        answers = self.predict_raw(frame)
        if answers.ndim == 2:
            return answers
        return np.eye(len(self.schema.label.classes))[answers]

    def predict_raw(self, frame: pd.DataFrame) -> NDArray[Any]:
        """Predictions as losses take them: int16[n] codes, float64[n, K] probabilities, or float64[n]."""
        X = self.schema.conform(frame)
        answers = self._empty(len(X))
        for block in _blocks(len(X)):
            self._answer_block(X.iloc[block], answers[block])
        return answers

    def leaves(self, frame: pd.DataFrame) -> NDArray[np.intp]:
        """The leaf of each row, intp[n]: the number of an update node, from 1, or 0 for the base model."""
        X = self.schema.conform(frame)
        leaves = [self._route(_renumbered(X.iloc[block])) for block in _blocks(len(X))]
        return np.concatenate(leaves) if leaves else np.zeros(0, dtype=np.intp)

    def save(self, path: str | Path) -> None:
        """Write the list and all its parts to one file, whole or not at all."""
        storage.save(
            storage.SavedList(self.schema, self.loss, self.base, self.nodes, dict(self.parts)), Path(path)
        )

    @classmethod
    def load(
        cls, path: str | Path, trust: bool = False, *, sandbox: Sandbox | None = None
    ) -> PointerDecisionList:
        """The saved list. Every file is checked against its digest.

        Raises storage.ModelFileError for a damaged file, and for one with Python or zip parts unless you `trust`
        it or give a `sandbox` to run them in.
        """
        stored = storage.load(Path(path), trust=trust or sandbox is not None)
        return cls(stored.schema, stored.loss, stored.base, stored.nodes, stored.parts, sandbox=sandbox)

    def _answer_block(self, X: pd.DataFrame, answers: NDArray[Any]) -> None:
        """Write the answers of some rows: every leaf is called once, on the rows that reached it."""
        X = _renumbered(X)
        leaves = self._route(X)
        order = np.argsort(leaves.astype(np.int16) if len(self.nodes) < 2**15 else leaves, kind="stable")
        by_leaf = leaves[order]
        sorted_rows = X.iloc[order]  # one gathering for all leaves, each of which takes a slice of it
        starts = np.flatnonzero(np.diff(by_leaf, prepend=-1)).tolist()
        for start, end in pairwise([*starts, len(order)]):
            part = _renumbered(sorted_rows.iloc[start:end])
            answers[order[start:end]] = self._ask_leaf(int(by_leaf[start]), part)

    def _route(self, X: pd.DataFrame) -> Rows:
        newest = {node.key: number for number, node in enumerate(self.nodes, start=1)}
        rows_left, table, masks = None, X, Masks(X)

        def holds(key: str, rows: Rows) -> Words:
            nonlocal rows_left, table, masks
            if rows is not rows_left:
                rows_left, table = rows, _take(X, rows)
                masks = Masks(table)
            group = self.parts[key].group
            is_compiled = group.kind == "expression"
            ask = partial(self._words, group, masks) if is_compiled else partial(self._ask, group, table)
            answer = self._asked(ask, len(table), lambda: f"the group of {self._place(newest[key])}")
            return answer if is_compiled else pack_mask(answer)

        return route_rows(self.nodes, len(X), holds)

    def _place(self, number: int) -> str:
        version = sum(isinstance(node, Update) for node in self.nodes[:number])
        return f"node {number} ({self.nodes[number - 1].key}), of version {version},"

    def _condition(self, group: Part) -> Condition:
        """The group compiled, its parts shared with every other group's: a block computes them once."""
        with self._loading:
            if group not in self._conditions:
                condition = parse_expression(group.content.decode(), self.schema).condition
                self._conditions[group] = share_conditions(condition, self._pool)
            return self._conditions[group]

    def _ask_leaf(self, leaf: int, X: pd.DataFrame) -> NDArray[Any]:
        if leaf == 0:
            return self._asked(partial(self._ask, self.base, X), len(X), lambda: "the base model")
        key = self.nodes[leaf - 1].key
        patch = self.parts[key].patch
        assert patch is not None  # noqa: S101 - checked at construction
        return self._asked(partial(self._ask, patch, X), len(X), lambda: f"the patch of {self._place(leaf)}")

    def _ask(self, part: Part, X: pd.DataFrame) -> NDArray[Any]:
        return self._answer(part)(X)

    def _words(self, group: Part, masks: Masks) -> Words:
        return masks.words(self._condition(group))

    def _asked(self, ask: Callable[[], NDArray[Any]], rows: int, name: Callable[[], str]) -> NDArray[Any]:
        try:
            return ask()
        except Exception as error:
            raise NodeError(f"{name()} failed on {rows} rows: {type(error).__name__}: {error}") from error

    def _answer(self, part: Part) -> Answer:
        with self._loading:
            if part not in self._answers and self._sandbox is not None and part.is_executable:
                self._answers[part] = load_in_sandbox(part, self.schema, self.loss, self._sandbox)
            elif part not in self._answers:
                workdir = self._workdir() if part.kind == "zip" else None
                self._answers[part] = load_answer(part, self.schema, self.loss, workdir)
            return self._answers[part]

    def _workdir(self) -> Path:
        """A folder of its own for a zip's files, removed with the model."""
        folder = tempfile.mkdtemp(prefix="decision-list-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def _empty(self, rows: int) -> NDArray[Any]:
        kind = self.loss.prediction_kind
        if kind == "probabilities":
            return np.zeros((rows, len(self.schema.label.classes)))
        return np.zeros(rows, dtype=np.int16 if kind == "codes" else np.float64)


def _take(X: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return X if len(rows) == len(X) else _renumbered(X.iloc[rows])


def _renumbered(X: pd.DataFrame) -> pd.DataFrame:
    """Numbered from 0 again: a part meets the same kind of table everywhere."""
    return X.set_axis(pd.RangeIndex(len(X)), axis=0)


def _blocks(rows: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK_ROWS, rows)) for start in range(0, rows, BLOCK_ROWS))
