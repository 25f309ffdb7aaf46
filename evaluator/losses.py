"""Losses per row, in [0, 1] (SCIENCE.md 11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

LossName = Literal["zero_one", "cost", "squared", "absolute", "log"]


@dataclass(frozen=True)
class Loss:
    """A per-row loss. `costs[i][j]` in [0, 1] is the cost of answering j where the truth is i."""

    name: LossName
    costs: tuple[tuple[float, ...], ...] = ()
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Loss:
        return cls(**{**data, "costs": tuple(tuple(row) for row in data.get("costs", ()))})

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
