"""Try submissions on a table of your own, in the site's sandbox: it costs no quota and explains everything.

A group alone is a finding; a patch alone answers all rows. Losses of the base and the patch are means over the
group's rows, weight is the group's share of the table, and gain = weight * (loss_base - loss_patch). Without --base
the base model is a stump fitted on one half of the table (by unit), and losses are taken on the other half.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from evaluator.commands.check_files import Checker, FileVerdict, Ground, GroupVerdict, base_losses, read_part
from evaluator.errors import ParticipantError, PlatformFault, SandboxUnavailable, TableError
from evaluator.losses import LOSS_WORDS, Loss, make_loss
from evaluator.sandbox import Sandbox, SealedTable
from evaluator.schema import Schema, infer_schema, schema_flags
from evaluator.splits import unit_codes
from evaluator.tables import read_table
from evaluator.worker.runner import PartFailed, Runner

SUMMARY = "try files on a table in the sandbox"
JUDGED, NOT_ALL, USAGE, NO_SANDBOX = 0, 1, 2, 3
SEED = 20


class CannotCheck(Exception):
    """A refusal to judge anything: the table, the base model or the arguments. The message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `check`."""
    parser.add_argument(
        "files", nargs="*", metavar="FILE", type=Path, help=".py .zip .onnx .skops .safetensors"
    )
    parser.add_argument("--data", required=True, type=Path, metavar="TABLE", help="CSV or Parquet")
    parser.add_argument("--label", required=True, metavar="COLUMN", help="the column to predict")
    parser.add_argument("--unit", metavar="COLUMN", help="what is independent, for example a person's id")
    parser.add_argument("--exclude", action="append", default=[], metavar="COLUMN", help="no feature")
    parser.add_argument("--base", type=Path, metavar="MODEL", help="the model to improve on")
    parser.add_argument("--expression", action="append", default=[], metavar="TEXT", help="a group in words")
    parser.add_argument("--loss", choices=[name for name in LOSS_WORDS if name != "cost"])
    parser.add_argument(
        "--as",
        dest="role",
        choices=["group", "patch"],
        default="patch",
        help="what a model file is (default: patch; a name that ends in .group.onnx or .group.skops is a group)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON line a file on standard output")


def run(options: argparse.Namespace) -> int:
    """The exit status: 0 all were judged, 1 not all, 2 usage or table, 3 no safe sandbox here."""
    try:
        return _check(options)
    except (CannotCheck, TableError) as error:
        return _say(f"check: {error}", USAGE)
    except SandboxUnavailable as error:
        return _say(f"check: submitted code cannot be run safely here: {error}", NO_SANDBOX)


def _check(options: argparse.Namespace) -> int:
    if not options.files and not options.expression:
        raise CannotCheck("name a FILE, or a group with --expression.")
    for path in (*options.files, *([options.base] if options.base else [])):
        if not path.is_file():
            raise CannotCheck(f"{path} is not a file.")
    frame = read_table(options.data)
    schema = infer_schema(
        frame, options.label, options.unit, {name: {"excluded": True} for name in options.exclude}
    )
    loss = make_loss(options.loss, schema.label) if options.loss else Loss.default(schema.label)
    X, y = schema.conform(frame), schema.encode_label(frame[options.label])
    if not options.json:
        for flag in schema_flags(frame, schema):
            _say(f"check: {flag}", JUDGED)
    status = JUDGED
    with Sandbox() as sandbox, closing(sandbox.seal(X, schema, public=True)) as table:
        runner = Runner(sandbox, schema, loss)
        if options.base:
            predictions, scored = _base(runner, options.base, table), np.ones(len(y), dtype=bool)
        else:
            learn = _half(unit_codes(frame, options.unit))
            predictions, scored = _stump(schema, loss, schema.matrix(X), y, learn), ~learn
        ground = Ground(X, y, table, base_losses(loss, y, predictions), scored)
        for verdict in _verdicts(Checker(runner, ground), options):
            _show(verdict, len(y), as_json=options.json)
            if verdict.group.status == "fault":
                status = NOT_ALL
    return status


def _verdicts(checker: Checker, options: argparse.Namespace) -> Iterator[FileVerdict]:
    for text in options.expression:
        yield checker.expression(text)
    for path in options.files:
        yield _with_a_second_try(checker, path, as_group=options.role == "group")


def _with_a_second_try(checker: Checker, path: Path, *, as_group: bool) -> FileVerdict:
    """A fault of the sandbox is ours: a new one gets another try, and no file stops those after it."""
    for last in (False, True):
        try:
            return checker.file(path, str(path), as_group=as_group)
        except PlatformFault as error:
            if last:
                return FileVerdict(str(path), GroupVerdict("fault"), None, detail=str(error))
    raise AssertionError("unreachable")


def _base(runner: Runner, path: Path, table: SealedTable) -> NDArray[Any]:
    try:
        return runner.predictions(read_part(path), table, explain=True)
    except ParticipantError as error:
        _explain(path.name, error.explanation if isinstance(error, PartFailed) else "")
        raise CannotCheck(
            f"the base model {path} could not be used ({error.error_class}): {error.detail}"
        ) from error


def _half(units: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[n]: the rows of a random half of the units, the same at every run."""
    count = int(units.max()) + 1 if units.size else 0
    chosen = np.zeros(count, dtype=bool)
    chosen[np.random.default_rng(SEED).permutation(count)[: count // 2]] = True
    if not chosen.any():
        raise CannotCheck(f"the table has {count} units: too few to fit on one half and score on the other.")
    return chosen[units]


def _stump(
    schema: Schema, loss: Loss, matrix: NDArray[np.float64], y: NDArray[Any], learn: NDArray[np.bool_]
) -> NDArray[Any]:
    """A one-split tree's answers on all rows."""
    matrix = matrix[:, ~np.isnan(matrix).all(axis=0)]  # text has no number to split on
    if not matrix.shape[1]:
        matrix = np.zeros((len(y), 1))
    if loss.prediction_kind == "values":
        return DecisionTreeRegressor(max_depth=1, random_state=0).fit(matrix[learn], y[learn]).predict(matrix)
    stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(matrix[learn], y[learn])
    if loss.prediction_kind == "codes":
        return stump.predict(matrix)
    classes = len(schema.label.classes)
    answers = np.zeros((len(y), classes))
    answers[:, stump.classes_] = stump.predict_proba(matrix)
    return answers


def _show(verdict: FileVerdict, rows: int, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(verdict.to_json(), allow_nan=False), flush=True)  # noqa: T201
    else:
        print("\n".join(_lines(verdict, rows)), flush=True)  # noqa: T201
    _explain(verdict.file, verdict.traceback or (verdict.detail if as_json else ""))


def _lines(verdict: FileVerdict, rows: int) -> Iterator[str]:
    yield verdict.file
    group, patch = verdict.group, verdict.patch
    holds = "" if group.weight is None else f"{group.weight:.2%} of {rows:,} rows"
    yield f"  group  {group.status:<16} {holds}"
    if verdict.words:
        yield f"         {verdict.words}"
    if patch is None:
        yield "  patch  none: a finding" if group.status == "ok" else "  patch  not run"
    elif patch.loss_base is None:
        yield f"  patch  {patch.status}"
    else:
        yield (
            f"  patch  {patch.status:<16} loss in the group {patch.loss_base:.4f} -> {patch.loss_patch:.4f}, "
            f"gain over all rows {patch.gain:+.5f}"
        )
    if verdict.detail:
        yield f"  {verdict.detail}"


def _explain(name: str, text: str) -> None:
    if text:
        print(f"--- {name}\n{text}", file=sys.stderr, flush=True)  # noqa: T201


def _say(message: str, status: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201
    return status
