"""The kit's README: what each file is, and the commands."""

from __future__ import annotations

import shlex

from bounty.models import Competition, ModelVersion
from bounty.starter_kit.example import Example

_HOLDS = {
    "train.parquet": "public rows on which the base model and fitted patches learn",
    "explore.parquet": "public rows on which no model of ours has learned: look here",
    "explore-loss.csv": "the present model's loss on each explore row, in order",
    "schema.json": "columns, their meanings and codes, the label, the loss",
    "base-predictions.csv": "the base model's answers on the public rows",
    "model.zip": "the present shared model: evaluator.decision_list.PointerDecisionList.load",
    "start.ipynb": "a notebook that runs top to bottom in this folder",
    "examples/expression.txt": "a group as an expression",
    "examples/group.py": "a group in Python: group(X)",
    "examples/find_group.py": "a search on the public rows: find_group(X, y, loss) returns an expression",
    "examples/patch.py": "a patch in Python: predict(X)",
    "examples/group_and_patch.zip": "both in one file, with the weights beside it",
    "examples/example.group.skops": "a group as a scikit-learn model",
    "examples/patch.skops": "a patch as a scikit-learn model",
    "examples/example.group.onnx": "a group as an ONNX graph",
    "examples/patch.onnx": "a patch as an ONNX graph",
}


def build_readme(competition: Competition, head: ModelVersion, example: Example, names: list[str]) -> str:
    """The README's text: every file in a line, then how to check and submit."""
    label = shlex.quote(competition.schema.label.name)
    width = max(len(name) for name in names)
    listed = "\n".join(f"  {name:<{width}}  {_HOLDS[name]}" for name in sorted(names))
    python = [name for name in names if name.startswith("examples/") and not name.endswith(".txt")]
    without = "" if "examples/patch.onnx" in names else _NO_ONNX
    return f"""{" ".join(competition.title.split())}
Starter kit, version {head.number} of the shared model

{listed}
{without}
The examples are about one group: {example.words}
As an expression: {example.expression}

Look first
  Open start.ipynb. It needs pandas, pyarrow and scikit-learn; skops to save a model that can be sent.

Check what you have, in the site's sandbox, with its limits and its words (it costs no quota)
  python -m evaluator check {" ".join(python[:2])} --data explore.parquet --label {label}
  python -m evaluator check --expression {shlex.quote(example.expression)} --data explore.parquet --label {label}
  The command comes with the platform's own code. On the site, "Try it first" on the submit page does the same.

Send it on the competition's submit page: an expression or a file for the group; for the patch a file of your own,
a kind of model that the platform fits for you, or none for a finding. Pickles are refused: loading one can run
anything. Everything here is about public rows; the verdict is reached on rows that stay secret.
"""


_NO_ONNX = """
(No ONNX examples: they are written for columns of plain numbers, which this table does not have.)
"""
