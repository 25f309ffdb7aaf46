"""Summary of the shared model: its loss at the start and now, overall and in its protected groups.

Everything here is read from rows and arrays that were written with a verdict; nothing is judged again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from bounty.core import artifacts
from bounty.core.measures import LossScale, MeasuredLoss, scale_of
from bounty.models import Competition, DeclaredGroup, ModelVersion, Submission
from bounty.models.stored_files import StoredFile
from bounty.shared_model.group_losses import split_loss, stored_masks
from evaluator.errors import PlatformFault

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sample:
    """The practice rows: how many, and the share of them that is independent (units by rows)."""

    rows: int
    independent: float
    by_unit: bool


@dataclass(frozen=True)
class ModelSummary:
    """Losses of the base model and of the present one on practice rows, and the count of accepted patches."""

    start: MeasuredLoss
    now: MeasuredLoss
    versions: int  # accepted patches in the present list
    sample: Sample

    @property
    def scale(self) -> LossScale:
        return self.now.scale

    @property
    def change(self) -> str:
        return self.scale.describe_change(self.start.loss, self.now.loss)

    @property
    def same(self) -> bool:
        return self.scale.is_same(self.start.loss, self.now.loss)

    @property
    def better(self) -> bool:
        return self.now.loss < self.start.loss


@dataclass(frozen=True)
class GroupStanding:
    """Losses of one protected group. `start` is the base model's loss there, where it is known."""

    name: str
    expression: str
    now: MeasuredLoss
    start: MeasuredLoss | None
    top: float  # the strip's right end, in loss

    @property
    def change(self) -> str:
        return self.now.scale.describe_change(self.start.loss, self.now.loss) if self.start else ""

    @property
    def same(self) -> bool:
        return self.start is not None and self.now.scale.is_same(self.start.loss, self.now.loss)

    @property
    def better(self) -> bool:
        return self.start is not None and self.now.loss < self.start.loss

    @property
    def places(self) -> dict[str, str]:
        """Positions in the bar, in percent of its width, as SVG lengths."""
        now = 100 * self.now.loss / self.top
        start = 100 * self.start.loss / self.top if self.start else now
        low, high = (100 * min(b, self.top) / self.top for b in self.now.bounds)
        return {
            "now": f"{now:.2f}%",
            "start": f"{start:.2f}%",
            "left": f"{min(now, start):.2f}%",
            "width": f"{abs(now - start):.2f}%",
            "low": f"{low:.2f}%",
            "high": f"{high:.2f}%",
        }


@lru_cache(maxsize=64)
def _distinct(path: str, sha256: str) -> int:
    return len(np.unique(artifacts.read_array(StoredFile(path, sha256))))


def practice_sample(competition: Competition) -> Sample:
    """Returns the size of the practice rows as a sample, and their independent share.

    Rows of one unit are not independent, so intervals count units (cautious: as if a unit's rows agreed).
    """
    part = competition.layout.rows_of("practice")
    rows = part.stop - part.start
    stored = competition.tables.units.get("practice")
    if stored is None:
        return Sample(rows, 1.0, by_unit=False)
    try:
        units = _distinct(*stored.address)
    except PlatformFault as fault:
        # A page without its exact interval is better than no page; the wider reading would need the file.
        log.warning("units of %s cannot be counted: %s", competition.slug, fault)
        return Sample(rows, 1.0, by_unit=False)
    return Sample(rows, units / max(rows, 1), by_unit=units < rows)


def measure_loss(loss: float, rows: int, scale: LossScale, sample: Sample) -> MeasuredLoss:
    """Returns a mean loss with its interval, from the independent rows among those measured."""
    return MeasuredLoss(loss, rows, scale, independent=rows * sample.independent)


def summarize_losses(
    competition: Competition, base_loss: float, head_loss: float, accepted: int
) -> ModelSummary:
    """Returns the summary of two losses on practice rows, the base model's and the head's."""
    sample, scale = practice_sample(competition), scale_of(competition.loss)
    start, now = (measure_loss(loss, sample.rows, scale, sample) for loss in (base_loss, head_loss))
    return ModelSummary(start, now, accepted, sample)


def summarize_versions(competition: Competition, versions: Sequence[ModelVersion]) -> ModelSummary | None:
    """Returns the summary of the present list's versions, oldest first; None before there is a base model."""
    if not versions:
        return None
    return summarize_losses(
        competition, versions[0].practice_loss, versions[-1].practice_loss, len(versions) - 1
    )


def declared_standings(
    competition: Competition, declared: Iterable[DeclaredGroup], versions: Sequence[ModelVersion]
) -> list[GroupStanding]:
    """Returns the losses of the declared groups, worst first; a group without practice rows is left out."""
    if not versions:
        return []
    named = {group.key: (group.name, group.expression) for group in declared}
    return _standings(competition, named, versions[0].groups, versions[-1].groups)


def accepted_standings(
    competition: Competition, submissions: Mapping[str, Submission], versions: Sequence[ModelVersion]
) -> list[GroupStanding]:
    """Returns the losses of the protected groups of accepted patches, worst first.

    The base model's loss there was of no interest before the patch came; it is taken from its arrays.
    """
    if not versions:
        return []
    after = versions[-1].groups
    protected = {key: said for key, said in submissions.items() if key in after}
    masks = stored_masks(protected.values())
    before = {}
    for key, said in protected.items():
        if said.pk in masks:
            split = split_loss(competition, versions[0], masks[said.pk], said.pk)
            before[key] = (split.rows, split.inside)
    named = {
        key: (
            said.words
            or said.description
            or _("the group of submission %(number)s") % {"number": said.number},
            said.expression,
        )
        for key, said in protected.items()
    }
    return _standings(competition, named, before, after)


def _standings(
    competition: Competition,
    named: Mapping[str, tuple[str, str]],
    before: Mapping[str, Sequence[float]],
    after: Mapping[str, Sequence[float]],
) -> list[GroupStanding]:
    """`before` and `after` are key -> (practice rows, mean loss), as ModelVersion.groups holds them."""
    sample, scale = practice_sample(competition), scale_of(competition.loss)

    def measured(groups: Mapping[str, Sequence[float]], key: str) -> MeasuredLoss | None:
        rows, loss = groups.get(key, (0, None))
        return None if not rows or loss is None else measure_loss(loss, int(rows), scale, sample)

    found = [
        (name, text, now, measured(before, key))
        for key, (name, text) in named.items()
        if (now := measured(after, key)) is not None
    ]
    if not found:
        return []
    top = max(max(now.loss, start.loss if start else 0.0) for _, _, now, start in found) * 1.08 or 1.0
    groups = [GroupStanding(name, text, now, start, top) for name, text, now, start in found]
    return sorted(groups, key=lambda group: -group.now.loss)
