"""Shapley values of the teams: each one's contribution whatever the order of arrival, beside the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Competition, Role, Team, TeamAnalysis
from bounty.models.prizes_and_analysis import shapley_to_json
from bounty.permissions import rules
from bounty.scoring import credits, leaderboard
from bounty.shared_model import arrays, queries
from evaluator.scoring import shapley

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from bounty.models.memberships import Membership


@dataclass(frozen=True)
class Contribution:
    """One team's Shapley value beside its points, both in points."""

    team: Team
    value: float
    standard_error: float
    points: float | None


def compute_contributions(
    competition: Competition, *, permutations: int = shapley.PERMUTATIONS, seed: int = 0
) -> TeamAnalysis:
    """Writes the teams' Shapley values: on final rows after the close, on practice rows before.

    Nothing of anybody runs and nothing is locked: arrays never change, and the result says of which version it is.
    Raises Refusal where nothing was accepted yet, or the values do not add up to the stored head's improvement;
    ValueError for fewer than two permutations; PlatformFault where an array is gone.
    """
    final = competition.final_opened_at is not None
    versions = queries.present_versions(competition)
    if len(versions) < 2:
        raise Refusal("No patch was accepted yet, so there is nothing to share.")
    split = "final" if final else "practice"
    submissions = [version.submission for version in versions if version.submission is not None]
    replays = shapley.Replays(
        artifacts.read_over_present_rows(competition, versions[0].stored_predictions),
        [shapley.Entry(submission.team_id, arrays.load_step(submission)) for submission in submissions],
        arrays.load_declared_groups(competition),
        arrays.load_practice(competition),
        competition.layout.rows_of(split),
        artifacts.read_labels(competition, split),
        credits.row_weights(competition, final=final),
    )
    found = shapley.estimate_shapley(replays, permutations=permutations, seed=seed)
    improvement = credits.measure_improvement(versions[-1], versions[0], final=final)
    if not found.adds_up or abs(found.total - improvement) > shapley.ROUNDING * max(1.0, abs(improvement)):
        raise Refusal(
            f"The values add up to {found.total + found.sum_error:.6f} points, but the model improved by "
            f"{improvement:.6f}: the stored list is not what its arrays say."
        )
    analysis, _ = TeamAnalysis.objects.update_or_create(
        competition=competition,
        defaults={
            "generation": versions[-1].generation,
            "head_number": versions[-1].number,
            "final": final,
            "result": shapley_to_json(found),
        },
    )
    return analysis


def find_visible_analysis(
    user: User | AnonymousUser, competition: Competition, membership: Membership | None = None
) -> TeamAnalysis | None:
    """Returns the analysis of the present list: for everybody after the close, for organisers before.

    An older list's is shown to nobody: a rebuild or a new version makes it say something that no longer holds.
    """
    if not (
        competition.is_closed or Role.Kind.ORGANISER in rules.competition_roles(user, competition, membership)
    ):
        return None
    analysis = TeamAnalysis.objects.filter(competition=competition).first()
    if analysis is None:
        return None
    final = competition.final_opened_at is not None
    return analysis if analysis.describes(competition.head(), final=final) else None


def list_contributions(analysis: TeamAnalysis) -> list[Contribution]:
    """Returns each team's value, the largest first."""
    values = analysis.shapley.values
    rows = {row.team_id: row for _, row in leaderboard.ranked_rows(analysis.competition)}
    found = []
    for team, row in rows.items():
        if estimate := values.get(team):
            found.append(Contribution(row.team, estimate.value, estimate.standard_error, row.points))
    return sorted(found, key=lambda contribution: -contribution.value)
