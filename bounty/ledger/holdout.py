"""The holdout of a competition as the planner takes it: how the rows of its blocks count, and by which rule."""

from __future__ import annotations

import math

from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import Competition
from evaluator.adjudication.holdout import BlockRows, Holdout

# By how much a changed row's loss moves where no base model has said it yet.
UNKNOWN_SIZE = 1.0
# (queries, accepted) that a block shall answer before it is retired, where nobody chose its target gain.
_PLANNED = (20, 15)


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


def choose_target(competition: Competition) -> float:
    """Returns the target gain of a new competition: its own; where that is the default, and the first block would be
    retired for it before it answered 20 queries, the smallest gain that it can show then.
    """
    default = float(Competition._meta.get_field("target_gain").default)
    if competition.target_gain != default or competition.rule_version == 1 or not competition.layout.blocks:
        return competition.target_gain
    holdout = holdout_of(competition)
    gain = holdout.gain_after(1, *_PLANNED) or holdout.gain_after(1, 0, 0)
    return default if gain is None else max(default, math.ceil(gain * 1000) / 1000)


def _block_rows(competition: Competition, split: str) -> BlockRows:
    start, stop = competition.layout.ranges[split]
    if competition.rule_version == 1:
        return BlockRows(stop - start)
    try:
        return BlockRows.from_sampling(load_sampling(competition, split), stop - start)
    except EmptyStratum:
        return BlockRows(0)
