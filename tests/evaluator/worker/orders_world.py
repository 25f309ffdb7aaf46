"""A small competition as an evaluating worker meets it: tables in a store, and orders for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluator import artifacts
from evaluator.artifacts import FolderStore
from evaluator.losses import Loss, make_loss
from evaluator.schema import Schema, infer_schema
from evaluator.splits import Layout
from evaluator.worker.messages import Order

ROWS, PUBLIC, TRAIN = 1000, 600, 400
LAYOUT = Layout(
    {"train": (0, TRAIN), "explore": (TRAIN, PUBLIC), "practice": (PUBLIC, 800)}
    | {"certification-1": (800, 900), "final": (900, ROWS)},
    PUBLIC,
    ROWS,
)
# Nobody of the public rows is that old: code can tell the secret rows by it.
SECRET_AGE = 120.0


def people(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Age with gaps, sex, a note, an income of two decimals, and whether somebody saw a doctor."""
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 90, rows).astype(float)
    sex = rng.choice(["female", "male"], rows)
    ill = (age > 60) ^ (rng.random(rows) < 0.1)
    age[::50] = np.nan
    note = np.where(rng.random(rows) < 0.3, "has a cough", "feels well today")
    note = np.array([f"{text} {number}" for number, text in enumerate(note)])
    frame = {
        "AGE": age,
        "SEX": sex,
        "INCOME": rng.normal(100, 20, rows).round(2),
        "NOTE": note,
        "DOCTOR": ill,
    }
    return pd.DataFrame(frame)


@dataclass(frozen=True)
class OrderWorld:
    """The store, the whole table in layout order, and what every order says alike."""

    store: FolderStore
    table: pd.DataFrame
    schema: Schema
    loss: Loss

    @property
    def X(self) -> pd.DataFrame:
        return self.schema.conform(self.table)

    def file(self, content: bytes | str, kind: str = "python", suffix: str = ".py") -> dict[str, Any]:
        """A stored upload, as an order names it."""
        data = content.encode() if isinstance(content, str) else content
        path = artifacts.upload("s1", f"part-{artifacts.digest(data)[:8]}", suffix)
        return {"kind": kind, **self.store.write_bytes(path, data).to_json()}

    def message(self, group: Any, patch: Any = None, **changes: Any) -> dict[str, Any]:
        """An order as the site sends it."""
        label = self.schema.label.name
        public, secret = self.table.iloc[:PUBLIC], self.table.iloc[PUBLIC:].drop(columns=[label])
        head_loss = np.linspace(0, 1, PUBLIC)
        return {
            "submission": "s1",
            "attempt": 1,
            "schema": self.schema.to_json(),
            "loss": self.loss.to_json(),
            "layout": LAYOUT.to_json(),
            "public": self.store.write_table(artifacts.public_table("k"), public).to_json(),
            "secret": self.store.write_table(artifacts.secret_table("k"), secret).to_json(),
            "head_loss": self.store.write_array(artifacts.head_loss("k"), head_loss).to_json(),
            "group": group,
            "patch": patch,
            "limits": {},
            "purpose": "submission",
        } | changes

    def order(self, group: Any, patch: Any = None, **changes: Any) -> Order:
        return Order.from_json(self.message(group, patch, **changes))


def make_world(root: Any, table: pd.DataFrame | None = None, loss: str | None = None) -> OrderWorld:
    table = people() if table is None else table
    if len(table) == ROWS and "AGE" in table:
        table.loc[ROWS - 1, "AGE"] = SECRET_AGE
    schema = infer_schema(table, str(table.columns[-1]))
    chosen = make_loss(loss, schema.label) if loss else Loss.default(schema.label)
    return OrderWorld(FolderStore(root), table, schema, chosen)


def expression(text: str) -> dict[str, Any]:
    return {"kind": "expression", "expression": text}
