"""Overview of the splits and of the certification budget, as rows of the rules page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core.measures import LossScale, scale_of
from bounty.ledger.smallest_gain import SmallestGains
from bounty.models import CertificationBlock, Competition
from bounty.models.stored_holdout import GroupBounds

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
    "certification": (
        SECRET,
        SECRET,
        gettext_lazy("One answer a query: accepted, not shown yet, or harm seen."),
    ),
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
    scale, gains = scale_of(competition.loss), SmallestGains(competition)
    found = []
    for block in blocks:
        gain = gains.of_next_query(block)
        found.append(BlockRow(block, _gain_text(gain, scale), _in_group(gain, scale)))
    return found


def certifiable_gains(
    competition: Competition, blocks: Sequence[CertificationBlock]
) -> list[CertifiableGain]:
    """Returns the first block's smallest passing gain as its ledger fills; [] where there is no block."""
    if not blocks:
        return []
    scale, gains = scale_of(competition.loss), SmallestGains(competition)
    found = []
    for queries, accepted in _STATES:
        gain = gains.of_first_block(queries, accepted)
        found.append(CertifiableGain(queries, accepted, _gain_text(gain, scale), _in_group(gain, scale)))
    return found


@dataclass(frozen=True)
class GainStanding:
    """What the next accepted patch must gain, as one sentence; `is_nothing` where none could be accepted."""

    sentence: str
    is_nothing: bool


def gain_standing(competition: Competition) -> GainStanding | None:
    """Returns what can still be won of the open block, compared with all that the base model loses.

    None where the plain rule accepts, before there is a base model, and after the close.
    """
    if competition.acceptance != Competition.Acceptance.LEDGER or not competition.layout_json:
        return None
    base = _base_loss(competition)
    if base is None or competition.is_closed:
        return None
    scale, block = scale_of(competition.loss), competition.open_block()
    whole = scale.format_difference(base)
    if block is None:
        return GainStanding(
            _("No certification block is open any more: no patch can be accepted, findings still count."),
            True,
        )
    gain = SmallestGains(competition).of_next_query(block)
    if gain is None or gain > base:
        return GainStanding(
            _(
                "Nothing can be accepted: the next patch must gain at least %(gain)s over everybody, and all that the "
                "base model loses is %(whole)s."
            )
            % {"gain": _gain_text(gain, scale), "whole": whole}
            if gain is not None
            else _("Nothing can be accepted: the certification rows are too few to show anything."),
            True,
        )
    said = {
        "gain": _gain_text(gain, scale),
        "in_group": _in_group(gain, scale),
        "share": f"{gain / base:.0%}",
        "whole": whole,
    }
    if gain / EXAMPLE_SHARE > 1:
        return GainStanding(
            _(
                "The next patch must gain at least %(gain)s over everybody, more than a tenth of the rows could: "
                "%(share)s of all that the base model loses (%(whole)s)."
            )
            % said,
            False,
        )
    return GainStanding(
        _(
            "The next patch must gain at least %(gain)s over everybody, %(in_group)s inside a tenth of the rows: "
            "%(share)s of all that the base model loses (%(whole)s)."
        )
        % said,
        False,
    )


def _base_loss(competition: Competition) -> float | None:
    """The base model's mean loss on practice rows."""
    if competition.plan.base_loss is not None:
        return competition.plan.base_loss
    versions = competition.versions.current().filter(number=0)
    return versions.values_list("practice_loss", flat=True).first()


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
