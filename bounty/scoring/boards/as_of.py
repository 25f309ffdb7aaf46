"""The board at the end of a past day, recomputed from versions, credits, verdicts and the chain."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone

from bounty.models import (
    BoardRow,
    ChainEntry,
    Competition,
    Credit,
    ModelVersion,
    Submission,
    Team,
    TeamVersion,
)
from bounty.scoring import leaderboard

State = Submission.State
# Chain entries that say nothing of which list was the present one.
_PLAIN = ("verdict", "undecided", "charge")


def end_of_day(day: date) -> datetime:
    """Returns the last moment of a day in the reader's zone. Raises OverflowError past the last date."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(
        microseconds=1
    )


@dataclass
class _TeamFigures:
    """Points and counts of each team at one moment, by team id."""

    points: dict[int, float] = field(default_factory=dict)
    reached: dict[int, datetime] = field(default_factory=dict)
    sent: dict[int, int] = field(default_factory=dict)
    accepted: dict[int, int] = field(default_factory=dict)
    findings: dict[int, int] = field(default_factory=dict)
    losses: dict[int, float] = field(default_factory=dict)


def ranked_rows_at(competition: Competition, at: datetime) -> list[tuple[int | None, BoardRow]]:
    """Returns the board of that moment, best first; its rows are not stored, and have no intervals.

    What was undone later (a disqualified entry, a model rolled back) still counts on the days before it.
    """
    final = competition.final_opened_at is not None and competition.final_opened_at <= at
    figures = _count_figures(competition, at, final=final)
    teams = {team.name: team for team in competition.teams.filter(created_at__lte=at)}
    rows = {name: _row(competition, team, figures, final) for name, team in teams.items()}
    standings = [leaderboard.Standing(name, row.points, row.reached_at) for name, row in rows.items()]
    return [(ranked.rank, rows[ranked.standing.name]) for ranked in leaderboard.rank_standings(standings)]


def _row(competition: Competition, team: Team, figures: _TeamFigures, final: bool) -> BoardRow:
    return BoardRow(
        competition=competition,
        team=team,
        points=figures.points.get(team.pk),
        reached_at=figures.reached.get(team.pk),
        final=final,
        submissions=figures.sent.get(team.pk, 0),
        accepted=figures.accepted.get(team.pk, 0),
        findings=figures.findings.get(team.pk, 0),
        team_loss=figures.losses.get(team.pk),
    )


def generation_at(competition: Competition, at: datetime) -> int:
    """Returns the generation that was present then: rebuilds and rollbacks write the new one into the chain."""
    turns = ChainEntry.objects.filter(competition=competition).exclude(kind__in=_PLAIN).order_by("number")
    known = [
        (created, shared["generation"])
        for created, payload in turns.values_list("created_at", "payload")
        if (shared := json.loads(payload).get("shared"))
    ]
    if not known:
        return competition.generation
    before = [generation for created, generation in known if created <= at]
    return int(before[-1] if before else known[0][1])


def _count_figures(competition: Competition, at: datetime, *, final: bool) -> _TeamFigures:
    generation = generation_at(competition, at)
    versions = ModelVersion.objects.filter(
        competition=competition, generation=generation, created_at__lte=at, number__gt=0
    )
    credits = Credit.objects.filter(version__in=versions, final=final)
    figures = _TeamFigures()
    # A rebuilt list keeps the dates of its patches, so "reached" is when the last patch that paid was accepted.
    for team, points, reached in (
        credits.order_by()
        .values_list("team")
        .annotate(total=Sum("points"), reached=Max("version__created_at", filter=~Q(points=0)))
    ):
        figures.points[team] = points
        if reached is not None:
            figures.reached[team] = reached
    figures.accepted = dict(
        versions.order_by().values_list("submission__team").annotate(accepted=Count("pk", distinct=True))
    )
    sent = Submission.objects.filter(competition=competition, created_at__lte=at)
    figures.sent = dict(sent.order_by().values_list("team").annotate(sent=Count("pk")))
    figures.findings = dict(
        _findings(competition, at).order_by().values_list("team").annotate(findings=Count("pk"))
    )
    # In the order in which they came to be, so the newest one of each team stays.
    own = TeamVersion.objects.filter(team__competition=competition, created_at__lte=at)
    figures.losses = dict(own.order_by("generation", "number").values_list("team", "practice_loss"))
    return figures


def _findings(competition: Competition, at: datetime) -> QuerySet[Submission]:
    later = ChainEntry.objects.filter(competition=competition, kind="disqualified", created_at__gt=at)
    undone = [json.loads(payload)["submission"] for payload in later.values_list("payload", flat=True)]
    shown = Q(state__in=Submission.SHOWN_FINDINGS) | Q(
        pk__in=undone, state=State.DISQUALIFIED, verdict__practice__p_adjusted__lte=0.05
    )
    if competition.final_opened_at is not None and competition.final_opened_at <= at:
        shown &= ~Q(state=State.WORSE)
    return competition.submissions.filter(shown, patch_kind=Submission.PatchKind.NONE, decided_at__lte=at)
