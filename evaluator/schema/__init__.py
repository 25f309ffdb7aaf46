"""What a competition's table means, how it is inferred, and how a table is brought into its form."""

from evaluator.schema.columns import Column, ColumnKind, Label, Schema, Task, Value
from evaluator.schema.flags import schema_flags
from evaluator.schema.infer import freeze, infer_schema

__all__ = [
    "Column",
    "ColumnKind",
    "Label",
    "Schema",
    "Task",
    "Value",
    "freeze",
    "infer_schema",
    "schema_flags",
]
