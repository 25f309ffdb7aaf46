"""`check`, `predict`, `export` and `plan` for everybody, `worker` for operators."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from evaluator.commands import check, plan
from evaluator.commands.model import Export, Predict

COMMANDS: dict[str, Any] = {"check": check, "predict": Predict, "export": Export, "plan": plan}


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 not all of it, 2 usage, table or model, 3 no safe sandbox here."""
    parser = argparse.ArgumentParser(prog="python -m evaluator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.SUMMARY, description=command.__doc__))
    worker = commands.add_parser("worker", help="evaluate submissions from the queues until told to stop")
    worker.add_argument(
        "--queues",
        default="evaluate.cpu,evaluate.gpu",
        help="separated by commas; on a machine without an accelerator a worker serves both (the default)",
    )
    worker.add_argument("--name", help="unique among the workers of this machine")
    worker.add_argument("--loglevel", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    options = parser.parse_args(arguments)
    if options.command in COMMANDS:
        return COMMANDS[options.command].run(options)
    return _work(options, worker)


def _work(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    # Not at the top: Celery is no part of a participant's `check`.
    from evaluator.worker import app

    queues = [name.strip() for name in options.queues.split(",") if name.strip()]
    unknown = set(queues) - {app.CPU_QUEUE, app.GPU_QUEUE}
    if unknown or not queues:
        parser.error(f"queues are {app.CPU_QUEUE} and {app.GPU_QUEUE}, not {options.queues!r}")
    try:
        app.run_worker(queues, options.name, options.loglevel)
    except app.RefusedToStart as error:
        print(f"The worker does not start: {error}", file=sys.stderr)  # noqa: T201
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
