"""`manage.py serve`: runs the whole site on this machine until Ctrl-C."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management import BaseCommand, CommandError, call_command

from bounty.standalone import Stack, StackError, refuse_busy_port, stop_on_signals, watch_stack


class Command(BaseCommand):
    help = "Start Redis (unless REDIS_URL names one), workers, beat and the site; Ctrl-C stops them all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--evaluators",
            type=int,
            default=None,
            help="evaluate workers (places); default: BOUNTY_PLACES, else two a core and at least four",
        )

    def handle(self, *args: object, **options: object) -> None:
        port, evaluators = int(str(options["port"])), options["evaluators"]
        call_command("migrate", verbosity=0)
        stop_on_signals()
        try:
            refuse_busy_port(port)
            with Stack() as stack:
                stack.start_redis()
                stack.start_workers(int(str(evaluators)) if evaluators else None)
                stack.start_web(port)
                self.stdout.write(f"http://127.0.0.1:{port}  (Ctrl-C stops; logs in {stack.logs})")
                watch_stack(stack)
        except StackError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
