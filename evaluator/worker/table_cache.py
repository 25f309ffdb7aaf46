"""The worker's table cache: a competition's tables, read once by digest, sealed once for the sandbox."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from evaluator.artifacts import FolderStore, Stored, digest
from evaluator.errors import PlatformFault, TableError
from evaluator.sandbox import Sandbox, SealedTable
from evaluator.worker.messages import Order

# Bytes of frames that one worker keeps: a few competitions of a million rows, or hundreds of small ones.
FRAMES_KEPT = 1 << 30


class TableCache:
    """A cache of frames and sealed tables by digest and schema, least recently used first out."""

    def __init__(self, store: FolderStore, sandbox: Sandbox) -> None:
        self.store = store
        self.sandbox = sandbox
        self._frames: OrderedDict[str, tuple[pd.DataFrame, NDArray[Any] | None]] = OrderedDict()
        self._sizes: dict[str, int] = {}

    def public(self, order: Order) -> tuple[pd.DataFrame, NDArray[Any]]:
        """X of the public rows, and their labels as codes int16[n] or numbers float64[n]."""
        X, y = self._frame(order, order.public, order.layout.public, with_label=True)
        assert y is not None  # noqa: S101 - with_label
        return X, y

    def secret(self, order: Order) -> pd.DataFrame:
        """X of the secret rows. Their labels are nowhere near. Raises PlatformFault for a dry run."""
        return self._frame(order, _secret(order), order.layout.rows - order.layout.public, with_label=False)[
            0
        ]

    def split(self, order: Order, split: str) -> pd.DataFrame:
        """X of one split of the secret rows, indexed from 0."""
        start, stop = order.layout.ranges[split]
        public = order.layout.public
        return self.secret(order).iloc[start - public : stop - public].reset_index(drop=True)

    def sealed_split(self, order: Order, split: str) -> SealedTable:
        """The sealed table of one split of the secret rows, with its second look ready; never explained."""
        start, stop = order.layout.ranges[split]
        sealed = self.sandbox.cached_table(
            f"secret-{start}-{stop}-{_key(order, _secret(order))}",
            lambda: self.sandbox.seal(self.split(order, split), order.schema, public=False),
            together=1 + len(order.layout.ranges),
        )
        sealed.shuffled()
        return sealed

    def sealed_public(self, order: Order) -> SealedTable:
        """The sealed table of the public rows, which may be explained."""
        return self.sandbox.cached_table(
            f"public-{_key(order, order.public)}",
            lambda: self.sandbox.seal(self.public(order)[0], order.schema, public=True),
        )

    def sealed_secret(self, order: Order) -> SealedTable:
        """The sealed table of the secret rows: not public, whatever its bytes are, so the sandbox refuses to
        explain anything about it.
        """
        return self.sandbox.cached_table(
            f"secret-{_key(order, _secret(order))}",
            lambda: self.sandbox.seal(self.secret(order), order.schema, public=False),
        )

    def _frame(
        self, order: Order, stored: Stored, rows: int, *, with_label: bool
    ) -> tuple[pd.DataFrame, NDArray[Any] | None]:
        key = _key(order, stored)
        if key not in self._frames:
            table = self.store.read_table(stored.path, stored.sha256)
            if len(table) != rows:
                raise PlatformFault(f"{stored.path} has {len(table)} rows; the layout says {rows}")
            try:
                y = order.schema.encode_label(table[order.schema.label.name]) if with_label else None
                self._frames[key] = order.schema.conform(table), y
            except (TableError, KeyError) as error:
                # Its message may hold a cell of a secret row.
                raise PlatformFault(f"{stored.path} does not fit the competition's schema") from error
            self._sizes[key] = _bytes(*self._frames[key])
            # One order needs two tables at once, whatever they take.
            while sum(self._sizes.values()) > FRAMES_KEPT and len(self._frames) > 2:
                oldest, _ = self._frames.popitem(last=False)
                del self._sizes[oldest]
        self._frames.move_to_end(key)
        return self._frames[key]


def _secret(order: Order) -> Stored:
    """Raises PlatformFault for a dry run, whose order names no secret table."""
    if order.secret is None:
        raise PlatformFault("a dry run may not look at secret rows")
    return order.secret


def _bytes(X: pd.DataFrame, y: NDArray[Any] | None) -> int:
    return int(X.memory_usage(deep=True).sum()) + (0 if y is None else y.nbytes)


def _key(order: Order, stored: Stored) -> str:
    """The same file means another X under another schema (an excluded column, other categories)."""
    schema = json.dumps(order.schema.to_json(), sort_keys=True, default=str)
    return f"{stored.sha256}-{digest(schema.encode())}"
