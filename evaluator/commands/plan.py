"""What can a holdout certify? Smallest gains that pass as its ledger fills, before a competition is made.

Rows are certification rows, one for each independent unit (person, household). Gains are drops of the mean loss over
all rows, in [0, 1]; a group of weight w must gain 1 / w times as much inside. Four answers are supposed to change for
each one gained.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator

from evaluator.adjudication.holdout import BlockRows, Holdout
from evaluator.adjudication.planner import EXAMPLE_WEIGHTS, Plan, plan_holdout
from evaluator.losses import LOSS_WORDS

SUMMARY = "say what a holdout of so many rows can certify"
DONE, USAGE = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `plan`."""
    parser.add_argument("--rows", type=int, required=True, help="certification rows over all blocks")
    parser.add_argument("--blocks", type=int, default=1, help="blocks that they are cut into (default: 1)")
    parser.add_argument("--gain", type=float, default=0.01, help="what you want to certify (default: 0.01)")
    parser.add_argument(
        "--delta",
        type=float,
        default=0.05,
        help="chance that anything false is ever certified (default: 0.05)",
    )
    parser.add_argument("--loss", choices=list(LOSS_WORDS), default="zero_one")
    parser.add_argument(
        "--tolerance", type=float, help="certify, too, that no protected group's mean loss rises by more"
    )
    parser.add_argument("--groups", type=int, default=0, help="protected groups, with --tolerance")
    parser.add_argument(
        "--base-loss", type=float, help="mean loss of the base model: all that patches can gain"
    )
    parser.add_argument(
        "--size",
        type=float,
        default=1.0,
        help="by how much a changed row's loss moves (default: 1, of a 0-1 loss)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def run(options: argparse.Namespace) -> int:
    """The exit status: 0, or 2 where the numbers make no plan."""
    if problem := _problem(options):
        print(f"plan: {problem}", file=sys.stderr)  # noqa: T201
        return USAGE
    blocks = tuple(BlockRows(rows) for rows in _cut(options.rows, options.blocks))
    holdout = Holdout(
        blocks,
        options.delta,
        is_zero_one=options.loss == "zero_one",
        fixed_blocks=options.blocks,
        size=options.size,
    )
    planned = plan_holdout(
        holdout,
        target_gain=options.gain,
        tolerance=options.tolerance,
        groups=options.groups,
        base_loss=options.base_loss,
    )
    if options.json:
        print(json.dumps(planned.to_json(), allow_nan=False))  # noqa: T201
    else:
        print("\n".join(_lines(planned)))  # noqa: T201
    return DONE


def _problem(options: argparse.Namespace) -> str:
    if options.rows < 1:
        return f"--rows must be at least 1, not {options.rows}."
    if not 1 <= options.blocks <= options.rows:
        return f"--blocks must lie between 1 and the number of rows, not at {options.blocks}."
    if options.groups < 0:
        return f"--groups must not be negative, not {options.groups}."
    for name in ("gain", "delta", "tolerance", "base_loss"):
        value = getattr(options, name)
        if value is not None and not 0 < value < 1:
            return f"--{name.replace('_', '-')} must lie between 0 and 1, not at {value:g}."
    if not 0 < options.size <= 1:
        return f"--size must lie between 0 and 1, not at {options.size:g}."
    return ""


def _cut(rows: int, blocks: int) -> list[int]:
    """Rows of each block, as equal as they can be."""
    return [rows // blocks + (number < rows % blocks) for number in range(blocks)]


def _lines(planned: Plan) -> Iterator[str]:
    groups = [f"in a group of {weight:.0%}" for weight in EXAMPLE_WEIGHTS]
    head = ("block", "rows", "query", "accepted before", "smallest gain", *groups)
    table = [
        (
            f"{line.block}",
            f"{line.rows:,}",
            f"{line.query}",
            f"{line.accepted}",
            _share(line.gain, 1.0),
            *(_share(line.gain, weight) for weight in EXAMPLE_WEIGHTS),
        )
        for line in planned.lines
    ]
    widths = [max(len(row[i]) for row in (head, *table)) for i in range(len(head))]
    for row in (head, *table):
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
    yield ""
    yield from planned.sentences


def _share(gain: float | None, weight: float) -> str:
    """The drop inside a group of that weight; a loss cannot fall by more than 1."""
    return "none" if gain is None or gain > weight else f"{gain / weight:.2g}"
