"""Files that the demo's participants make at home: models fitted on the public rows and packed.

Everything here sees only what a participant may download.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import skops.io
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

SAMPLES = Path(__file__).parent / "samples"


def read_sample(name: str) -> tuple[str, bytes]:
    """(file name, content) of one of the Python files beside this module."""
    return name, (SAMPLES / name).read_bytes()


def _numbers(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return frame[list(columns)].astype("float64")


def skops_patch(X: pd.DataFrame, codes: NDArray[np.int16], where: NDArray[np.bool_]) -> tuple[str, bytes]:
    """(file name, content) of a boosting pipeline fitted on the group's public rows. X: [n, p]; codes: int64[n];
    where: bool[n].
    """
    words = [c for c in X.columns if not pd.api.types.is_numeric_dtype(X[c])]
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    columns = make_column_transformer((encode, words), remainder="passthrough")
    boosting = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.05, random_state=0)
    with threadpool_limits(1):  # threads that wait for each other cost more than so small a fit
        model = make_pipeline(columns, boosting).fit(X[where], codes[where])
    return "boosting.skops", skops.io.dumps(model)


def _logistic(
    X: pd.DataFrame, codes: NDArray[np.int16], columns: Sequence[str]
) -> tuple[NDArray[Any], float, NDArray[Any]]:
    """(weights [p], bias, value for a missing one [p]) of a logistic regression on the raw columns; codes:
    int64[n].
    """
    model: Pipeline = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=500))
    model.fit(_numbers(X, columns), codes)
    imputer, scaler, regression = (step for _, step in model.steps)
    weights = regression.coef_[0] / scaler.scale_
    return weights, float(regression.intercept_[0] - weights @ scaler.mean_), imputer.statistics_


def onnx_patch(
    X: pd.DataFrame, codes: NDArray[np.int16], where: NDArray[np.bool_], columns: Sequence[str]
) -> tuple[str, bytes]:
    """(file name, content) of a logistic regression as an ONNX graph with one input a column. codes: int64[n];
    where: bool[n].
    """
    weights, bias, _ = _logistic(X[where], codes[where], columns)
    # softmax([0, z]) is (1 - p, p) for p = sigmoid(z).
    matrix = np.column_stack([np.zeros_like(weights), weights]).astype(np.float32)
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", 1]) for name in columns]
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", 2])
    nodes = [
        helper.make_node("Concat", list(columns), ["matrix"], axis=1),
        helper.make_node("MatMul", ["matrix", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    constants = [
        numpy_helper.from_array(matrix, "weights"),
        numpy_helper.from_array(np.array([0.0, bias], np.float32), "bias"),
    ]
    graph = helper.make_graph(nodes, "logistic", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return "logistic.onnx", model.SerializeToString()


def zip_with_weights(
    X: pd.DataFrame, codes: NDArray[np.int16], where: NDArray[np.bool_], columns: Sequence[str]
) -> tuple[str, bytes]:
    """(file name, content) of a zip of a Python file and the weights that it reads. codes: int64[n]; where:
    bool[n].
    """
    weights, bias, fill = _logistic(X[where], codes[where], columns)
    data = {
        "columns": list(columns),
        "weights": weights.tolist(),
        "bias": bias,
        "fill": dict(zip(columns, fill.tolist(), strict=True)),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("submission.py", (SAMPLES / "weights_group.py").read_text())
        archive.writestr("weights.json", json.dumps(data))
    return "children.zip", buffer.getvalue()
