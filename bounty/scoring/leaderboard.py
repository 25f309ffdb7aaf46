"""The leaderboard: ranking as a pure function, and the rows that verdicts keep up to date.

Ties and missing values are settled in the ranking, once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from bounty.models import BoardRow, Competition, Credit, Submission, Team, TeamVersion
from bounty.scoring.credits import points_intervals
from evaluator.errors import PlatformFault

if TYPE_CHECKING:
    from django.db.models import QuerySet

log = logging.getLogger(__name__)

State = Submission.State
# Seconds between two looks at a board whose intervals are missing.
RETRY_INTERVALS_AFTER = 60
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """A team's name and points, for ranking. `points` is None for a team that has nothing that counts."""

    name: str
    points: float | None
    reached_at: datetime | None


@dataclass(frozen=True)
class RankedStanding:
    """A standing with its place from 1; None for a standing without points."""

    rank: int | None
    standing: Standing


def rank_standings(standings: Iterable[Standing]) -> list[RankedStanding]:
    """Returns the standings ranked: most points first, then the earlier, then by name; never a null ranked.

    Places count as in sports: after two firsts comes a third.
    """
    ordered = sorted(standings, key=_order)
    ranked: list[RankedStanding] = []
    for place, standing in enumerate(ordered, start=1):
        if standing.points is None:
            ranked.append(RankedStanding(None, standing))
        elif ranked and _order(ranked[-1].standing)[:-1] == _order(standing)[:-1]:
            ranked.append(RankedStanding(ranked[-1].rank, standing))
        else:
            ranked.append(RankedStanding(place, standing))
    return ranked


def _order(standing: Standing) -> tuple[bool, float, datetime, str]:
    return (
        standing.points is None,
        -(standing.points or 0.0),
        standing.reached_at or _LATEST,
        standing.name.casefold(),
    )


def ranked_rows(competition: Competition) -> list[tuple[int | None, BoardRow]]:
    """Returns the board's rows with their places, best first."""
    rows = {row.team.name: row for row in competition.board.select_related("team")}
    standings = [Standing(name, row.points, row.reached_at) for name, row in rows.items()]
    return [(ranked.rank, rows[ranked.standing.name]) for ranked in rank_standings(standings)]


def refresh_board(
    competition: Competition, teams: Sequence[int] | None = None, now: datetime | None = None
) -> None:
    """Writes the board's rows anew, of all teams or of those given, in the transaction of what moved them.

    The caller holds the competition's lock, so two verdicts cannot write different boards.
    """
    now = now or timezone.now()
    chosen = Team.objects.filter(competition=competition)
    if teams is not None:
        chosen = chosen.filter(pk__in=teams)
    final = competition.final_opened_at is not None
    points = _points(competition, final=final)
    losses = _team_losses(chosen)
    counts = _counts(chosen, final=final)
    rows = {row.team_id: row for row in BoardRow.objects.filter(team__in=chosen)}
    moved = False
    for team in chosen.values_list("pk", flat=True):
        row = rows.get(team) or BoardRow(competition=competition, team_id=team)
        reached = points.get(team)
        if row.pk is None or row.points != reached:
            row.reached_at = None if reached is None else now
        if (row.points, row.final) != (reached, final):
            # An interval never stands beside points that it was not computed for.
            row.points_low = row.points_high = None
            moved = True
        row.points, row.final, row.team_loss = reached, final, losses.get(team)
        row.submissions, row.accepted, row.findings = counts.get(team, (0, 0, 0))
        row.save()
    if moved and not final:
        # All are drawn together; until then none stands beside a list that it was not drawn from.
        competition.board.update(points_low=None, points_high=None)
        # Nobody waits for them under the lock; the close writes its own, in its transaction.
        transaction.on_commit(lambda: write_provisional_intervals(competition.pk), robust=True)


def write_provisional_intervals(competition_id: int) -> None:
    """Writes bootstrap intervals of the points on practice rows, beside the points they belong to."""
    competition = Competition.objects.get(pk=competition_id)
    if competition.final_opened_at is not None:
        return
    seen = dict(competition.board.filter(final=False).values_list("team_id", "points"))
    versions = competition.versions.current().order_by("number")
    versions = versions.select_related("submission").defer("groups", "nodes_json")
    try:
        found = points_intervals(competition, list(versions), final=False)
    except PlatformFault:
        log.exception("the intervals of %s could not be computed", competition)
        return
    for team, (low, high) in found.items():
        # Compare-and-set: where another verdict moved the points meanwhile, its own intervals follow.
        unmoved = competition.board.filter(team_id=team, final=False, points=seen.get(team))
        unmoved.update(points_low=low, points_high=high)


def write_missing_intervals(now: datetime) -> None:
    """Writes the intervals that a process lost between a commit and its drawing; a step of the sweep."""
    missing = BoardRow.objects.filter(final=False, points__isnull=False, points_low=None)
    for competition in missing.order_by().values_list("competition", flat=True).distinct():
        # Now and then only: it is drawn at once as a rule, and where arrays are gone it cannot be drawn at all.
        if cache.add(f"intervals:{competition}", 1, RETRY_INTERVALS_AFTER):
            write_provisional_intervals(competition)


def _points(competition: Competition, *, final: bool) -> dict[int, float]:
    credits = Credit.objects.current().filter(version__competition=competition, final=final)
    return dict(credits.values_list("team").annotate(total=Sum("points")).order_by())


def _team_losses(teams: QuerySet[Team]) -> dict[int, float]:
    """Returns the practice loss of each team's newest own model."""
    newest = TeamVersion.objects.current().filter(team__in=teams).order_by("number")
    return dict(newest.values_list("team", "practice_loss"))


def _counts(teams: QuerySet[Team], *, final: bool) -> dict[int, tuple[int, int, int]]:
    """Returns how many submissions each team sent, had accepted, and how many findings: at last confirmed ones only."""
    findings = (State.CONFIRMED,) if final else Submission.SHOWN_FINDINGS
    counted = (
        Submission.objects.filter(team__in=teams)
        .order_by()
        .values_list("team")
        .annotate(
            sent=Count("pk"),
            accepted=Count("pk", filter=Q(state=State.ACCEPTED)),
            findings=Count("pk", filter=Q(state__in=findings)),
        )
    )
    return {team: (sent, accepted, findings) for team, sent, accepted, findings in counted}
