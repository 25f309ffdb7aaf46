"""The wire format between supervisor and child: fixed descriptors, a fixed header, an enumerated class."""

from __future__ import annotations

import struct

# Descriptors of a child; every other one is closed.
FEATURES, PART, RESULT, INPUTS, EXPLANATION = 3, 4, 5, 6, 7
LAST_DESCRIPTOR = EXPLANATION

MAGIC = b"BBR1"
HEADER = struct.Struct("<4sIQQ")  # magic, class, rows, columns
CLASSES = (
    "ok",
    "load_error",
    "no_function",
    "crashed",
    "memory",
    "bad_output",
    "untrusted_types",
    "too_large",
)
# What a value of each kind of answer takes (an expression is bytes of UTF-8: rows counts them).
DTYPES = {"mask": "u1", "codes": "<i2", "probabilities": "<f8", "values": "<f8", "expression": "u1"}
LONGEST_EXPRESSION = 8_192  # bytes
EXPLANATION_BYTES = 8_192
EXPLANATION_LENGTH = struct.Struct("<I")
SPEC_KEY = b"evaluator.table"  # the table's columns, as JSON in the Arrow schema's metadata


def columns_of(kind: str, classes: int) -> int:
    """Columns of an answer: one a class for probabilities, else one."""
    return classes if kind == "probabilities" else 1


def result_size(kind: str, rows: int, classes: int) -> int:
    """Bytes of a result, header included."""
    if kind == "expression":
        return HEADER.size + LONGEST_EXPRESSION
    item = {"u1": 1, "<i2": 2, "<f8": 8}[DTYPES[kind]]
    return HEADER.size + item * rows * columns_of(kind, classes)
