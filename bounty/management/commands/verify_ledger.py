"""`manage.py verify_ledger`: checks a competition's chain and files, and decides everything again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bounty import verification
from bounty.models import Competition
from evaluator.errors import BountyError


class Command(BaseCommand):
    help = (
        "Check a competition's chain and every stored file, and decide everything again from stored arrays. Ends "
        "with 1 and says where the first difference lies. Nothing is written, and no submitted code runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")

    def handle(self, *_args: Any, slug: str, **_options: Any) -> None:
        competition = Competition.objects.filter(slug=slug).first()
        if competition is None:
            raise CommandError(f"There is no competition {slug!r}.")
        try:
            found = verification.verify_competition(competition)
        except BountyError as error:
            raise CommandError(f"{competition}: {error}") from error
        self.stdout.write(f"{competition}: {found}")
