"""What one look at a group answers: its size, losses of the head and of the base, where inside it is worst."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from bounty.core.measures import LossScale, scale_of
from bounty.exploration import drawings
from bounty.exploration.data import Ground, ground_of
from bounty.exploration.distributions import Confusion, Histogram, base_score, spread
from bounty.exploration.heatmap import HeatMap, heat_map
from bounty.exploration.preview import Interval, Preview, difference, interval_of, spoken
from evaluator.expressions import parse_expression

if TYPE_CHECKING:
    from bounty.charts import Chart
    from bounty.models import Competition


Sides = tuple[Interval | None, Interval | None, Interval | None]


@dataclass(frozen=True)
class Losses:
    """One model's mean loss in the group, elsewhere, and the difference: text and interval of each."""

    name: str
    inside: dict[str, str] | None
    outside: dict[str, str] | None
    gap: dict[str, str] | None


@dataclass(frozen=True)
class Look:
    """`shown` is what the submit page's preview says too; pictures are None where the group is too small."""

    shown: Preview
    share: str
    scale: LossScale
    models: tuple[Losses, ...]
    everyone: bool
    dots: Chart | None
    heat: HeatMap | None
    spread: Histogram | Confusion | None
    spread_chart: Chart | None
    score: Histogram | None = None
    score_chart: Chart | None = None

    @property
    def is_histogram(self) -> bool:
        return isinstance(self.spread, Histogram)


@dataclass(frozen=True)
class Measures:
    """A group in numbers: each model (its version, the present one first) with its loss inside, outside, the gap."""

    words: str
    text: str
    rows: int
    of_rows: int
    models: tuple[tuple[int, Sides], ...]


def measured(competition: Competition, text: str) -> Measures:
    """What `look` draws, as numbers. Raises as it does."""
    ground = ground_of(competition, competition.head())
    mask, words, canonical = _group(ground, text)
    independent = (ground.independent(mask), ground.independent(~mask))
    models = [(ground.version, _sides(ground.head_loss, mask, independent))]
    if ground.version:
        models.append((0, _sides(ground.base_loss, mask, independent)))
    return Measures(words, canonical, int(mask.sum()), len(mask), tuple(models))


def look(competition: Competition, text: str, down: str = "", across: str = "") -> Look:
    """Look at one group on the explore rows; "" is everyone.

    Raises evaluator.errors.ParticipantError (bad_expression) with what is wrong in the text and where.
    """
    ground = ground_of(competition, competition.head())
    mask, words, canonical = _group(ground, text)
    return _look(competition, ground, mask, (words, canonical), down, across)


def _group(ground: Ground, text: str) -> tuple[NDArray[np.bool_], str, str]:
    """Its rows, its words, and the text as the site writes it."""
    if not text:
        return np.ones(len(ground.y), dtype=bool), _("Everyone"), ""
    expression = parse_expression(text, ground.schema)
    return expression.mask(ground.X), expression.words(), expression.text


def _look(
    competition: Competition,
    ground: Ground,
    mask: NDArray[np.bool_],
    said: tuple[str, str],
    down: str,
    across: str,
) -> Look:
    scale, smallest = scale_of(competition.loss), competition.smallest_group
    independent = (ground.independent(mask), ground.independent(~mask))
    head = _sides(ground.head_loss, mask, independent)
    base = _sides(ground.base_loss, mask, independent)
    rows = int(mask.sum())
    shown = Preview(*said, rows, len(mask), smallest, *head)
    wide = rows > 0 and rows >= smallest
    drawn = spread(ground, mask, smallest, scale) if wide else None
    score = base_score(ground, mask) if wide else None
    return Look(
        shown=shown,
        share=f"{shown.share:.1%}",
        scale=scale,
        models=tuple(_spoken(name, sides, scale) for name, sides in _named(ground, head, base)),
        everyone=not said[1],
        dots=_dots(ground, head, base, scale) if wide and head[2] is not None else None,
        heat=heat_map(ground, mask, smallest, scale, down, across) if wide else None,
        spread=drawn,
        spread_chart=drawings.spread_chart(drawn) if drawn is not None else None,
        score=score,
        score_chart=drawings.spread_chart(score) if score is not None else None,
    )


def _sides(loss: NDArray[np.float64], mask: NDArray[np.bool_], independent: tuple[int, int]) -> Sides:
    inside, outside = (
        interval_of(float(loss[side].mean()), count) if count else None
        for side, count in zip((mask, ~mask), independent, strict=True)
    )
    return inside, outside, difference(inside, outside)


def _named(ground: Ground, head: Sides, base: Sides) -> list[tuple[str, Sides]]:
    if ground.version == 0:
        return [(_("The model"), head)]
    return [(_("The model now"), head), (_("The base model"), base)]


def _spoken(name: str, sides: Sides, scale: LossScale) -> Losses:
    inside, outside, gap = sides
    return Losses(
        name,
        spoken(inside, scale, signed=False),
        spoken(outside, scale, signed=False),
        spoken(gap, scale, signed=True),
    )


def _dots(ground: Ground, head: Sides, base: Sides, scale: LossScale) -> Chart:
    lines = []
    for name, sides in _named(ground, head, base):
        for where, interval in ((_("here"), sides[0]), (_("elsewhere"), sides[1])):
            if interval is not None:
                said = _("%(model)s, %(where)s") % {"model": name, "where": where}
                lines.append(drawings.Dot(said, interval, scale.format(interval.mean), interval is sides[0]))
    label = _("Mean %(loss)s on explore rows with 95%% intervals") % {"loss": scale.word}
    return drawings.dots(lines, label)
