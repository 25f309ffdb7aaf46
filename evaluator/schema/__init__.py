"""Schemas of tables: column descriptions, inference from a table, conforming, and flags for the organiser."""

from evaluator.schema.columns import Column, ColumnKind, Label, Task, Value
from evaluator.schema.flags import schema_flags
from evaluator.schema.infer import freeze_schema, infer_schema
from evaluator.schema.schema import Schema

__all__ = [
    "Column",
    "ColumnKind",
    "Label",
    "Schema",
    "Task",
    "Value",
    "freeze_schema",
    "infer_schema",
    "schema_flags",
]
