"""`manage.py correct_table`: corrects a competition's table from a CSV file, and decides again whatever follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bounty import corrections
from bounty.corrections import CorrectionPreview
from bounty.models import Competition
from evaluator.errors import BountyError


class Command(BaseCommand):
    help = (
        "Mend labels, withdraw rows and delete a person's rows: a CSV file with the columns row or unit, action (mend, "
        "withdraw, delete), and label. Rows are numbers in the organiser's table, from 1 without the header. Every "
        "list, finding, point and bound that follows is made anew from stored arrays; no submitted code runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--file", type=Path, required=True, help="corrections.csv")
        parser.add_argument("--reason", default="", help="shown to the teams, and in the model's history")
        parser.add_argument("--by", help="user name of the organiser it is made for; its owner where empty")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *_args: Any, slug: str, file: Path, **options: Any) -> None:
        competition = Competition.objects.filter(slug=slug).select_related("organiser").first()
        if competition is None:
            raise CommandError(f"There is no competition {slug!r}.")
        by = competition.organiser
        if options["by"]:
            found = get_user_model().objects.filter(username=options["by"]).first()
            if found is None:
                raise CommandError(f"Nobody here is called {options['by']!r}.")
            by = found
        try:
            correction = corrections.read_correction_csv(file.read_bytes())
            self._say(corrections.preview_correction(competition, correction))
            if options["dry_run"]:
                return
            made = corrections.correct_table(competition, correction, options["reason"], by)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        except (BountyError, PermissionDenied) as error:
            raise CommandError(f"{competition}: {error}") from error
        self.stdout.write(f"{competition}: correction {made.number} is made.")

    def _say(self, preview: CorrectionPreview) -> None:
        for split, counts in preview.counts.items():
            touched = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
            self.stdout.write(f"{split}: {touched}; {preview.left[split]:,} rows are left")
        self.stdout.write(
            f"Tested again: {preview.retested:,} accepted entries; judged again: {preview.rejudged:,} findings; "
            f"replayed: {preview.own_models:,} teams' own models; run again: {preview.evaluated_again:,} submissions."
        )
