"""Trying files at home against what the site has now: the explore rows, and the present model's loss on them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluator.commands.check_files import Checker, FileVerdict, Ground
from evaluator.losses import Loss
from evaluator.sandbox import Sandbox
from evaluator.schema import Schema
from evaluator.worker.runner import Runner

if TYPE_CHECKING:
    from evaluator.client.client import Client


def check(
    client: Client, slug: str, files: Sequence[Path], expression: str = "", *, as_group: bool = False
) -> list[FileVerdict]:
    """A verdict a file; one for the expression first, where there is one."""
    for path in files:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not a file.")
    if not files and not expression:
        raise ValueError("Name a file, or an expression.")
    told = client.schema(slug)
    loss = Loss.from_json(told.pop("loss"))
    schema = Schema.from_json(told)
    with tempfile.TemporaryDirectory() as folder:
        rows = pd.read_parquet(client.data(slug, "explore.parquet", folder))
        head = pd.read_csv(client.data(slug, "explore-loss.csv", folder))["loss"].to_numpy()
    X, y = schema.conform(rows), schema.encode_label(rows[schema.label.name])
    with Sandbox() as sandbox, closing(sandbox.seal(X, schema, public=True)) as table:
        ground = Ground(X, y, table, head, np.ones(len(y), dtype=bool))
        return list(_verdicts(Checker(Runner(sandbox, schema, loss), ground), files, expression, as_group))


def _verdicts(
    checker: Checker, files: Sequence[Path], expression: str, as_group: bool
) -> Iterator[FileVerdict]:
    if expression:
        yield checker.expression(expression)
    for path in files:
        yield checker.file(path, str(path), as_group=as_group)
