"""Exploration of one group: size, losses of the head and of the base, distributions, and a heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from bounty.core.measures import LossScale, scale_of
from bounty.exploration import drawings
from bounty.exploration.data import ExploreData, load_explore_data
from bounty.exploration.distributions import Confusion, Histogram, answer_distribution, base_score_histogram
from bounty.exploration.heatmap import HeatMap, build_heat_map
from bounty.exploration.preview import (
    Interval,
    Preview,
    interval_in_words,
    mean_interval,
    newcombe_interval,
)
from evaluator.expressions import parse_expression

if TYPE_CHECKING:
    from bounty.charts import Chart
    from bounty.models import Competition


Sides = tuple[Interval | None, Interval | None, Interval | None]


@dataclass(frozen=True)
class ModelLosses:
    """One model's mean loss in the group, elsewhere, and the difference: text and interval of each."""

    name: str
    inside: dict[str, str] | None
    outside: dict[str, str] | None
    gap: dict[str, str] | None


@dataclass(frozen=True)
class GroupLook:
    """One group as the explore page shows it. `shown` is the submit page's preview; pictures are None where the
    group is too small.
    """

    shown: Preview
    share: str
    scale: LossScale
    models: tuple[ModelLosses, ...]
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
class GroupMeasures:
    """One group in numbers: each model (its version, the present one first) with its loss inside, outside, the gap."""

    words: str
    text: str
    rows: int
    of_rows: int
    models: tuple[tuple[int, Sides], ...]


def measure_group(competition: Competition, text: str) -> GroupMeasures:
    """A group's measures on the explore rows: the numbers that `explore_group` draws. Raises as it does."""
    ground = load_explore_data(competition, competition.head())
    mask, words, canonical = _group(ground, text)
    independent = (ground.independent(mask), ground.independent(~mask))
    models = [(ground.version, _sides(ground.head_loss, mask, independent))]
    if ground.version:
        models.append((0, _sides(ground.base_loss, mask, independent)))
    return GroupMeasures(words, canonical, int(mask.sum()), len(mask), tuple(models))


def explore_group(competition: Competition, text: str, down: str = "", across: str = "") -> GroupLook:
    """One group on the explore rows in words, numbers and pictures; "" is everyone.

    Raises evaluator.errors.ParticipantError (bad_expression) with what is wrong in the text and where.
    """
    ground = load_explore_data(competition, competition.head())
    mask, words, canonical = _group(ground, text)
    return _explore(competition, ground, mask, (words, canonical), down, across)


def _group(ground: ExploreData, text: str) -> tuple[NDArray[np.bool_], str, str]:
    """A group's mask, bool[rows], its words, and the text as the site writes it."""
    if not text:
        return np.ones(len(ground.y), dtype=bool), _("Everyone"), ""
    expression = parse_expression(text, ground.schema)
    return expression.mask(ground.X), expression.words(), expression.text


def _explore(
    competition: Competition,
    ground: ExploreData,
    mask: NDArray[np.bool_],
    said: tuple[str, str],
    down: str,
    across: str,
) -> GroupLook:
    scale, smallest = scale_of(competition.loss), competition.smallest_group
    independent = (ground.independent(mask), ground.independent(~mask))
    head = _sides(ground.head_loss, mask, independent)
    base = _sides(ground.base_loss, mask, independent)
    rows = int(mask.sum())
    shown = Preview(*said, rows, len(mask), smallest, *head)
    wide = rows > 0 and rows >= smallest
    drawn = answer_distribution(ground, mask, smallest, scale) if wide else None
    score = base_score_histogram(ground, mask) if wide else None
    return GroupLook(
        shown=shown,
        share=f"{shown.share:.1%}",
        scale=scale,
        models=tuple(_model_losses(name, sides, scale) for name, sides in _by_model(ground, head, base)),
        everyone=not said[1],
        dots=_dots(ground, head, base, scale) if wide and head[2] is not None else None,
        heat=build_heat_map(ground, mask, smallest, scale, down, across) if wide else None,
        spread=drawn,
        spread_chart=drawings.draw_distribution(drawn) if drawn is not None else None,
        score=score,
        score_chart=drawings.draw_distribution(score) if score is not None else None,
    )


def _sides(loss: NDArray[np.float64], mask: NDArray[np.bool_], independent: tuple[int, int]) -> Sides:
    inside, outside = (
        mean_interval(float(loss[side].mean()), count) if count else None
        for side, count in zip((mask, ~mask), independent, strict=True)
    )
    return inside, outside, newcombe_interval(inside, outside)


def _by_model(ground: ExploreData, head: Sides, base: Sides) -> list[tuple[str, Sides]]:
    if ground.version == 0:
        return [(_("The model"), head)]
    return [(_("The model now"), head), (_("The base model"), base)]


def _model_losses(name: str, sides: Sides, scale: LossScale) -> ModelLosses:
    inside, outside, gap = sides
    return ModelLosses(
        name,
        interval_in_words(inside, scale, signed=False),
        interval_in_words(outside, scale, signed=False),
        interval_in_words(gap, scale, signed=True),
    )


def _dots(ground: ExploreData, head: Sides, base: Sides, scale: LossScale) -> Chart:
    lines = []
    for name, sides in _by_model(ground, head, base):
        for where, interval in ((_("here"), sides[0]), (_("elsewhere"), sides[1])):
            if interval is not None:
                said = _("%(model)s, %(where)s") % {"model": name, "where": where}
                lines.append(
                    drawings.IntervalLine(said, interval, scale.format(interval.mean), interval is sides[0])
                )
    label = _("Mean %(loss)s on explore rows with 95%% intervals") % {"loss": scale.word}
    return drawings.draw_intervals(lines, label)
