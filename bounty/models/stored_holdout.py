"""What rows store of the holdout: a competition's plan, and the bounds that are published of a retired block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from evaluator.adjudication.planner import Plan, PlanLine


@dataclass(frozen=True)
class AskedSplits:
    """What was asked for of the splits, so that another competition can ask for the same."""

    sizes: Mapping[str, float]  # by split: fractions, or numbers of units
    blocks: int
    oversample: bool
    more_blocks: bool = False  # their number is left open
    unit_rows: int | None = None  # M; None for the rows of the table's largest unit

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AskedSplits:
        return cls(
            data["sizes"],
            data["blocks"],
            data.get("oversample", True),
            data.get("more_blocks", False),
            data.get("unit_rows"),
        )

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "sizes": dict(self.sizes),
            "blocks": self.blocks,
            "oversample": self.oversample,
        }
        if self.more_blocks:
            said["more_blocks"] = True
        return said if self.unit_rows is None else said | {"unit_rows": self.unit_rows}


@dataclass(frozen=True)
class StoredPlan:
    """A competition's holdout plan, and what was noticed and drawn when its table was prepared."""

    flags: tuple[str, ...] = ()  # what the organiser should look at before opening, one sentence each
    drawn: tuple[str, ...] = ()  # how rows were drawn, where that changes what overall figures mean
    asked: AskedSplits | None = None  # None in a competition from before this was stored
    lines: tuple[PlanLine, ...] = ()
    sentences: tuple[str, ...] = ()
    nothing: str = ""  # the first of the sentences, where nothing can be accepted
    capacity: int | None = (
        None  # queries that can show the target gain; None in a plan from before this was stored
    )
    base_loss: float | None = None  # the base model's mean loss on practice rows, once it was run
    loss_size: float | None = (
        None  # by how much the loss of a changed row moves, by the base model's explore rows
    )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoredPlan:
        """The plan as the row holds it; before there is a table the row is empty, and so is the plan."""
        return cls(
            flags=tuple(data.get("flags", ())),
            drawn=tuple(data.get("drawn", ())),
            asked=AskedSplits.from_json(data["asked"]) if data.get("asked") else None,
            lines=tuple(PlanLine(**line) for line in data.get("lines", ())),
            sentences=tuple(data.get("sentences", ())),
            nothing=data.get("nothing", ""),
            capacity=data.get("capacity"),
            base_loss=data.get("base_loss"),
            loss_size=data.get("loss_size"),
        )

    def planned_anew(self, planned: Plan) -> StoredPlan:
        """The same with another plan."""
        return replace(
            self,
            lines=planned.lines,
            sentences=planned.sentences,
            nothing=planned.nothing,
            capacity=planned.capacity,
        )

    def to_json(self) -> dict[str, Any]:
        asked = {"asked": self.asked.to_json()} if self.asked else {}
        planned = Plan(self.lines, self.sentences, self.nothing, self.capacity).to_json()
        base = {
            name: value for name in ("base_loss", "loss_size") if (value := getattr(self, name)) is not None
        }
        return {"flags": list(self.flags), "drawn": list(self.drawn), **asked, **planned, **base}


@dataclass(frozen=True)
class GroupBounds:
    """One group on a block's rows. Losses and gains are in [0, 1]."""

    name: str
    rows: int
    loss: float
    low: float
    high: float
    # The loss is shown to have fallen by at least so much since the base model; may be negative.
    gained: float

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GroupBounds:
        return cls(*(data[name] for name in ("name", "rows", "loss", "low", "high", "gained")))


@dataclass(frozen=True)
class PublishedBounds:
    """Certified bounds on a retired block: of which version, at which level, and a line a group."""

    generation: int
    version: int
    checks: int  # bounds that share the level
    log_inverse_delta: float
    lines: tuple[GroupBounds, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PublishedBounds:
        return cls(
            data["generation"],
            data["version"],
            data["checks"],
            data["log_inverse_delta"],
            tuple(map(GroupBounds.from_json, data["lines"])),
        )

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "lines": [dict(vars(line)) for line in self.lines]}
