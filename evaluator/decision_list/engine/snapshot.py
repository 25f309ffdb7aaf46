"""Snapshots of an engine as plain arrays: a restart reads one instead of replaying every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.bitsets import unpack_mask
from evaluator.decision_list.arrays import ArrayError, Practice
from evaluator.decision_list.engine.changes import Growing
from evaluator.decision_list.engine.state import Engine
from evaluator.decision_list.engine.trial import Guards
from evaluator.decision_list.nodes import Node, Repair, Update

Arrays = dict[str, npt.NDArray[Any]]

_UPDATE = -1  # where a repair has its target


def take_snapshot(engine: Engine) -> Arrays:
    """The engine's arrays, everything but the practice labels, without pickles, for numpy.savez."""
    log, guards = engine.log, engine.guards
    nodes = [(version, node) for version, added in enumerate(engine.added) for node in added]
    return {
        "head": engine.head.predictions,
        "positions": np.array(engine.positions, dtype=np.int64),
        "node_version": np.array([version for version, _ in nodes], dtype=np.int64),
        "node_key": np.array([node.key for _, node in nodes], dtype=np.str_),
        "node_target": np.array(
            [node.target if isinstance(node, Repair) else _UPDATE for _, node in nodes], dtype=np.int64
        ),
        "log_rows": log.rows.values,
        "log_old": log.old.values,
        "log_ends": np.array(log.ends, dtype=np.int64),
        "loss_rows": log.loss_rows.values,
        "loss_changes": log.loss_changes.values,
        "loss_ends": log.loss_ends.values,
        "groups": engine.bits.lines,
        "group_keys": np.array(guards.keys, dtype=np.str_),
        "group_table": guards.table,
    }


def restore_engine(arrays: Mapping[str, npt.NDArray[Any]], practice: Practice) -> Engine:
    """The engine of a snapshot. Raises ArrayError where the arrays do not belong to each other or to these practice
    rows.
    """
    missing = [name for name in _NAMES if name not in arrays]
    if missing:
        raise ArrayError(f"The snapshot has no {', '.join(missing)}.")
    engine = Engine(np.array(arrays["head"]), practice)
    engine.positions = arrays["positions"].tolist()
    engine.added = _added(arrays, len(engine.positions))
    _restore_log(engine, arrays)
    for line in arrays["groups"]:
        engine.bits.add(line)
    masks = [
        unpack_mask(np.ascontiguousarray(line), len(arrays["head"]))[practice.rows]
        for line in arrays["groups"]
    ]
    keys = tuple(arrays["group_keys"].tolist())
    engine.guards = Guards(keys, arrays["group_table"].copy())
    found = np.array([engine.losses_inside(mask) for mask in masks], dtype=np.int64)
    if not np.array_equal(found, engine.guards.sums):
        wrong = keys[int(np.flatnonzero(found != engine.guards.sums)[0])]
        raise ArrayError(f"The loss of {wrong} in the snapshot is not what these practice labels give.")
    return engine


def _added(arrays: Mapping[str, npt.NDArray[Any]], versions: int) -> list[tuple[Node, ...]]:
    added: list[list[Node]] = [[] for _ in range(versions)]
    columns = (arrays[name].tolist() for name in ("node_version", "node_key", "node_target"))
    for version, key, target in zip(*columns, strict=True):
        added[version].append(Update(key) if target == _UPDATE else Repair(key, target))
    return [tuple(nodes) for nodes in added]


def _restore_log(engine: Engine, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    log = engine.log
    if arrays["loss_changes"].dtype != log.loss_changes.values.dtype:
        raise ArrayError("The snapshot was taken under another loss.")
    log.rows, log.old = Growing(arrays["log_rows"].copy()), Growing(arrays["log_old"].copy())
    log.loss_rows, log.loss_changes = (
        Growing(arrays["loss_rows"].copy()),
        Growing(arrays["loss_changes"].copy()),
    )
    log.ends, log.loss_ends = arrays["log_ends"].tolist(), Growing(arrays["loss_ends"].copy())
    versions = len(engine.positions)
    if not len(log.ends) == len(log.loss_ends.values) == versions or log.ends[-1] != len(log.rows.values):
        raise ArrayError(f"The snapshot's log does not end with its {versions} versions.")
    log.keep_whole(engine.head.predictions)


_NAMES = [
    "head",
    "positions",
    "node_version",
    "node_key",
    "node_target",
    "log_rows",
    "log_old",
    "log_ends",
    "loss_rows",
    "loss_changes",
    "loss_ends",
    "groups",
    "group_keys",
    "group_table",
]
