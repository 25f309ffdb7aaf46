"""Builds the starter kit: a zip a version, with the model or without it, cached on this machine.

Everything in it is of public rows, or may be downloaded by the person who asks.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings

from bounty.competitions import downloads
from bounty.core import artifacts
from bounty.models import Competition, ModelVersion
from bounty.shared_model import model_file
from bounty.starter_kit import code
from bounty.starter_kit.example import Example, build_example
from bounty.starter_kit.notebook import build_notebook
from bounty.starter_kit.readme import build_readme
from evaluator.errors import PlatformFault

# Counted up when the kit's own content changes, so that no older file is handed out.
EDITION = 1
MODEL = "model.zip"
BASE = "base-predictions.csv"


def kit_file(competition: Competition, head: ModelVersion, *, with_model: bool) -> Path:
    """Path of the kit on this machine, built first where needed. Raises PlatformFault where a part is missing."""
    name = f"{_prefix(competition, head)}{'model' if with_model else 'base'}.zip"

    def write(path: Path) -> None:
        path.write_bytes(build_kit(competition, head, with_model=with_model))
        _delete_older_kits(competition, head)

    return downloads.cached_file(name, write)


def build_kit(competition: Competition, head: ModelVersion, *, with_model: bool) -> bytes:
    """The zip's bytes: they depend on the competition, the version and `with_model` alone."""
    example = build_example(competition, head)
    schema = competition.schema
    files = {
        **_downloads(competition, head),
        BASE: base_predictions(competition),
        **{f"examples/{name}": content for name, content in example_files(example).items()},
        "start.ipynb": build_notebook(example, competition.loss, competition.title, schema.label.name),
    }
    if with_model:
        files[MODEL] = model_file.build_model_file(head).read_bytes()
    files["README.txt"] = build_readme(competition, head, example, sorted(files)).encode()
    return code.zip_files(files)


def example_files(example: Example) -> dict[str, bytes]:
    """Files with a group and a patch in every kind that this competition's columns can hold, by name."""
    # Half a second of imports, which a web process that builds no kit does without.
    from bounty.starter_kit import models

    found: dict[str, bytes | None] = {
        "expression.txt": f"{example.expression}\n".encode(),
        "group.py": code.group_file(example).encode(),
        "find_group.py": code.search_file(example).encode(),
        "patch.py": code.patch_file(example).encode(),
        "group_and_patch.zip": code.group_and_patch_zip(example),
        "example.group.skops": models.skops_group(example),
        "patch.skops": models.skops_patch(example),
        "example.group.onnx": models.onnx_group(example),
        "patch.onnx": models.onnx_patch(example),
    }
    return {name: content for name, content in found.items() if content is not None}


def _downloads(competition: Competition, head: ModelVersion) -> dict[str, bytes]:
    """The files of the data page, tables as Parquet."""
    found = {}
    for download in downloads.list_downloads(competition):
        if download.name.endswith(".csv") and download.name != "explore-loss.csv":
            continue
        path = downloads.local_file(competition, head, download)
        if path is None:
            raise PlatformFault(f"{download.name} cannot be built yet")
        found[download.name] = path.read_bytes()
    return found


def base_predictions(competition: Competition) -> bytes:
    """The base model's answers on the public rows, as a CSV file."""
    layout, label = competition.layout, competition.schema.label
    base = competition.versions.current().earliest("number")
    answers = artifacts.read_array(base.stored_predictions)[: layout.public]
    train = layout.ranges["train"][1]
    columns: dict[str, Any] = {
        "split": np.repeat(["train", "explore"], [train, layout.public - train]),
        "row": np.concatenate([np.arange(1, train + 1), np.arange(1, layout.public - train + 1)]),
    }
    kind = competition.loss.prediction_kind
    if kind == "codes":
        columns["prediction"] = np.array(label.classes, dtype=object)[answers]
    elif kind == "values":
        columns["prediction"] = answers
    else:
        columns |= {f"probability of {name}": answers[:, i] for i, name in enumerate(label.classes)}
    buffer = io.StringIO()
    pd.DataFrame(columns).to_csv(buffer, index=False, float_format="%.8g")
    return buffer.getvalue().encode()


def _delete_older_kits(competition: Competition, head: ModelVersion) -> None:
    """Deletes kits of earlier versions: only the present one is handed out."""
    present = _prefix(competition, head)
    for path in (settings.HOME / "downloads").glob(f"*-{competition.key}-kit-*"):
        if not path.name.startswith(present):
            path.unlink(missing_ok=True)


def _prefix(competition: Competition, head: ModelVersion) -> str:
    """File name prefix of a version's kits: the public table first, as every download that holds its rows."""
    public = competition.tables.public.sha256
    return f"{public}-{competition.key}-kit-e{EDITION}-g{head.generation}-v{head.number}-"
