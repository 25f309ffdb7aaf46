"""Nodes of a pointer decision list, and their JSON (docs/science.md, The shared model)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Update:
    """An update node: where the group holds, answer with the patch. `key` names both: they came in one submission."""

    key: str


@dataclass(frozen=True)
class Repair:
    """A repair node: where the group holds, continue at the list's first `target` nodes (0 is the base model)."""

    key: str
    target: int


Node = Update | Repair


def nodes_to_json(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """The JSON of nodes, oldest first."""
    return [
        {"update": node.key} if isinstance(node, Update) else {"repair": node.key, "target": node.target}
        for node in nodes
    ]


def nodes_from_json(data: Iterable[Mapping[str, Any]]) -> tuple[Node, ...]:
    """The nodes that `nodes_to_json` wrote. Raises KeyError for anything else."""
    return tuple(
        Update(item["update"]) if "update" in item else Repair(item["repair"], int(item["target"]))
        for item in data
    )
