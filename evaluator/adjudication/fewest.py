"""The fewest of something that is enough: a search by doubling and halving, for what once enough stays enough."""

from __future__ import annotations

from collections.abc import Callable


def fewest(enough: Callable[[int], bool], most: float) -> int | None:
    """The smallest whole number that is enough; None where a power of two above `most` would be needed."""
    high = 1
    while not enough(high):
        high *= 2
        if high > most:
            return None
    low = high // 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low
