"""Distribution of the model's answers inside a group and elsewhere: score, residual, or errors by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from bounty.core.measures import LossScale
from bounty.exploration.data import ExploreData
from bounty.exploration.preview import Interval, mean_interval

SCORE_BINS, RESIDUAL_BINS, MOST_CLASSES = 10, 12, 8


@dataclass(frozen=True)
class Histogram:
    """Shares of the rows a bin, inside and elsewhere; `edges` has one more entry than there are bins."""

    title: str
    axis: str
    edges: tuple[float, ...]
    inside: tuple[float, ...]
    outside: tuple[float, ...]
    rows: int
    digits: int

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """Rows of the table beside the picture: range, share inside, share elsewhere."""
        texts = [f"{edge:.{self.digits}f}" for edge in self.edges]
        return [
            (f"{low}–{high}", f"{here:.1%}", f"{there:.1%}")
            for low, high, here, there in zip(texts, texts[1:], self.inside, self.outside, strict=False)
        ]


@dataclass(frozen=True)
class ClassError:
    """Errors of one true class: the share answered wrongly here and elsewhere, and the most frequent wrong answer."""

    name: str
    rows: int
    inside: Interval | None  # None: too few rows to show
    outside: Interval | None
    instead: str


@dataclass(frozen=True)
class Confusion:
    """Errors by true class."""

    title: str
    classes: tuple[ClassError, ...]


def answer_distribution(
    ground: ExploreData, mask: NDArray[np.bool_], smallest: int, scale: LossScale
) -> Histogram | Confusion:
    """Distribution of the present model's answers. `mask`, bool[rows], holds at least one row."""
    kind = ground.loss.prediction_kind
    if kind == "values":
        return _residuals(ground, mask)
    if kind == "probabilities":
        return _scores(ground, ground.answers, _("The score"), mask)
    return _confusion(ground, mask, smallest)


def base_score_histogram(ground: ExploreData, mask: NDArray[np.bool_]) -> Histogram | None:
    """Histogram of the base model's score, beside errors by class. None where it gives none, or the answers are
    scores.
    """
    if ground.base_scores is None:
        return None
    return _scores(ground, ground.base_scores, _("The base model’s score"), mask)


def _scores(
    ground: ExploreData, probabilities: NDArray[np.float64], title: str, mask: NDArray[np.bool_]
) -> Histogram:
    """Histogram of scores. Binary: the probability of the second class. More classes: the one given to the truth."""
    label = ground.schema.label
    if label.task == "binary":
        values = probabilities[:, 1]
        said = label.codes.get(str(label.classes[1]), str(label.classes[1]))
        axis = _("predicted probability of “%(class)s”") % {"class": said}
    else:
        values = probabilities[np.arange(len(ground.y)), ground.y.astype(np.intp)]
        axis = _("probability that the model gives to the true class")
    edges = np.linspace(0, 1, SCORE_BINS + 1)
    return _histogram(title, axis, values, edges, mask, 1)


def _residuals(ground: ExploreData, mask: NDArray[np.bool_]) -> Histogram:
    residual = ground.answers - ground.y
    low, high = np.quantile(residual, [0.01, 0.99])
    most = max(abs(float(low)), abs(float(high))) or 1.0
    edges = np.linspace(-most, most, RESIDUAL_BINS + 1)
    digits = max(0, 2 - int(np.floor(np.log10(most))))
    axis = _("answer less truth, in the label's unit; what lies further out is in the last bars")
    return _histogram(_("The residual"), axis, np.clip(residual, -most, most), edges, mask, min(digits, 6))


def _histogram(
    title: str,
    axis: str,
    values: NDArray[np.float64],
    edges: NDArray[np.float64],
    mask: NDArray[np.bool_],
    digits: int,
) -> Histogram:
    here = np.histogram(values[mask], edges)[0]
    there = np.histogram(values[~mask], edges)[0]
    return Histogram(
        title,
        axis,
        tuple(map(float, edges)),
        tuple(map(float, here / max(1, here.sum()))),
        tuple(map(float, there / max(1, there.sum()))),
        int(mask.sum()),
        digits,
    )


def _confusion(ground: ExploreData, mask: NDArray[np.bool_], smallest: int) -> Confusion:
    classes = ground.schema.label.classes
    counts = np.bincount(ground.y[mask], minlength=len(classes))
    shown = np.argsort(-counts, kind="stable")[:MOST_CLASSES]
    return Confusion(
        _("Errors by true class"),
        tuple(_of_class(ground, mask, smallest, int(code)) for code in sorted(shown) if counts[code]),
    )


def _of_class(ground: ExploreData, mask: NDArray[np.bool_], smallest: int, code: int) -> ClassError:
    label = ground.schema.label
    here, there = mask & (ground.y == code), ~mask & (ground.y == code)
    wrong = ground.answers != ground.y
    instead = np.bincount(ground.answers[here & wrong], minlength=len(label.classes))
    return ClassError(
        _class_name(ground, code),
        int(here.sum()),
        _share(ground, wrong, here, smallest),
        _share(ground, wrong, there, smallest),
        _class_name(ground, int(instead.argmax()))
        if instead.any() and here.sum() >= smallest and len(label.classes) > 2
        else "",
    )


def _share(
    ground: ExploreData, wrong: NDArray[np.bool_], rows: NDArray[np.bool_], smallest: int
) -> Interval | None:
    if rows.sum() < max(1, smallest):
        return None
    return mean_interval(float(wrong[rows].mean()), ground.independent(rows))


def _class_name(ground: ExploreData, code: int) -> str:
    label = ground.schema.label
    return label.codes.get(str(label.classes[code]), str(label.classes[code]))
