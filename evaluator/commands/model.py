"""The commands `predict` and `export`, for a downloaded model, without a site."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.decision_list import ModelFileError, NodeError, PointerDecisionList
from evaluator.decision_list.storage import has_code
from evaluator.errors import PlatformFault, SandboxUnavailable, TableError
from evaluator.onnx_export import ExportError, export_onnx
from evaluator.sandbox import Sandbox, why_unavailable
from evaluator.tables import read_table

DONE, FAILED, USAGE, NO_SANDBOX = 0, 1, 2, 3
TABLES = (".csv", ".parquet")


class Predict:
    """Answer a table with a downloaded model.

    The answers come as a table of one column, named as the label, in the table's order. Python that strangers sent is
    run in the sandbox, or, with --trust, in this process with your rights.
    """

    SUMMARY = "answer a table with a downloaded model"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of `predict`."""
        parser.add_argument("model", type=Path, metavar="MODEL", help="the file that the site gave you")
        parser.add_argument(
            "table", type=Path, metavar="TABLE", help="CSV or Parquet, with the model's columns"
        )
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help=".csv or .parquet; else CSV on standard output"
        )
        parser.add_argument("--proba", action="store_true", help="one column a class, its probability")
        parser.add_argument("--trust", action="store_true", help="run Python in the model with your rights")

    @staticmethod
    def run(options: argparse.Namespace) -> int:
        """The exit status: 0 done, 1 a part of the model failed, 2 usage, table or model, 3 no safe sandbox here."""
        try:
            _check_files(options)
            return _predict(options)
        except (ModelFileError, TableError, TypeError) as error:
            return _say(f"predict: {error}", USAGE)
        except SandboxUnavailable as error:
            return _say(
                f"predict: {options.model.name} holds Python of strangers, and it cannot be run safely here: {error}. "
                "Read it first; --trust then runs it with your rights.",
                NO_SANDBOX,
            )
        except (NodeError, PlatformFault) as error:
            return _say(f"predict: {error}", FAILED)


class Export:
    """Write a downloaded model as a single ONNX graph.

    One input a column (double with NaN for missing, string with "" for missing); outputs `label` and `probabilities`,
    or `value`. All but Python can be exported, fitted models in double precision; the first part that cannot is named.
    """

    SUMMARY = "write a downloaded model as a single ONNX graph"

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of `export`."""
        parser.add_argument("model", type=Path, metavar="MODEL", help="the file that the site gave you")
        parser.add_argument(
            "--onnx", type=Path, required=True, metavar="OUT", help="where to write the graph"
        )

    @staticmethod
    def run(options: argparse.Namespace) -> int:
        """The exit status: 0 done, 1 a part cannot be exported, 2 no such model."""
        try:
            _check_model(options.model)
            _check_folder(options.onnx)
            # Reading a model runs nothing of it, and what Python it holds is refused below, by name.
            graph = export_onnx(PointerDecisionList.load(options.model, trust=True))
        except ModelFileError as error:
            return _say(f"export: {error}", USAGE)
        except ExportError as error:
            return _say(f"export: {error}", FAILED)
        _write(options.onnx, graph)
        return _say(f"export: {options.onnx} has {len(graph):,} bytes.", DONE)


def _predict(options: argparse.Namespace) -> int:
    jail = has_code(options.model) and not options.trust
    if jail and (why := why_unavailable()):
        raise SandboxUnavailable(why)
    with Sandbox() if jail else nullcontext() as sandbox:
        model = PointerDecisionList.load(options.model, trust=options.trust, sandbox=sandbox)
        answers = _answers(model, read_table(options.table), probabilities=options.proba)
    if options.out is None:
        answers.to_csv(sys.stdout, index=False)
    elif options.out.suffix.lower() == ".parquet":
        _write(options.out, answers.to_parquet(index=False))
    else:
        _write(options.out, answers.to_csv(index=False).encode())
    return DONE


def _answers(model: PointerDecisionList, frame: pd.DataFrame, *, probabilities: bool) -> pd.DataFrame:
    if not probabilities:
        return pd.DataFrame({model.schema.label.name: model.predict(frame)})
    shares: NDArray[np.float64] = model.predict_proba(frame)
    return pd.DataFrame(shares, columns=[str(value) for value in model.schema.label.classes])


def _check_files(options: argparse.Namespace) -> None:
    _check_model(options.model)
    if options.out is not None:
        if options.out.suffix.lower() not in TABLES:
            raise TableError(f"Answers are written as {' or '.join(TABLES)}, not as {options.out.name}.")
        _check_folder(options.out)


def _check_model(path: Path) -> None:
    if not path.is_file():
        raise ModelFileError(f"There is no file {path}.")


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise ModelFileError(f"There is no folder {path.parent} to write {path.name} to.")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _say(message: str, status: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201
    return status
