"""Overview of the splits and of the certification budget, as rows of the rules page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core.measures import LossScale, scale_of
from bounty.ledger.blocks import count_checks
from bounty.models import CertificationBlock, Competition
from bounty.models.stored_holdout import GroupBounds
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, smallest_passing_gain

PUBLIC, SECRET = gettext_lazy("public"), gettext_lazy("secret")
# What a split's rows show to whom: name -> (features, labels, what is published).
_SPLITS = {
    "train": (PUBLIC, PUBLIC, gettext_lazy("Everything. The base model and fitted patches learn here.")),
    "explore": (
        PUBLIC,
        PUBLIC,
        gettext_lazy("Everything. No model of ours learned here: look here for what fails."),
    ),
    "practice": (
        SECRET,
        SECRET,
        gettext_lazy("Losses, group tables, provisional points. It may be over-fitted."),
    ),
    "certification": (SECRET, SECRET, gettext_lazy("One bit a query: accepted, or not shown yet.")),
    "final": (SECRET, SECRET, gettext_lazy("Opened once, when the competition closes. It fixes the points.")),
}
# Queries asked and accepted so far: states of a ledger that a competition goes through.
_STATES = ((0, 0), (4, 4), (19, 15), (59, 40), (199, 120))
# The share of all rows of the example group that makes a gain tangible.
EXAMPLE_SHARE = 0.1


@dataclass(frozen=True)
class SplitRow:
    """One split of the table: its rows, and which of its features, labels and results are public."""

    name: str
    rows: int
    features: str
    labels: str
    published: str


@dataclass(frozen=True)
class BlockRow:
    """One certification block now; `gain` is the smallest that its next query would pass."""

    block: CertificationBlock
    gain: str
    in_group: str


@dataclass(frozen=True)
class CertifiableGain:
    """The smallest gain that the first block can certify after a number of queries and acceptances."""

    queries: int
    accepted: int
    gain: str
    in_group: str


def list_splits(competition: Competition) -> list[SplitRow]:
    """Returns the splits with their rows, in the layout's order; [] before there is a table."""
    if not competition.layout_json:
        return []
    return [
        SplitRow(name.replace("-", " "), stop - start, *map(str, _SPLITS[name.split("-")[0]]))
        for name, (start, stop) in competition.layout.ranges.items()
    ]


def list_blocks(competition: Competition, blocks: Sequence[CertificationBlock]) -> list[BlockRow]:
    """Returns each block and what its next query would have to show; [] where there is no block."""
    if not blocks:
        return []
    scale, checks = scale_of(competition.loss), count_checks(competition)
    found = []
    for block in blocks:
        state = LedgerState(
            block.queries, block.accepted, block.extra_bits, competition.delta, block_number=block.number
        )
        gain = _smallest_gain(block.rows, state, competition.loss.is_zero_one, checks)
        found.append(BlockRow(block, _gain_text(gain, scale), _in_group(gain, scale)))
    return found


def certifiable_gains(
    competition: Competition, blocks: Sequence[CertificationBlock]
) -> list[CertifiableGain]:
    """Returns the first block's smallest passing gain as its ledger fills; [] where there is no block."""
    if not blocks:
        return []
    scale, rows, checks = scale_of(competition.loss), blocks[0].rows, count_checks(competition)
    found = []
    for queries, accepted in _STATES:
        state = LedgerState(queries, accepted, 0, competition.delta, block_number=1)
        gain = _smallest_gain(rows, state, competition.loss.is_zero_one, checks)
        found.append(CertifiableGain(queries, accepted, _gain_text(gain, scale), _in_group(gain, scale)))
    return found


@lru_cache(maxsize=1024)
def _smallest_gain(rows: int, state: LedgerState, is_zero_one: bool, checks: int) -> float | None:
    return smallest_passing_gain(rows, state, is_zero_one=is_zero_one, checks=checks)


@dataclass(frozen=True)
class BoundsRow:
    """One group's certified bounds on a retired block, as text."""

    name: str
    rows: int
    loss: str
    interval: str
    gained: str


def list_published_bounds(
    competition: Competition, blocks: Sequence[CertificationBlock]
) -> list[tuple[int, int, list[BoundsRow]]]:
    """Returns each retired block's number, the model's version, and its bounds, a row for each group."""
    found = []
    for block in blocks:
        if bounds := block.bounds:
            scale = scale_of(competition.loss)
            found.append((block.number, bounds.version, [_shown(line, scale) for line in bounds.lines]))
    return found


def _shown(line: GroupBounds, scale: LossScale) -> BoundsRow:
    gained = scale.format_difference(line.gained)
    return BoundsRow(
        line.name,
        line.rows,
        scale.format(line.loss),
        _("%(low)s to %(high)s") % {"low": scale.format(line.low), "high": scale.format(line.high)},
        gained if line.gained > 0 else _("not shown"),
    )


def _gain_text(gain: float | None, scale: LossScale) -> str:
    if gain is None:
        return _("nothing could pass")
    # One digit more than losses get: gains over all rows are small.
    return scale.format_difference(gain, digits=scale.digits + 1)


def _in_group(gain: float | None, scale: LossScale) -> str:
    if gain is None or gain / EXAMPLE_SHARE > 1:
        return _("not possible")
    return scale.format_difference(gain / EXAMPLE_SHARE)
