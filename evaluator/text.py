"""English fragments shared by messages: suggestions, joined lists, shortened values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import numpy as np


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The suggestion `; did you mean `AGEP`?`, or "" where no known word comes close."""
    by_lower = {item.lower(): item for item in known}
    lower = word.lower()
    match = get_close_matches(lower, by_lower, n=1, cutoff=0.6)
    if not match:  # AGE and AGE_IN_YEARS are close to a person, not to an edit distance
        match = [item for item in by_lower if len(lower) > 2 and (item.startswith(lower) or lower in item)]
    return f"; did you mean `{by_lower[match[0]]}`?" if match else ""


def join_words(items: Sequence[str], last: str = "and", limit: int | None = None) -> str:
    """The items as `a, b and c`; beyond `limit` the rest is counted."""
    if limit is not None and len(items) > limit:
        return f"{', '.join(items[:limit])} {last} {len(items) - limit} more"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def shorten_value(value: object, limit: int = 40) -> str:
    """A value for a message: quoted where it is text, cut to `limit` characters."""
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
