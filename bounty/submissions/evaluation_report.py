"""Checks of an evaluation report: the paths, kinds and arrays that it may name.

Workers run strangers' code, so a report is checked before anything of it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.ledger import blocks
from bounty.models import Competition, DryRun, Submission
from bounty.models.stored_files import StoredFile
from evaluator import artifacts as paths
from evaluator.errors import ParticipantError, PlatformFault
from evaluator.expressions import Expression, parse_expression
from evaluator.worker.messages import Report

# What fitting may have left behind; any other kind would be somebody else's code in the model.
FITTED_KINDS = ("skops", "constant")
SUM_TOLERANCE = 1e-6
# All that is said about a failure on practice rows beside its class: more would be a message from them.
ON_PRACTICE = "It ran on the public rows, but failed on the practice rows."


def check_report_names(submission: Submission | DryRun, report: Report) -> None:
    """Raises PlatformFault where a report names other files than this submission's evaluation stores.

    A path of another place could be that of labels or of another team's file.
    """
    wanted = {"mask"} if submission.is_finding else {"mask", "predictions"}
    if set(report.arrays) != wanted:
        raise PlatformFault(f"a report with the arrays {sorted(report.arrays)}, not {sorted(wanted)}")
    for name, stored in report.arrays.items():
        _check_path(report, stored, f"{name}.npy")
    fitted = submission.patch_kind == Submission.PatchKind.FIT
    if set(report.files) != ({"patch"} if fitted else set()):
        raise PlatformFault(f"a report with the files {sorted(report.files)}")
    for stored in report.files.values():
        _check_path(report, stored, "patch.skops")
        if StoredFile.from_json(stored).kind not in FITTED_KINDS:
            raise PlatformFault("a report with a fitted patch of a kind that nothing here fits")


def _check_path(report: Report, stored: Mapping[str, Any], name: str) -> None:
    if StoredFile.from_json(stored).path != paths.outcome(report.submission, report.attempt, name):
        raise PlatformFault(f"a report that names a file of another place as its {name}")


def check_failure_is_told(competition: Competition, report: Report) -> None:
    """Raises PlatformFault where a report tells of secret rows what the competition's rule does not tell."""
    if report.on_practice if competition.rule_version == 1 else report.on_secret:
        raise PlatformFault("a report of a failure that the competition's rule does not tell")


def failure_detail(report: Report) -> str:
    """The words about a failure for its team: of secret rows one sentence; of public rows our sentence, then the
    traceback, which may end in the sentence's last line.
    """
    if report.on_secret:
        return blocks.ON_SECRET
    if report.on_practice:
        return ON_PRACTICE
    return "\n\n".join(filter(None, (report.detail, report.traceback)))


def parse_found_expression(submission: Submission, report: Report) -> Expression:
    """The expression that `find_group` returned, parsed again; raises PlatformFault where it is no group."""
    try:
        return parse_expression(report.expression, submission.competition.schema)
    except ParticipantError as error:
        raise PlatformFault("a report with an expression that is no group") from error


def check_arrays(competition: Competition, arrays: Mapping[str, StoredFile], rows: int | None = None) -> None:
    """Raises PlatformFault where a stored array has no valid entry for each row (or for the first `rows`).

    Reads the arrays into memory.
    """
    n = competition.layout.rows if rows is None else rows
    for name, stored in arrays.items():
        array = artifacts.read_over_present_rows(competition, stored)
        if name == "mask":
            if array.dtype != np.bool_ or array.shape != (n,):
                raise PlatformFault(f"a mask of {array.dtype}{list(array.shape)} for {n} rows")
        elif not _are_predictions(array, n, competition):
            raise PlatformFault(f"predictions of {array.dtype}{list(array.shape)} do not fit {n} rows")


def read_base_predictions(competition: Competition, report: Report) -> NDArray[Any]:
    """The base model's reported predictions over all rows; raises PlatformFault where they are not valid.

    Of the shape that the loss asks for: (rows,), or (rows, classes) for probabilities.
    """
    reported = report.arrays.get("predictions")
    if reported is None:
        raise PlatformFault("a base model's report without predictions")
    _check_path(report, reported, "predictions.npy")
    stored = StoredFile.from_json(reported)
    check_arrays(competition, {"predictions": stored})
    array = artifacts.read_array(stored)
    if (
        competition.loss.prediction_kind == "probabilities"
        and (np.abs(array.sum(axis=1) - 1) > SUM_TOLERANCE).any()
    ):
        raise PlatformFault("the base model's probabilities do not sum to 1 in each row")
    return array


def _are_predictions(array: NDArray[Any], n: int, competition: Competition) -> bool:
    """Whether an array has the loss's dtype and shape for n rows, and values in its range.

    Probabilities outside the group are 0, so a row's sum is not asked for here.
    """
    kind, k = competition.loss.prediction_kind, len(competition.schema.label.classes)
    if kind == "codes":
        right = array.dtype == np.int16 and array.shape == (n,)
        return right and array.min(initial=0) >= 0 and array.max(initial=0) < k
    shape = (n, k) if kind == "probabilities" else (n,)
    if array.dtype != np.float64 or array.shape != shape or not np.isfinite(array).all():
        return False
    return kind == "values" or bool((array >= 0).all() and (array <= 1 + SUM_TOLERANCE).all())
