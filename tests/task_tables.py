"""A table with every kind of column and a label for every task, and the pieces that are sent to it.

Four kinds of people follow the opposite rule: children, the old, region 5 and smokers. A base model fitted on the
others fails all four in the same way, so each of them can be mended by its own patch.
"""

from __future__ import annotations

import io

import numpy as np
import onnx
import pandas as pd
import skops.io
from onnx import TensorProto, helper
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from evaluator.losses import Loss

CHILDREN, OLD, REGION, SMOKERS = "age < 12", "age >= 75", "region == 5", "smoker == True"
OTHERS = "age >= 12 and age < 75 and region != 5 and smoker == False"
MEANINGS = {"region": {"not_applicable": [9], "meaning": "where"}, "age": {"measure": "years"}}
COLUMNS = ("age", "sex", "region", "income", "smoker", "note")

LABELS = {
    "flag": (False, True),
    "words": ("no", "yes"),
    "numbers": (1, 2, 3),
    "names": ("a little", "much", "none"),
    "amount": (),
}


def table(label: str, rows: int = 5200, people: int = 4000, seed: int = 0) -> pd.DataFrame:
    """A row of the table is a year of a person; `label` is one of LABELS and stands in the column `label`."""
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 90, rows).astype(float)
    age[rng.random(rows) < 0.03] = np.nan
    income = rng.uniform(0, 90, rows).round(1)
    region = rng.choice([1, 2, 3, 4, 5, 9], rows, p=[0.2, 0.2, 0.2, 0.13, 0.17, 0.1])
    smoker = rng.random(rows) < 0.15
    opposite = (age < 12) | (age >= 75) | (region == 5) | smoker
    level = np.where(opposite, 90 - income, income)
    return pd.DataFrame(
        {
            "person": np.r_[np.arange(people), rng.integers(0, people, rows - people)],
            "age": age,
            "sex": pd.Series(rng.choice(["female", "male"], rows)).mask(rng.random(rows) < 0.05),
            "region": region,
            "income": income,
            "smoker": smoker,
            "note": [f"came on day {day} with a cough" for day in rng.integers(0, 3000, rows)],
            "label": _labelled(label, level, rng),
        }
    )


def _labelled(label: str, level: np.ndarray, rng: np.random.Generator) -> object:
    """The label that follows the level, one row in ten at random."""
    if label == "amount":
        return (level / 10 + rng.normal(0, 0.5, len(level))).round(3)
    classes = LABELS[label]
    codes = np.minimum((level * len(classes) / 90).astype(int), len(classes) - 1)
    codes = np.where(rng.random(len(level)) < 0.1, rng.integers(0, len(classes), len(level)), codes)
    return np.array(classes, dtype=object)[codes] if isinstance(classes[0], str) else np.array(classes)[codes]


def answer(loss: Loss, classes: int, income: str = "X['income'].to_numpy()", opposite: bool = True) -> str:
    """The body of a Python patch that follows the rule (of the four kinds of people, or of the others)."""
    level = f"level = {'90 - ' if opposite else ''}{income}\n"
    if loss.prediction_kind == "values":
        return f"{level}    return level / 10"
    codes = f"{level}    codes = np.minimum((level * {classes} / 90).astype(int), {classes - 1})\n"
    if loss.prediction_kind == "codes":
        return f"{codes}    return codes"
    return f"{codes}    return np.eye({classes})[codes] * 0.85 + 0.15 / {classes}"


def python_patch(loss: Loss, classes: int, group: str = "", *, opposite: bool = True) -> bytes:
    """A Python file with predict(X), and group(X) where `group` gives its body's expression."""
    lines = ["import numpy as np", "def predict(X):", "    " + answer(loss, classes, opposite=opposite)]
    if group:
        lines += ["def group(X):", f"    return {group}"]
    return "\n".join(lines).encode()


def skops_patch(frame: pd.DataFrame, loss: Loss) -> bytes:
    """A tree that its author fitted at home on the smokers among the public rows, with the label's own values."""
    mine = frame[frame["smoker"].astype(bool)]
    tree: BaseEstimator = (
        DecisionTreeRegressor(max_depth=6)
        if loss.prediction_kind == "values"
        else DecisionTreeClassifier(max_depth=4)
    )
    prepare = ColumnTransformer([("numbers", "passthrough", ["income"])])
    return skops.io.dumps(
        Pipeline([("prepare", prepare), ("tree", tree)]).fit(mine[list(COLUMNS)], mine["label"])
    )


def onnx_patch(loss: Loss, classes: int) -> bytes:
    """The opposite rule over the column `income` alone, given to the model by its name."""
    income = helper.make_tensor_value_info("income", TensorProto.FLOAT, ["n", 1])
    nodes = [helper.make_node("Sub", ["ninety", "income"], ["level"])]
    constants = {
        "ninety": 90.0,
        "ten": 10.0,
        "scale": classes / 90 if classes else 0.0,
        "last": classes - 1.0,
    }
    if loss.prediction_kind == "values":
        nodes.append(helper.make_node("Div", ["level", "ten"], ["answer"]))
        output = helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", 1])
    else:
        nodes += [
            helper.make_node("Mul", ["level", "scale"], ["scaled"]),
            helper.make_node("Floor", ["scaled"], ["floored"]),
            helper.make_node("Min", ["floored", "last"], ["code"]),
        ]
        nodes, output = _classified(nodes, loss, classes)
    initial = [helper.make_tensor(k, TensorProto.FLOAT, [], [v]) for k, v in constants.items()]
    if loss.prediction_kind == "probabilities":
        initial += [
            helper.make_tensor("depth", TensorProto.INT64, [], [classes]),
            helper.make_tensor("values", TensorProto.FLOAT, [2], [0.15 / classes, 0.85 + 0.15 / classes]),
            helper.make_tensor("shape", TensorProto.INT64, [2], [-1, classes]),
        ]
    graph = helper.make_graph(nodes, "opposite", [income], [output], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    stream = io.BytesIO()
    onnx.save_model(model, stream)
    return stream.getvalue()


def _classified(nodes: list, loss: Loss, classes: int) -> tuple[list, object]:
    """The codes as whole numbers, or as one probability a class."""
    nodes.append(helper.make_node("Cast", ["code"], ["codes"], to=TensorProto.INT64))
    if loss.prediction_kind == "codes":
        return nodes, helper.make_tensor_value_info("codes", TensorProto.INT64, ["n", 1])
    nodes += [
        helper.make_node("OneHot", ["codes", "depth", "values"], ["hot"]),
        helper.make_node("Reshape", ["hot", "shape"], ["probabilities"]),
    ]
    return nodes, helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", classes])
