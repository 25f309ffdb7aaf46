"""Certified bounds on losses, published of a certification block once it is retired.

The model depends on every symbol that the block gave away, so its bounds share a level that pays for all of them
(docs/science.md, What a published number costs). They are of the version that they were published of: once they are,
later versions depend on them too. After a correction they are taken anew, of that same version.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.ledger import blocks, present_block
from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import CertificationBlock, Competition
from bounty.models.stored_holdout import GroupBounds, PublishedBounds
from bounty.shared_model import arrays
from evaluator.adjudication.bounds import mean_bounds, rise_upper
from evaluator.adjudication.rule_2026_11 import bounds as rule_2026_11

log = logging.getLogger(__name__)

# A lower and an upper bound on the loss, and a lower one on what was gained over the base model.
BOUNDS_PER_GROUP = 3
EVERYONE = "everyone"


def publish_retired_blocks(now: datetime) -> None:
    """Writes the bounds of every retired block that has none yet; a step of the sweep."""
    waiting = CertificationBlock.objects.filter(
        state=CertificationBlock.State.RETIRED,
        bounds_json={},
        rows__gt=0,
        competition__acceptance=Competition.Acceptance.LEDGER,
    )
    for competition in Competition.objects.filter(pk__in=waiting.values("competition")).distinct():
        with transaction.atomic():
            locked = Competition.objects.select_for_update().get(pk=competition.pk)
            publish_bounds(locked)


def publish_bounds(competition: Competition) -> None:
    """Writes the bounds of the competition's retired blocks, each once. The caller holds the competition's lock."""
    if competition.acceptance != Competition.Acceptance.LEDGER:
        return
    retired = competition.blocks.filter(state=CertificationBlock.State.RETIRED, bounds_json={}, rows__gt=0)
    for block in retired:
        block.bounds_json = _bounds(competition, block).to_json()
        block.save(update_fields=["bounds_json"])
        log.info("bounds of %s are published", block)


def republish_bounds(competition: Competition, block: CertificationBlock) -> None:
    """Writes a retired block's bounds anew on corrected rows, of the version that they were published of.

    The caller holds the competition's lock, and the current list is the one on the corrected table.
    """
    if not block.bounds_json or competition.rule_version == 1:
        block.bounds_json = {}
    else:
        said = PublishedBounds.from_json(block.bounds_json)
        block.bounds_json = _bounds(competition, block, _measured_list(competition, said)).to_json()
    block.save(update_fields=["bounds_json"])


def _measured_list(competition: Competition, said: PublishedBounds) -> arrays.CurrentList:
    """The current list up to the version that was measured, or up to what is left of it."""
    measured = set(
        competition.versions.filter(
            generation=said.generation, number__lte=said.version, submission__isnull=False
        ).values_list("submission", flat=True)
    )
    versions = list(competition.versions.current().select_related("submission").order_by("number"))
    same = takewhile(lambda version: version.number == 0 or version.submission_id in measured, versions)
    return arrays.load_list(competition, tuple(same))


def recompute_bounds(
    competition: Competition, block: CertificationBlock, said: PublishedBounds
) -> PublishedBounds:
    """Returns what the block's published bounds must be. Raises LookupError where their version is gone."""
    generation, number = said.generation, said.version
    versions = competition.versions.filter(generation=generation, number__lte=number)
    listed = arrays.load_list(competition, tuple(versions.select_related("submission").order_by("number")))
    if not listed.versions or listed.newest.number != number:
        raise LookupError(f"there is no version {number} of generation {generation}")
    return _bounds(competition, block, listed)


def _bounds(
    competition: Competition, block: CertificationBlock, listed: arrays.CurrentList | None = None
) -> PublishedBounds:
    shared = listed or arrays.load_shared_list(competition)
    rows, y = competition.layout.rows_of(block.split), artifacts.read_labels(competition, block.split)
    before, after = (
        competition.loss.rows(y, head.predictions[rows]) for head in (shared.published[0], shared.head)
    )
    groups = [(EVERYONE, np.ones(len(y), dtype=np.bool_))]
    groups += [(shared.names[group.key], group.mask[rows]) for group in shared.protected if group.declared]
    held = [(name, mask) for name, mask in groups if mask.any()]
    checks = BOUNDS_PER_GROUP * len(held)
    if competition.rule_version == 1:
        level = blocks.ledger_state(competition, block).log_inverse_delta(checks)
        lines = _lines_of_2026_11(competition, held, before, after, level)
    else:
        level = present_block.block_ledger(competition, block).bounds_level(checks)
        lines = _lines(competition, block, held, before, after, level)
    return PublishedBounds(shared.newest.generation, shared.newest.number, checks, level, tuple(lines))


def _lines(
    competition: Competition,
    block: CertificationBlock,
    groups: Sequence[tuple[str, NDArray[np.bool_]]],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    level: float,
) -> list[GroupBounds]:
    """A line for each group; none where the block lost a kind of unit, so that it says nothing about the table."""
    try:
        sampling = load_sampling(competition, block.split)
    except EmptyStratum:
        return []
    loss, lines = competition.loss, []
    for name, mask in groups:
        own = sampling.of(mask)
        mean = float(own.unit_sums(after[mask]).sum() / own.unit_sums(np.ones(int(mask.sum()))).sum())
        low, high = mean_bounds(after[mask], loss, own, level)
        rise = rise_upper(before[mask], after[mask], loss, own, level)
        lines.append(GroupBounds(name, int(mask.sum()), mean, low, high, gained=-rise))
    return lines


def _lines_of_2026_11(
    competition: Competition,
    groups: Sequence[tuple[str, NDArray[np.bool_]]],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    level: float,
) -> list[GroupBounds]:
    is_zero_one = competition.loss.is_zero_one
    lines = []
    for name, mask in groups:
        low, high = rule_2026_11.mean_bounds(after[mask], is_zero_one=is_zero_one, log_inverse_delta=level)
        rise = rule_2026_11.rise_upper(
            before[mask], after[mask], is_zero_one=is_zero_one, log_inverse_delta=level
        )
        lines.append(GroupBounds(name, int(mask.sum()), float(after[mask].mean()), low, high, gained=-rise))
    return lines
