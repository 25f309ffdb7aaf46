"""`manage.py create_competition`: makes a competition from a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bounty.competitions import phases
from bounty.competitions.base_models import Base, FittedBase, UploadedBase
from bounty.competitions.create import create_competition
from bounty.competitions.input import read_competition_fields
from bounty.core.errors import Refusal
from bounty.ledger.plan import plan_lines
from bounty.models import Competition
from bounty.submissions import uploads
from evaluator.errors import BountyError
from evaluator.fitting import LEARNERS
from evaluator.losses import LOSS_WORDS
from evaluator.tables import read_table

# Markdown files for what is longer than a line.
TEXTS = ("description", "rules", "terms")
NUMBERS: dict[str, type[int] | type[float]] = {
    "delta": float,
    "tolerance": float,
    "alpha": float,
    "target_gain": float,
    "smallest_group": int,
    "submissions_per_day": int,
    "queries_per_team": int,
    "noise_scale": float,
    "verdicts_per_person": int,
    "practice_failures_per_person": int,
}
# Where an entry is called otherwise on the command line.
OPTION_OF = {"declared": "declare", "costs": "loss", "sizes": "splits"}
CHOICES = {
    "visibility": Competition.Visibility.values,
    "acceptance": Competition.Acceptance.values,
    "harm_mode": Competition.HarmMode.values,
    "moderation": Competition.Moderation.values,
}


class Command(BaseCommand):
    help = "Make a competition from a CSV or Parquet table, with a base model fitted by us or uploaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", type=Path)
        parser.add_argument("--label", required=True, help="the column to predict")
        parser.add_argument("--unit", help="the column that names what is independent, such as a person")
        parser.add_argument("--title")
        parser.add_argument("--slug", default="")
        parser.add_argument("--summary", default="", help="one sentence: what is at stake, for whom")
        for text in TEXTS:
            parser.add_argument(f"--{text}", type=Path, help="a Markdown file")
        parser.add_argument("--organiser", help="user name; the first superuser if left out")
        parser.add_argument("--task", choices=["binary", "multiclass", "regression"])
        parser.add_argument("--loss", help=f"{', '.join(LOSS_WORDS)}; cost:FILE names a cost matrix")
        parser.add_argument("--exclude", action="append", default=[], metavar="COLUMN")
        parser.add_argument("--meanings", type=Path, help="a JSON file: what columns and their values mean")
        parser.add_argument("--declare", action="append", default=[], metavar="NAME=EXPRESSION")
        parser.add_argument("--base", type=Path, help="an ONNX or skops file, run in the sandbox")
        parser.add_argument("--base-learner", default="boosting", choices=list(LEARNERS))
        parser.add_argument("--base-where", default="", help="fit on train rows where this expression holds")
        parser.add_argument(
            "--no-oversample",
            action="store_false",
            dest="oversample",
            help="draw small declared groups into the secret rows no more often than others",
        )
        parser.add_argument("--splits", help="train=0.35,explore=0.1,... as fractions or numbers of units")
        parser.add_argument("--blocks", type=int, default=1, help="certification blocks")
        parser.add_argument(
            "--more-blocks",
            action="store_true",
            help="more blocks may be added later: each then has less of delta than where their number is fixed",
        )
        parser.add_argument(
            "--unit-rows",
            type=int,
            metavar="M",
            help="divide the sum over a unit's rows by this, not by the rows of the table's largest unit; rows of "
            "larger units count for less",
        )
        parser.add_argument(
            "--seed", type=int, help="the same seed draws the same rows; without it, one that nobody knows"
        )
        for name, kind in NUMBERS.items():
            parser.add_argument(_flag(name), type=kind)
        for name, choices in CHOICES.items():
            parser.add_argument(_flag(name), choices=choices)
        parser.add_argument("--open", action="store_true", help="open it at once")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            competition = create_competition(read_table(options["table"]), **_wishes(options))
            if options["open"]:
                phases.change_phase(competition, "open", competition.organiser)
        except Refusal as error:
            raise CommandError(f"{_flag(OPTION_OF.get(error.field, error.field))}: {error}") from error
        except BountyError as error:
            raise CommandError(" ".join(str(error).split())) from error
        for line in plan_lines(competition):
            self.stdout.write(line)
        self.stdout.write(f"{settings.SITE_URL.rstrip('/')}{competition.get_absolute_url()}")


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _wishes(options: dict[str, Any]) -> dict[str, Any]:
    """The options as fields of NewCompetition. Raises Refusal naming the option."""
    loss, _, costs = (options["loss"] or "").partition(":")
    files = {name: _text(name, options[name]) if options[name] else "" for name in (*TEXTS, "meanings")}
    entries = {
        **options,
        **files,
        "title": options["title"] or options["table"].stem.replace("_", " ").capitalize(),
        "declared": options["declare"],
        "loss": loss,
        "costs": _text("loss", Path(costs)) if costs else "",
    }
    return {
        **read_competition_fields(entries),
        "organiser": _organiser(options["organiser"]),
        "base": _base(options),
        "settings": {name: options[name] for name in (*NUMBERS, *CHOICES) if options[name] is not None},
    }


def _organiser(name: str | None) -> Any:
    users = get_user_model().objects
    if name:
        user = users.filter(username=name).first()
        if user is None:
            raise Refusal(f"nobody here is called “{name}”.", "organiser")
        return user
    user = users.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if user is None:
        raise Refusal("name one: there is no superuser (manage.py createsuperuser makes one).", "organiser")
    return user


def _base(options: dict[str, Any]) -> Base:
    path: Path | None = options["base"]
    if path is None:
        return FittedBase(options["base_learner"], options["base_where"])
    try:
        with path.open("rb") as file:
            upload = uploads.read_upload(File(file, name=path.name), "base", Competition().max_upload_bytes)
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.", "base") from error
    return UploadedBase(upload, here=True)


def _text(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} cannot be read: {error}.", name) from error
