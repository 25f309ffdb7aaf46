"""A table with numbers, categories, codes and texts, and its schema."""

from __future__ import annotations

import pandas as pd

from evaluator.schema import Column, Label, Schema

SCHEMA = Schema(
    (
        Column("AGEP", "number", "age", measure="years", not_applicable=(-1,)),
        Column("SEX", "category", "sex", values=(1, 2), codes={"1": "male", "2": "female"}),
        Column("OCCP", "category", "occupation", values=("sales", "service", "army")),
        Column("WORKS", "category", "works", values=(False, True)),
        Column("native-country", "category", values=("Cuba", "Chile")),
        Column("NOTE", "text", "the note"),
        Column("Größe", "number"),
    ),
    Label("y", "binary", (0, 1)),
    "pid",
)
NAN = float("nan")
X = SCHEMA.conform(
    pd.DataFrame(
        {
            "AGEP": [10, 50, NAN, -1, 70],
            "SEX": [1, 2, 2, NAN, 1],
            "OCCP": ["sales", None, "army", "service", "sales"],
            "WORKS": [True, False, None, True, False],
            "native-country": ["Cuba", "Chile", "Cuba", None, "Chile"],
            "NOTE": ["A Refund, please", "thanks", None, "REFUND (again)", ""],
            "Größe": [1, 2, 3, 4, 0],
        }
    )
)
