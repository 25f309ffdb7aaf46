"""The kit's notebook: nbformat 4.5, written as JSON; it runs top to bottom in the unpacked folder."""

from __future__ import annotations

import html
import json
from typing import Any

from bounty.starter_kit.code import group_function
from bounty.starter_kit.example import Example
from evaluator.losses import Loss

_LOSSES = {
    "zero_one": "    return (truth != answer).astype(float)",
    "cost": '    return np.array(SCHEMA["loss"]["costs"])[truth, answer]',
    "squared": '    return np.clip(((truth - answer) / (LOSS["high"] - LOSS["low"])) ** 2, 0, 1)',
    "absolute": '    return np.clip(np.abs(truth - answer) / (LOSS["high"] - LOSS["low"]), 0, 1)',
    "log": (
        "    given = answer[np.arange(len(truth)), truth]\n"
        "    return np.clip(-np.log(np.maximum(given, 0.001)) / np.log(1000), 0, 1)"
    ),
}


def build_notebook(example: Example, loss: Loss, title: str, label: str) -> bytes:
    """The notebook of one competition as a file's bytes: the same for the same version."""
    cells: list[dict[str, Any]] = []
    for kind, text in _cells(example, loss, title, label):
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{len(cells) + 1:02}", "metadata": {}}
        cell["source"] = text.splitlines(keepends=True)
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    told = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": cells,
    }
    return (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()


def _cells(example: Example, loss: Loss, title: str, label: str) -> list[tuple[str, str]]:
    markdown, code = "markdown", "code"
    return [
        (
            markdown,
            f"# {_prose(title)}\n\nFind a group that the model serves badly, and a patch that mends it.",
        ),
        (code, _READ.format(label=label)),
        (
            markdown,
            "## Where the model errs\n\n`explore-loss.csv` has the present model's loss on each explore row.",
        ),
        (code, _LOOK),
        (
            markdown,
            f"## A group\n\nFor example: {_prose(example.words)}. As an expression, with which it can be "
            f"submitted: `{example.expression.replace('`', '')}`.",
        ),
        (code, f"{group_function(example.group)}\n{_MEASURE}"),
        (
            markdown,
            "## A patch\n\nFitted on the group's train rows, measured on explore rows, which it never saw.",
        ),
        (code, _LOSS_CODE.format(body=_LOSSES[loss.name], truth=_truth(example))),
        (code, _patch_code(example)),
        (markdown, "## Files to submit\n\nA skops file for the patch, a Python file for the group."),
        (code, _files_code(example)),
        (
            markdown,
            "## Check it in the site's sandbox\n\nThe same limits and words as on the site; it costs no quota. "
            "Where the platform is not installed this prints the command.",
        ),
        (code, _CHECK.format(label=label)),
    ]


def _prose(text: str) -> str:
    """A text of the competition in Markdown: neither HTML nor a second line."""
    return html.escape(" ".join(text.split()), quote=False)


_READ = """import json
from pathlib import Path

import numpy as np
import pandas as pd

LABEL = {label!r}
SCHEMA = json.loads(Path("schema.json").read_text())
LOSS = SCHEMA["loss"]
train = pd.read_parquet("train.parquet")
explore = pd.read_parquet("explore.parquet")
features = [column["name"] for column in SCHEMA["columns"]]
print(f"{{len(train):,}} train rows, {{len(explore):,}} explore rows, {{len(features)}} columns")
explore.head()"""

_LOOK = """explore_loss = pd.read_csv("explore-loss.csv")["loss"].to_numpy()
print(f"mean loss of the present model on explore rows: {explore_loss.mean():.4f}")

# The columns whose values differ most in loss, numbers cut into five ranges.
rows = []
for name in features:
    values = explore[name]
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 8:
        values = pd.qcut(values, 5, duplicates="drop")
    table = pd.DataFrame({"loss": explore_loss}).groupby(values.astype(str).to_numpy())["loss"].agg(["mean", "size"])
    table = table[table["size"] >= 30]
    if len(table) > 1:
        worst = table["mean"].idxmax()
        rows.append((name, worst, table.loc[worst, "mean"], table.loc[worst, "size"]))
found = pd.DataFrame(rows, columns=["column", "worst value", "mean loss", "rows"])
found.sort_values("mean loss", ascending=False).head(10)"""

_MEASURE = """
inside = np.asarray(group(explore), dtype=bool)
here, elsewhere = explore_loss[inside], explore_loss[~inside]
error = 1.96 * here.std() / max(1, len(here)) ** 0.5
print(f"{inside.sum():,} of {len(inside):,} explore rows are in the group")
print(f"mean loss here {here.mean():.4f} (plus or minus {error:.4f}), elsewhere {elsewhere.mean():.4f}")"""

_LOSS_CODE = """{truth}


def loss_of(truth, answer):
{body}"""


def _truth(example: Example) -> str:
    if example.kind == "values":
        return "def truth_of(frame):\n    return frame[LABEL].to_numpy(dtype=float)"
    return (
        'CLASSES = SCHEMA["label"]["classes"]\n\n\n'
        "def truth_of(frame):\n"
        "    # The class codes: 0 is the first class of schema.json.\n"
        "    return frame[LABEL].map({name: code for code, name in enumerate(CLASSES)}).to_numpy(dtype=int)"
    )


def _patch_code(example: Example) -> str:
    kind = "Regressor" if example.kind == "values" else "Classifier"
    text = [column.name for column in example.schema.features if column.kind == "text"]
    words = [
        column.name
        for column in example.schema.features
        if column.kind == "category" and not column.is_numeric
    ]
    answers = {
        "codes": "patch.predict(explore.loc[inside, used])",
        "values": "patch.predict(explore.loc[inside, used])",
        "probabilities": "_all_classes(patch, patch.predict_proba(explore.loc[inside, used]))",
    }
    helper = ""
    if example.kind == "probabilities":
        helper = (
            "\n\ndef _all_classes(model, found):\n"
            "    answers = np.zeros((len(found), len(CLASSES)))\n"
            "    answers[:, model.classes_] = found\n"
            "    return answers\n"
        )
    return f"""from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoosting{kind}
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
{helper}
used = [name for name in features if name not in {text!r}]
encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
columns = make_column_transformer((encode, {words!r}), remainder="passthrough")
mine = np.asarray(group(train), dtype=bool)
if mine.sum() < 50 or len(np.unique(truth_of(train)[mine])) < 2:
    mine[:] = True  # too few to learn from: all train rows
patch = make_pipeline(columns, HistGradientBoosting{kind}(max_iter=60, learning_rate=0.05, random_state=0))
patch.fit(train.loc[mine, used], truth_of(train)[mine])

before = explore_loss[inside].mean()
after = loss_of(truth_of(explore)[inside], {answers[example.kind]}).mean()
print(f"mean loss in the group: {{before:.4f}} before, {{after:.4f}} with the patch")"""


def _files_code(example: Example) -> str:
    return f"""try:
    import skops.io

    skops.io.dump(patch, "my_patch.skops")
except ImportError:
    print("pip install skops, to send a scikit-learn model; a pickle is refused, for loading one can run anything")
Path("my_group.py").write_text({group_function(example.group)!r})
print("my_group.py", "my_patch.skops" if Path("my_patch.skops").exists() else "")"""


_CHECK = """import importlib.util
import subprocess
import sys

command = [sys.executable, "-m", "evaluator", "check", "my_group.py", "--data", "explore.parquet", "--label", {label!r}]
if importlib.util.find_spec("evaluator"):
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout, done.stderr)
else:
    print("python", *command[1:])"""
