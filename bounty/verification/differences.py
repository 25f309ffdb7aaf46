"""The Difference that verification raises, and comparisons that raise it."""

from __future__ import annotations

import math
from typing import Any

from evaluator.errors import BountyError


class Difference(BountyError):
    """A value that is not as it was decided: its field, and the entry and submission where known."""

    def __init__(self, field: str, problem: str, *, entry: int | None = None, submission: str = "") -> None:
        self.field, self.entry, self.submission = field, entry, submission
        where = [f"entry {entry}"] if entry is not None else []
        where += [f"submission {submission}"] if submission else []
        super().__init__(f"{', '.join([*where, field])}: {problem}")


def require_equal(field: str, found: Any, expected: Any, *, entry: int, submission: str | None = "") -> None:
    """Raises Difference unless the two are equal."""
    if found != expected:
        raise Difference(
            field, f"{_short(found)}, not {_short(expected)}", entry=entry, submission=submission or ""
        )


def require_close(
    field: str, found: Any, expected: Any, *, entry: int | None = None, submission: str | None = ""
) -> None:
    """Raises Difference unless they are equal but for the order of a sum: a database's, or another processor's."""
    if found == expected:
        return
    close = isinstance(found, float) and isinstance(expected, float)
    if not close or not math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9):
        raise Difference(field, f"{found}, not {expected}", entry=entry, submission=submission or "")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
