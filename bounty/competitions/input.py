"""Parsers of what an organiser types or uploads for a new competition, shared by the pages, the API and the
command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bounty.core.errors import Refusal

SPLITS = ("train", "explore", "practice", "certification", "final")


def read_splits(text: str) -> dict[str, float] | dict[str, int]:
    """Split sizes from `train=0.35, explore=0.1, ...` as fractions, or `train=1700, ...` as numbers of units; every
    split once.

    Raises Refusal.
    """
    found: dict[str, float] = {}
    for item in filter(None, (part.strip() for part in text.replace("\n", ",").split(","))):
        name, _, number = (piece.strip() for piece in item.partition("="))
        if name not in SPLITS:
            raise Refusal(f"“{name}” is no split; there are {', '.join(SPLITS)}.", "splits")
        if name in found:
            raise Refusal(f"“{name}” is given twice.", "splits")
        try:
            found[name] = float(number)
        except ValueError:
            raise Refusal(f"“{item}” is not of the form {name}=0.2 or {name}=1000.", "splits") from None
    if missing := [name for name in SPLITS if name not in found]:
        raise Refusal(f"Say how much goes to {', '.join(missing)} too.", "splits")
    if any(not value > 0 for value in found.values()):
        raise Refusal("Every split needs more than nothing.", "splits")
    return _as_fractions_or_counts(found)


def _as_fractions_or_counts(found: dict[str, float]) -> dict[str, float] | dict[str, int]:
    if all(value < 1 for value in found.values()):
        if sum(found.values()) > 1 + 1e-9:
            raise Refusal(f"The fractions add up to {sum(found.values()):g}, more than 1.", "splits")
        return found
    if all(value >= 1 and value == int(value) for value in found.values()):
        return {name: int(value) for name, value in found.items()}
    raise Refusal("Give all splits as fractions below 1, or all as whole numbers of units.", "splits")


def read_declared(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Declared groups as (name, expression) from lines `name = expression`; the first `=` ends the name. Empty
    lines are skipped.

    Raises Refusal.
    """
    declared: list[tuple[str, str]] = []
    for line in filter(None, (line.strip() for line in lines)):
        name, equals, expression = (piece.strip() for piece in line.partition("="))
        if not equals or not name or not expression:
            raise Refusal(f"“{line}” is not of the form name = expression.", "declared")
        if any(name == other for other, _ in declared):
            raise Refusal(f"Two declared groups are called “{name}”.", "declared")
        declared.append((name, expression))
    return declared


def read_costs(text: str) -> tuple[tuple[float, ...], ...]:
    """Cost matrix from a JSON list of rows, or one row a line; entry [i][j] costs answering j where i is true.
    Raises Refusal.
    """
    try:
        rows = json.loads(text) if text.lstrip().startswith("[") else _lines_of_numbers(text)
        return tuple(tuple(float(cell) for cell in row) for row in rows)
    except (ValueError, TypeError):
        raise Refusal("The cost matrix must be rows of numbers, one row a class.", "costs") from None


def _lines_of_numbers(text: str) -> list[list[str]]:
    return [line.replace(",", " ").split() for line in text.splitlines() if line.strip()]


def read_meanings(text: str | bytes) -> dict[str, dict[str, Any]]:
    """Column meanings from JSON: {column: {"meaning": ..., "kind": ..., "codes": {...}, ...}}, any part of it left
    out. Raises Refusal.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Refusal(f"The meanings are not valid JSON: {error}.", "meanings") from None
    if not isinstance(data, dict) or not all(isinstance(value, dict) for value in data.values()):
        raise Refusal(
            'The meanings must look like {"AGE": {"meaning": "age", "measure": "years"}}.', "meanings"
        )
    return data


def read_names(text: str) -> tuple[str, ...]:
    """Column names from a text, one a line or separated by commas."""
    return tuple(filter(None, (name.strip() for name in text.replace("\n", ",").split(","))))


# Entries that are fields of NewCompetition as they are; empty ones of the second row mean "as the table tells".
_AS_TYPED = (
    "title",
    "slug",
    "summary",
    "description",
    "rules",
    "terms",
    "label",
    "blocks",
    "more_blocks",
    "oversample",
)
_OR_NONE = ("unit", "task", "loss")


def read_competition_fields(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of NewCompetition from the entries of a form or command.

    Texts and numbers come as they are; `exclude` as lines or commas or a list of such, `declared` as lines, `costs`
    as text, `splits` as text, `meanings` as JSON text. What is not there keeps its default. Raises Refusal.
    """
    fields: dict[str, Any] = {name: entries[name] for name in _AS_TYPED if name in entries}
    fields |= {name: entries[name] or None for name in _OR_NONE if name in entries}
    fields |= {name: entries[name] for name in ("seed", "unit_rows") if entries.get(name) is not None}
    if fields.get("loss") == "cost":
        fields["costs"] = read_costs(entries.get("costs") or "")
    if excluded := entries.get("exclude"):
        given = [excluded] if isinstance(excluded, str) else excluded
        fields["exclude"] = tuple(name for text in given for name in read_names(text))
    if declared := entries.get("declared"):
        fields["declared"] = read_declared(declared.splitlines() if isinstance(declared, str) else declared)
    if meanings := entries.get("meanings"):
        fields["meanings"] = read_meanings(meanings)
    if splits := entries.get("splits"):
        fields["sizes"] = read_splits(splits)
    return fields
