"""Database queries of the pages, each bounded in number: competitions, versions, findings and credits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Func, IntegerField, OuterRef, QuerySet, Subquery

from bounty.models import Competition, Credit, ModelVersion, Submission, Team
from bounty.permissions import visibility

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


@dataclass(frozen=True)
class CompetitionRow:
    """A competition in the list; losses are on practice rows, None before there is a base model."""

    competition: Competition
    teams: int
    accepted: int
    base_loss: float | None
    head_loss: float | None


def list_competitions(user: User | AnonymousUser) -> list[CompetitionRow]:
    """Returns the competitions that this person may see, the next to close first."""
    versions = ModelVersion.objects.current().filter(competition=OuterRef("pk"))
    oldest, newest = versions.order_by("number"), versions.order_by("-number")
    seen = Competition.objects.visible_to(user).values("pk")
    rows = (
        Competition.objects.filter(pk__in=seen)
        .annotate(
            base_loss=Subquery(oldest.values("practice_loss")[:1]),
            head_loss=Subquery(newest.values("practice_loss")[:1]),
            head_number=Subquery(newest.values("number")[:1]),
            teams_count=Count("teams"),
        )
        .order_by(F("closes_at").asc(nulls_last=True), "-created_at")
    )
    return [
        CompetitionRow(row, row.teams_count, row.head_number or 0, row.base_loss, row.head_loss)
        for row in rows
    ]


class _ArrayLength(Func):
    """The number of entries of a JSON list, counted by the database."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array_length", **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="jsonb_array_length", **context)


def present_versions(competition: Competition) -> list[ModelVersion]:
    """Returns the current generation's versions, oldest first, with their submissions and teams.

    The first and the last have their nodes and groups. Those between, each of which repeats all of the one before,
    only know how many nodes they have (`node_count`): their nodes are the first ones of the last.
    """
    versions = competition.versions.current()
    found = list(
        versions.select_related("submission__team")
        .annotate(counted=_ArrayLength("nodes_json"))
        .defer("nodes_json", "groups")
        .order_by("number")
    )
    ends = ModelVersion.objects.only("nodes_json", "groups").in_bulk(
        {version.pk for version in (*found[:1], *found[-1:])}
    )
    loaded: list[ModelVersion] = []
    for version in found:
        version.node_count = version.counted
        loaded.append(version)
        if (whole := ends.get(version.pk)) is not None:
            version.nodes_json, version.groups = whole.nodes_json, whole.groups
    return loaded


def newest_versions(competition: Competition, most: int) -> tuple[ModelVersion | None, list[ModelVersion]]:
    """Returns the base model's version and the newest ones, oldest first, with submissions and teams.

    Of these only the last knows its groups, and none its nodes: all know how many there are (`node_count`).
    """
    versions = competition.versions.current()
    newest = list(
        versions.select_related("submission__team")
        .annotate(counted=_ArrayLength("nodes_json"))
        .defer("nodes_json", "groups", "submission__competition")
        .order_by("-number")[:most]
    )
    if not newest:
        return None, []
    for version in newest:
        version.node_count = version.counted
    # The head may well be the base itself.
    ends = list(versions.filter(number__in={0, newest[0].number}).defer("nodes_json").order_by("number"))
    newest[0].groups = ends[-1].groups
    loaded: list[ModelVersion] = [*reversed(newest)]
    return ends[0], loaded


def shown_findings(competition: Competition) -> QuerySet[Submission]:
    """Returns the findings, confirmed or not yet, that the public may read, newest first, with their teams."""
    return (
        visibility.publicly_visible(competition.submissions.filter(state__in=Submission.SHOWN_FINDINGS))
        .select_related("team")
        .order_by("-decided_at")
    )


def head_version(competition: Competition) -> ModelVersion | None:
    """Returns the present version of the shared model; None before there is a base model."""
    return competition.versions.current().order_by("-number").first()


def team_credits(competition: Competition, team: Team) -> list[Credit]:
    """Returns a team's credits of the present list, oldest first: final ones once they are there."""
    credits = Credit.objects.current().filter(
        version__competition=competition,
        team=team,
        final=competition.final_opened_at is not None,
    )
    paid = credits.exclude(points=0).select_related("version__submission__team")
    return list(paid.order_by("version__number"))


def running_points(competition: Competition, *, final: bool) -> dict[int, list[float]]:
    """Returns each team's points after each version of the present list, by team id, beginning at 0."""
    credits = (
        Credit.objects.current()
        .filter(version__competition=competition, final=final)
        .order_by("version__number")
        .values_list("team_id", "version__number", "points")
    )
    by_team: dict[int, dict[int, float]] = defaultdict(dict)
    last = 0
    for team, number, points in credits:
        by_team[team][number] = points
        last = max(last, number)
    running: dict[int, list[float]] = {}
    for team, earned in by_team.items():
        total, line = 0.0, [0.0]
        for number in range(1, last + 1):
            total += earned.get(number, 0.0)
            line.append(total)
        running[team] = line
    return running


def accepted_submissions(versions: list[ModelVersion]) -> dict[str, Submission]:
    """Returns the versions' submissions by the key that nodes use, without a query."""
    found = (version.submission for version in versions)
    return {submission.key: submission for submission in found if submission is not None}
