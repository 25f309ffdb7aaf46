"""Who learns what: rows drawn into splits by unit (SCIENCE.md 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Layout:
    """Where each split's rows lie in the one order of all rows: public (train, explore) first, then secret.

    `ranges[name] = (start, stop)` over all rows; names: train, explore, practice, certification-1.., final.
    Arrays "over all rows" (masks, predictions) have `rows` entries in this order; the public table holds the
    first `public` of them, the secret table the rest.
    """

    ranges: Mapping[str, tuple[int, int]]
    public: int
    rows: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Layout:
        return cls(
            {k: (int(a), int(b)) for k, (a, b) in data["ranges"].items()}, data["public"], data["rows"]
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "ranges": {k: list(v) for k, v in self.ranges.items()},
            "public": self.public,
            "rows": self.rows,
        }

    def rows_of(self, split: str) -> slice:
        """The split's rows in arrays over all rows."""
        return slice(*self.ranges[split])
