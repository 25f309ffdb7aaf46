"""Prizes: the organiser's sum, split by final points among the teams with positive ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from bounty.core.errors import Refusal
from bounty.models import Competition, Prize, Team
from bounty.scoring import leaderboard

if TYPE_CHECKING:
    from bounty.models import BoardRow

CENTS = 100


@dataclass(frozen=True)
class Award:
    """One team's part of the prize, from its final points."""

    rank: int
    team: Team
    points: float
    amount: Decimal


def compute_awards(competition: Competition) -> list[Award]:
    """Returns every team's prize, best first. Raises Refusal before the close, without a sum, or without winners."""
    if not competition.is_closed:
        raise Refusal("Prizes are split by final points, and those are fixed at the close.")
    prize = Prize.objects.filter(competition=competition).first()
    if prize is None:
        raise Refusal("No prize was entered for this competition.")
    winners = [
        (rank, row) for rank, row in leaderboard.ranked_rows(competition) if rank and _wins(prize, rank, row)
    ]
    if not winners:
        raise Refusal("No team has positive final points, so there is nobody to give the prize to.")
    points = [row.points or 0.0 for _, row in winners]
    return [
        Award(rank, row.team, earned, Decimal(cents) / CENTS)
        for (rank, row), earned, cents in zip(
            winners, points, split_prize(int(prize.amount * CENTS), points), strict=True
        )
    ]


def _wins(prize: Prize, rank: int, row: BoardRow) -> bool:
    # Whoever shares the last place that wins is in: places are not drawn by lot.
    return row.final and (row.points or 0.0) > 0 and (prize.places is None or rank <= prize.places)


def split_prize(cents: int, points: Sequence[float]) -> list[int]:
    """Returns whole cents in proportion to points, which are positive; together exactly `cents`.

    By largest remainder, the better placed first where remainders tie.
    """
    weights = [Fraction(earned) for earned in points]
    total = sum(weights)
    exact = [cents * weight / total for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: cents - sum(parts)]:
        parts[i] += 1
    return parts
