"""The kit's Python examples as text. Whatever comes from the competition stands in it as a literal."""

from __future__ import annotations

import io
import json
import zipfile

from bounty.exploration.binning import Bin
from bounty.starter_kit.example import Example
from evaluator.expressions.words import quoted_name

# Zips hold it instead of the time, so that the same content gives the same bytes.
LONG_AGO = (1980, 1, 1, 0, 0, 0)

_LINEAR_ANSWERS = {
    "codes": "    return scores.argmax(axis=1)  # the class code: 0 is the first class of schema.json",
    "probabilities": (
        "    odds = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
        "    return odds / odds.sum(axis=1, keepdims=True)  # one probability a class, in schema.json's order"
    ),
    "values": "    return scores[:, 0]",
}


def group_function(group: Bin) -> str:
    """Source text of `group(X)` in pandas."""
    return f"def group(X):\n    return {_pandas(group)}\n"


def _pandas(group: Bin) -> str:
    column = f"X[{group.column.name!r}]"
    if group.missing:
        return f"{column}.isna()"
    if group.values:
        values = [float(v) if group.column.is_numeric else v for v in group.values]
        return f"{column} == {values[0]!r}" if len(values) == 1 else f"{column}.isin({values!r})"
    low = "" if group.low is None else f"({column} >= {group.low!r})"
    high = "" if group.high is None else f"({column} < {group.high!r})"
    return " & ".join(filter(None, (low, high)))


def group_file(example: Example) -> str:
    """Source text of group.py: the group as one True or False a row."""
    return f'''"""A group in Python: one True or False a row."""

# {_comment(example.words)}


{group_function(example.group)}'''


def search_file(example: Example) -> str:
    """Source text of find_group.py: a search on the public rows, which returns an expression."""
    name, text = example.group.column.name, quoted_name(example.group.column)
    if example.group.low is None and example.group.high is None:
        return _find_among_values(name, text, is_numeric=example.group.column.is_numeric)
    return f'''"""find_group: search the public rows for a range of high loss, and return it as an expression."""

import numpy as np

COLUMN, WRITTEN = {name!r}, {text!r}


def find_group(X, y, loss):
    # X: the public rows; y: their labels; loss: the present model's loss on each.
    edges = np.unique(X[COLUMN].quantile([0, 0.2, 0.4, 0.6, 0.8, 1]).to_numpy())
    best, found = f"{{WRITTEN}} >= {{edges[0]:.6g}}", 0.0
    for low, high in zip(edges, edges[1:]):
        inside = ((X[COLUMN] >= low) & (X[COLUMN] < high)).to_numpy()
        excess = (loss[inside] - loss.mean()).sum()
        if excess > found:
            best, found = f"{{low:.6g}} <= {{WRITTEN}} < {{high:.6g}}", excess
    return best
'''


def _find_among_values(name: str, text: str, *, is_numeric: bool) -> str:
    literal = "{value:.6g}" if is_numeric else "{value!r}"
    return f'''"""find_group: search the public rows for a value of high loss, and return it as an expression."""

COLUMN, WRITTEN = {name!r}, {text!r}


def find_group(X, y, loss):
    # X: the public rows; y: their labels; loss: the present model's loss on each.
    best, found = f"missing({{WRITTEN}})", 0.0
    for value in X[COLUMN].dropna().unique():
        inside = (X[COLUMN] == value).to_numpy()
        excess = (loss[inside] - loss.mean()).sum()
        if excess > found:
            best, found = f"{{WRITTEN}} == {literal}", excess
    return best
'''


def patch_file(example: Example) -> str:
    """Source text of patch.py: a linear model whose numbers stand in the file."""
    return f'''"""A patch in Python: one answer a row of the group. Its numbers were fitted on train rows."""

import numpy as np

MODEL = {json.dumps(example.linear.to_json(), indent=4)}


{_predict(example)}'''


def group_and_patch_zip(example: Example) -> bytes:
    """A zip of one Python file with both functions, and the weights that it reads."""
    code = f'''"""A group and its patch in one file; the weights lie beside it in the zip."""

import json
from pathlib import Path

import numpy as np

MODEL = json.loads((Path(__file__).parent / "weights.json").read_text())


{group_function(example.group)}

{_predict(example)}'''
    weights = json.dumps(example.linear.to_json(), indent=1)
    return zip_files({"submission.py": code.encode(), "weights.json": weights.encode()})


def _predict(example: Example) -> str:
    return f"""def predict(X):
    table = np.empty((len(X), len(MODEL["columns"])))
    for i, (name, fill) in enumerate(zip(MODEL["columns"], MODEL["fill"])):
        table[:, i] = X[name].fillna(fill).to_numpy(dtype=float)
    weights = np.array(MODEL["weights"]).reshape(len(MODEL["columns"]), len(MODEL["bias"]))
    scores = table @ weights + np.array(MODEL["bias"])
{_LINEAR_ANSWERS[example.kind]}
"""


def zip_files(files: dict[str, bytes]) -> bytes:
    """A zip whose bytes depend on the files alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _comment(text: str) -> str:
    """A text in one line of comment."""
    return " ".join(text.split())
