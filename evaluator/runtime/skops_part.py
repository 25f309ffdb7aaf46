"""scikit-learn estimators as parts, saved by skops, which names every type that it would build."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluator.runtime.frames import float_matrix
from evaluator.runtime.outputs import bad_output
from evaluator.runtime.pickles import refuse_pickle
from evaluator.runtime.spec import OutputSpec, PartError, TableSpec
from evaluator.runtime.tree_checks import check_trees

# Without these two neither forests nor histogram boosting load; both hold arrays only.
TRUSTED = (
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
)
# A dtype is read off an empty array: it names no code (SimpleImputer keeps one).
DATA_ONLY = ("numpy.dtype",)
# Histogram boosting over category columns keeps functools.partial(check_array, ...): taken together and in
# exactly that form, because a partial of anything else would be a call that the file's author chose.
CHECK_ARRAY = ("sklearn.utils.validation", "check_array", "FunctionNode")
PARTIAL_CHECK = ("functools.partial", "sklearn.utils.validation.check_array")


def load_estimator(content: bytes) -> Any:
    """The estimator, built of trusted types only. Raises PartError untrusted_types or load_error."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    refuse_pickle("the file", content)
    try:
        trusted = [*TRUSTED, *DATA_ONLY]
        if _partials_only_check_arrays(content):
            trusted += PARTIAL_CHECK
        unknown = sorted(set(skops.io.get_untrusted_types(data=content)) - set(trusted))
        if unknown:
            raise PartError(
                "untrusted_types",
                f"the file holds {', '.join(unknown[:5])}; only scikit-learn's own types are built. "
                "Export such a model to ONNX instead",
            )
        estimator = skops.io.loads(content, trusted=trusted)
        check_trees(estimator)
        return estimator
    except (PartError, MemoryError):
        raise
    except UntrustedTypesFoundException as error:
        raise PartError("untrusted_types", str(error)) from error
    except Exception as error:  # a forged file can make any line of the reader fail
        raise PartError("load_error", f"skops could not read the file: {_short(error)}") from error


def _partials_only_check_arrays(content: bytes) -> bool:
    """Whether every functools.partial in the file wraps scikit-learn's check_array and brings nothing else."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        waiting = [json.loads(archive.read("schema.json"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            if node.get("__class__") == "partial" or node.get("__loader__") == "PartialNode":
                inner = node["content"]
                function = inner["func"]
                found = (function["__module__"], function["__class__"], function["__loader__"])
                if found != CHECK_ARRAY or inner["namespace"].get("content") != "null":
                    return False
            waiting.extend(node.values())
    return True


def load_skops(content: bytes, spec: TableSpec, output: OutputSpec) -> Callable[[pd.DataFrame], Any]:
    """An estimator as a function of X. `classes_` may be the label's own values or the class codes."""
    estimator = load_estimator(content)
    if not hasattr(estimator, "predict"):
        raise PartError("no_function", f"{type(estimator).__name__} has no predict")
    inputs = _inputs(estimator, spec)
    if output.kind in ("mask", "values"):
        return lambda X: estimator.predict(inputs(X))
    if not hasattr(estimator, "classes_"):
        raise PartError(
            "load_error", f"{type(estimator).__name__} is no classifier, and the label has classes"
        )
    codes = class_codes(np.asarray(estimator.classes_), output.classes)
    if output.kind == "codes":
        return lambda X: _to_codes(np.asarray(estimator.predict(inputs(X))), estimator.classes_, codes)
    if not hasattr(estimator, "predict_proba"):
        raise PartError(
            "load_error", f"{type(estimator).__name__} has no predict_proba, which the loss needs"
        )

    def probabilities(X: pd.DataFrame) -> NDArray[np.float64]:
        found = estimator.predict_proba(inputs(X))
        answers = np.zeros((len(X), len(output.classes)))
        answers[:, codes] = found
        return answers

    return probabilities


def _inputs(estimator: Any, spec: TableSpec) -> Callable[[pd.DataFrame], Any]:
    """Columns by name where the estimator was fitted on a table, else the float matrix."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        names = [str(name) for name in names]
        missing = [name for name in names if name not in spec.names]
        if missing:
            raise PartError(
                "load_error", f"the model wants a column {missing[0]!r}, which the data do not have"
            )
        return lambda X: X[names]
    wanted = getattr(estimator, "n_features_in_", None)
    if wanted is not None and wanted != len(spec.columns):
        raise PartError("load_error", f"the model wants {wanted} columns, the data have {len(spec.columns)}")
    return (lambda X: X) if spec.has_text or wanted is None else (lambda X: float_matrix(X, spec))


def class_codes(found: NDArray[Any], classes: tuple[Any, ...]) -> NDArray[np.int16]:
    """Class codes int16[K] of the estimator's classes. The label's own values win over codes. Raises PartError."""
    values = [_plain(value) for value in found.tolist()]
    own = {_plain(value): code for code, value in enumerate(classes)}
    if all(value in own for value in values):
        return np.array([own[value] for value in values], dtype=np.int16)
    if all(isinstance(value, int | float) and value in range(len(classes)) for value in values):
        return np.array(values, dtype=np.int16)
    raise bad_output(f"the model's classes {values[:5]} are not the label's {list(classes)[:5]}")


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, bool | int | float) else str(value)


def _to_codes(predicted: NDArray[Any], found: Any, codes: NDArray[np.int16]) -> NDArray[np.int16]:
    order = np.argsort(np.asarray(found))
    position = np.searchsorted(np.asarray(found)[order], predicted)
    return codes[order[np.clip(position, 0, len(order) - 1)]]


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:300]}"
