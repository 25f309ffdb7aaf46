"""Noised cells of a submission on practice rows: all that is told, or decided before a query, of a stranger's group or
patch is computed from them (docs/science.md, What a verdict tells of a person).

Each cell gets Laplace noise, keyed by the competition's secret, the submission, the head's version and the cell's name:
never by the arrays, as equal answers would then tell who is a practice row. Asked again of the same head, the same
noise comes out, so that nothing is learnt by asking twice.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.sign_test import count_changes

if TYPE_CHECKING:
    from evaluator.adjudication.sampling import Sampling

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# A noised sum is told on this grid: two machines agree on it, and no last bit of a double says what was added to it.
_DIGITS = 6


@dataclass(frozen=True)
class Noise:
    """The noise of one submission's cells. `scale` 0 leaves them exact: only where rows are not people."""

    scale: float = 0.0
    secret: str = ""
    key: str = ""  # the submission's id and the version of the head that it was measured against

    def count(self, cell: str, rows: int, *, signed: bool = False) -> int:
        """A count of rows with discrete Laplace noise, 0 where that is below 0 (but for `signed` ones)."""
        if not self.scale:
            return rows
        first, second = self._uniforms(cell)
        # The difference of two geometric variables: P(noise = j) falls as exp(-|j| / scale).
        up, down = (math.floor(-math.log(each) * self.scale) for each in (first, second))
        return rows + up - down if signed else max(0, rows + up - down)

    def total(self, cell: str, value: float, *, signed: bool = False) -> float:
        """A sum over rows with Laplace noise, 0 where that is below 0 and a sum cannot be (`signed` ones can)."""
        if not self.scale:
            return value
        first, second = self._uniforms(cell)
        noised = round(value + self.scale * (math.log(second) - math.log(first)), _DIGITS)
        return noised if signed else max(0.0, noised)

    def _uniforms(self, cell: str) -> tuple[float, float]:
        """Two numbers in (0, 1), each of 53 bits."""
        digest = hmac.digest(self.secret.encode(), f"{self.key}\n{cell}".encode(), hashlib.sha256)
        first, second = (int.from_bytes(digest[at : at + 8], "big") >> 11 for at in (0, 8))
        return (first + 0.5) / 2**53, (second + 0.5) / 2**53


@dataclass(frozen=True)
class ChangeCells:
    """The noised cells of a change of answers: rows that it holds, sums of their losses before and after, and of the
    units' Z (section 4 of docs/science.md) and their squares. `wins` and `losses` only for the 0-1 loss.
    """

    rows: int
    before: float
    after: float
    z: float
    z2: float
    wins: int | None = None
    losses: int | None = None

    @property
    def gain(self) -> float:
        """The fall of the summed loss."""
        return self.before - self.after

    @property
    def changed(self) -> int | None:
        """Rows put right or made wrong; None for other losses than 0-1."""
        return None if self.wins is None or self.losses is None else self.wins + self.losses


@dataclass(frozen=True)
class FindingCells:
    """The noised cells of a finding. Outside is all there is less inside, for what all rows lose is published.

    `z` and `z2` are sums of the units' mean loss above everybody's, inside, and of its squares: needed where the loss
    is not 0-1, or rows are not their own units.
    """

    rows: int
    loss: float
    rows_outside: int
    loss_outside: float
    z: float
    z2: float


def noise_patch(
    before: Floats, after: Floats, inside: Mask, sampling: Sampling, noise: Noise, *, is_zero_one: bool
) -> ChangeCells:
    """The noised cells of a patch alone in its group, from the losses float64[m] of all practice rows; `after` is read
    inside the group only.
    """
    z = np.where(inside, before - after, 0.0)
    lost_before, lost_after = before[inside], after[inside]
    if is_zero_one:
        return _four_cells(lost_before > 0, lost_after > 0, z, sampling, noise, "patch")
    return ChangeCells(
        noise.count("patch:rows", len(lost_before)),
        noise.total("patch:loss_f", math.fsum(lost_before.tolist())),
        noise.total("patch:loss_h", math.fsum(lost_after.tolist())),
        *_unit_cells(z, sampling, noise, "patch"),
    )


def noise_candidate(
    before: Floats, after: Floats, sampling: Sampling, noise: Noise, *, is_zero_one: bool
) -> ChangeCells:
    """The noised cells of the whole candidate, a patch with its repairs, over all practice rows.

    Its rows and the head's loss are everybody's, which are published for every version and get no noise.
    """
    z = before - after
    rows, lost = len(before), math.fsum(before.tolist())
    if is_zero_one:
        wins = noise.count("candidate:wins", int(np.count_nonzero(z > 0)))
        losses = noise.count("candidate:losses", int(np.count_nonzero(z < 0)))
        units = _unit_cells_of(wins, losses, z, sampling, noise, "candidate")
        return ChangeCells(rows, lost, lost - wins + losses, *units, wins, losses)
    gain = noise.total("candidate:gain", math.fsum(z.tolist()), signed=True)
    return ChangeCells(rows, lost, lost - gain, *_unit_cells(z, sampling, noise, "candidate"))


def noise_net(before: Floats, after: Floats, noise: Noise) -> int:
    """The rows that a candidate puts right less those it gets wrong, from the cells of `noise_candidate`, but not cut
    at 0: where one of them is small, cutting would move their difference.
    """
    wins, losses = count_changes(before, after)
    return noise.count("candidate:wins", wins, signed=True) - noise.count(
        "candidate:losses", losses, signed=True
    )


def noise_finding(
    losses: Floats, inside: Mask, sampling: Sampling, noise: Noise, *, is_zero_one: bool
) -> FindingCells:
    """The noised cells of a finding, from the head's losses float64[m] of all practice rows."""
    total, lost = len(losses), math.fsum(losses.tolist())
    if is_zero_one:
        wrong = noise.count("finding:wrong", int(np.count_nonzero(losses[inside])))
        rows, loss = (
            wrong + noise.count("finding:right", int(np.count_nonzero(losses[inside] == 0))),
            float(wrong),
        )
    else:
        rows = noise.count("finding:rows", int(np.count_nonzero(inside)))
        loss = noise.total("finding:loss", math.fsum(losses[inside].tolist()))
    mean = lost / max(1, total)
    if is_zero_one and sampling.is_plain:
        units = (loss - mean * rows, loss * (1 - mean) ** 2 + (rows - loss) * mean**2)
    else:
        units = _unit_cells(np.where(inside, losses - mean, 0.0), sampling, noise, "finding")
    return FindingCells(rows, loss, max(0, total - rows), max(0.0, lost - loss), *units)


def _four_cells(
    wrong_before: Mask, wrong_after: Mask, z: Floats, sampling: Sampling, noise: Noise, name: str
) -> ChangeCells:
    """The cells f right or wrong by h right or wrong, from which all else is derived."""

    def cell(f_wrong: bool, h_wrong: bool) -> int:
        words = f"{name}:{'wrong' if f_wrong else 'right'}:{'wrong' if h_wrong else 'right'}"
        return noise.count(words, int(np.count_nonzero((wrong_before == f_wrong) & (wrong_after == h_wrong))))

    neither, losses, wins, both = cell(False, False), cell(False, True), cell(True, False), cell(True, True)
    units = _unit_cells_of(wins, losses, z, sampling, noise, name)
    return ChangeCells(
        neither + losses + wins + both, float(wins + both), float(losses + both), *units, wins, losses
    )


def _unit_cells_of(
    wins: int, losses: int, z: Floats, sampling: Sampling, noise: Noise, name: str
) -> tuple[float, float]:
    """The sums of Z and Z squared for a 0-1 loss: where a row is its own unit they are counts already."""
    if sampling.is_plain:
        return float(wins - losses), float(wins + losses)
    return _unit_cells(z, sampling, noise, name)


def _unit_cells(z: Floats, sampling: Sampling, noise: Noise, name: str) -> tuple[float, float]:
    sums = sampling.unit_sums(z)
    return (
        noise.total(f"{name}:z", math.fsum(sums.tolist()), signed=True),
        noise.total(f"{name}:z2", math.fsum((sums**2).tolist())),
    )
