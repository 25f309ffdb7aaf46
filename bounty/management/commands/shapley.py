"""`manage.py shapley`: computes Shapley values of a competition's teams."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bounty.models import Competition
from bounty.scoring import shapley
from evaluator.errors import BountyError
from evaluator.scoring.shapley import PERMUTATIONS


class Command(BaseCommand):
    help = (
        "What the shared model's improvement owes to each team, whatever the order of arrival: Shapley values by "
        "replaying stored arrays. An analysis, not the score; the board shows it after the close."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument(
            "--permutations",
            type=int,
            default=PERMUTATIONS,
            help=f"orders of teams to draw (default {PERMUTATIONS}); few teams are computed exactly",
        )
        parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same values")

    def handle(self, *_args: Any, slug: str, permutations: int, seed: int, **_options: Any) -> None:
        competition = Competition.objects.filter(slug=slug).first()
        if competition is None:
            raise CommandError(f"There is no competition {slug!r}.")
        try:
            kept = shapley.compute_contributions(competition, permutations=permutations, seed=seed)
        except (BountyError, ValueError) as error:
            raise CommandError(str(error)) from error
        result = kept.shapley
        for each in shapley.list_contributions(kept):
            error_of = f" ± {each.standard_error:.2f}" if result.permutations else ""
            points = "no points" if each.points is None else f"{each.points:.2f} points"
            self.stdout.write(f"{each.value:10.2f}{error_of}  {each.team.name} ({points})")
        how = (
            f"{result.permutations} orders of teams, seed {result.seed}, ± one standard error, "
            f"{result.cut_off:.0%} cut off"
            if result.permutations
            else "exact, over all coalitions"
        )
        rows = "final" if kept.final else "practice"
        self.stdout.write(
            f"Together {result.total:.2f} points on {rows} rows, version {kept.head_number}; "
            f"{result.replays} replays; {how}; the values miss the sum by {abs(result.sum_error):.1e}."
        )
