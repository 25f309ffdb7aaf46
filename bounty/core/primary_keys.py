"""Primary keys read from addresses and forms."""

from __future__ import annotations


def read_primary_key(text: str) -> int:
    """The primary key that a text names; 0, which no row has, where it is none.

    More than 18 digits are none: the database would refuse the number itself.
    """
    return int(text) if text.isdecimal() and len(text) < 19 else 0
