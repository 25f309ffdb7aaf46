"""Shared options of the commands, and their way to report problems."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from evaluator.client.display import complaints
from evaluator.client.errors import BadToken, NotFound, Problem

# Exit statuses: 1 the site said no, 2 usage, 3 no safe sandbox here.
REFUSED, NO_SANDBOX = 1, 3


def report_problems(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command: problems become a sentence and an exit status, never a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except NotFound as error:
            print_problem(
                error,
                "`bounty competitions` lists what you may see; `bounty status COMPETITION`, what you sent.",
            )
        except BadToken as error:
            print_problem(error, "`bounty login ADDRESS` then keeps it here.")
        except (Problem, TimeoutError, OSError, ValueError) as error:
            print_problem(error)
        sys.exit(REFUSED)

    return run


def print_problem(error: Exception, hint: str = "") -> None:
    """Print an error, and a hint, on standard error."""
    said = f"bounty: {error}" + (f"\n{hint}" if hint else "")
    complaints.print(escape(said), highlight=False, soft_wrap=True)


as_json = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
slug = click.argument("slug", metavar="COMPETITION")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
