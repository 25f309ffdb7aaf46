"""Bit sets of rows: boolean masks packed 64 rows a word, an eighth of the memory, whole words at a time for and, or
and not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


def word_count(rows: int) -> int:
    """Words that a mask of so many rows takes: a multiple of eight, as counting needs."""
    return -(-rows // 512) * 8


def pack_mask(mask: Mask) -> Words:
    """uint64[word_count(n)] from bool[n], the first row in the lowest bit; what is beyond n is 0."""
    packed = np.zeros(word_count(len(mask)) * 8, dtype=np.uint8)
    packed[: (len(mask) + 7) // 8] = np.packbits(mask, bitorder="little")
    return packed.view(np.uint64)


def unpack_mask(words: Words, rows: int) -> Mask:
    """bool[rows] from packed words."""
    return np.unpackbits(words.view(np.uint8), count=rows, bitorder="little").view(np.bool_)


def row_numbers(words: Words) -> npt.NDArray[np.intp]:
    """intp[m]: the numbers of the set rows, ascending. Only words that are not empty are unpacked."""
    used = np.flatnonzero(words)
    found = np.flatnonzero(unpack_mask(words[used], 64 * len(used)))
    return used[found >> 6] * 64 + (found & 63)
