"""The holdout of a competition as the planner takes it: how the rows of its blocks count, and by which rule."""

from __future__ import annotations

from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import Competition
from evaluator.adjudication.holdout import BlockRows, Holdout

# By how much a changed row's loss moves where no base model has said it yet.
UNKNOWN_SIZE = 1.0


def holdout_of(competition: Competition) -> Holdout:
    """Returns the competition's blocks and the rule that tests them."""
    return Holdout(
        tuple(_block_rows(competition, split) for split in competition.layout.blocks),
        competition.delta,
        is_zero_one=competition.loss.is_zero_one,
        rule_version=competition.rule_version,
        fixed_blocks=competition.fixed_blocks,
        size=competition.plan.loss_size or UNKNOWN_SIZE,
    )


def _block_rows(competition: Competition, split: str) -> BlockRows:
    start, stop = competition.layout.ranges[split]
    if competition.rule_version == 1:
        return BlockRows(stop - start)
    try:
        return BlockRows.from_sampling(load_sampling(competition, split), stop - start)
    except EmptyStratum:
        return BlockRows(0)
