"""`manage.py demo`: makes a demo competition, replays a few dozen submissions through the real form, and serves it."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.urls import reverse

from bounty.demo import stage, talk
from bounty.demo.client import Person
from bounty.demo.people import MODERATOR, ORGANISER, TEAMS, make_people, shared_password
from bounty.demo.replay import ReplayError, measure_latencies, replay_entries, slug_of, tally_results
from bounty.models import Competition
from bounty.standalone import Stack, StackError, refuse_busy_port, stop_on_signals, watch_stack
from evaluator.errors import BountyError


class Command(BaseCommand):
    help = "Seed a demo competition, replay its submissions through the site, then serve it until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--data", type=Path, help="a CSV or Parquet file; default: the RAND health experiment"
        )
        parser.add_argument("--label", help="the column to predict, with --data")
        parser.add_argument("--unit", help="the column that names what is independent, such as a person")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="stop after the replay; one JSON line")
        parser.add_argument("--fresh", action="store_true", help="start over, also where a replay is there")

    def handle(self, *args: object, **options: Any) -> None:
        if bool(options["data"]) != bool(options["label"]):
            raise CommandError("--data and --label go together: which column of which table?")
        self.site = f"http://127.0.0.1:{options['port']}"
        stop_on_signals()
        started = time.monotonic()
        try:
            refuse_busy_port(options["port"])
            call_command("migrate", verbosity=0)
            with Stack() as stack:
                stack.start_redis()
                stack.start_workers()
                stack.start_web(options["port"])
                competition = self.perform(stack, options)
                self.report(competition, time.monotonic() - started, options)
                if not options["no_serve"]:
                    watch_stack(stack)
        except (StackError, ReplayError, BountyError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stderr.write("Stopped.")

    def perform(self, stack: Stack, options: dict[str, Any]) -> Competition:
        """The demo competition with its whole replay: the one that is there, or a new one."""
        slug = slug_of(options["data"]) if options["data"] else "last-mile"
        # Written last: a replay that was interrupted has none, and starts over.
        done = settings.HOME / f"{slug}.replayed"
        competition = Competition.objects.filter(slug=slug).first()
        if competition is not None and done.exists() and not options["fresh"]:
            return competition
        if competition is not None:
            stage.remove_competition(competition)
        done.unlink(missing_ok=True)
        sys.stderr.write("Building the competition ...\n")
        people = make_people()
        if options["data"]:
            competition = stage.build_from_table(
                slug, people, options["data"], options["label"], options["unit"]
            )
        else:
            competition = stage.build_rand(slug, people)
        stage.open_with_teams(competition, people)
        entries = stage.demo_entries(competition, story=not options["data"])
        stack.wait_for(lambda: _is_up(self.site), "the site")
        replay_entries(competition, entries, self.log_in_all(), stack.check)
        if not options["data"]:
            talk.post_conversations(competition, people)
        done.touch()
        return competition

    def log_in_all(self) -> dict[str, Person]:
        browsers = {name: Person(self.site) for name in TEAMS}
        for name, browser in browsers.items():
            browser.log_in(name, shared_password())
        return browsers

    def report(self, competition: Competition, seconds: float, options: dict[str, Any]) -> None:
        found = tally_results(competition)
        if times := measure_latencies(competition):
            self.stderr.write(
                f"From submit to verdict: median {times[0]:.0f} ms, 95th percentile {times[1]:.0f} ms."
            )
        if options["no_serve"]:
            self.stdout.write(json.dumps({**asdict(found), "seconds": round(seconds, 1)}))
            return
        names = ", ".join(TEAMS)
        self.stdout.write(
            f"\n{found.submissions} submissions, {found.accepted} accepted: the model errs on "
            f"{found.head_loss:.3f} of practice rows, {found.base_loss:.3f} at the start.\n\n"
            f"  {self.site}{competition.get_absolute_url()}\n"
            f"  organiser {ORGANISER}: {self.site}{reverse('organise-competition', args=[competition.slug])}\n"
            f"  moderator {MODERATOR}: {self.site}{reverse('moderate', args=[competition.slug])}\n"
            f"  participants {names}\n"
            f"  password for all of them: {shared_password()}\n\n"
            f"Ctrl-C stops everything. Logs: {settings.HOME / 'logs'}"
        )


def _is_up(site: str) -> bool:
    try:
        with urllib.request.urlopen(f"{site}/health/", timeout=5) as response:  # noqa: S310 - our own site
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
