"""Results of dry runs: the workers' messages and reports, and the arithmetic on explore rows."""

from __future__ import annotations

import logging
import math
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.core.measures import NORMAL_QUANTILE
from bounty.dry_runs import start
from bounty.dry_runs.noised import noised_cells, told_interval
from bounty.exploration.data import ExploreData, load_explore_data
from bounty.exploration.preview import Interval, mean_interval, newcombe_interval
from bounty.ledger import allowance
from bounty.models import Competition, DryRun, ModelVersion, Submission
from bounty.models.stored_files import files_from_json
from bounty.shared_model.practice_noise import is_noised, noise_of
from bounty.submissions import dispatch, evaluation_report, leases, practice_failures
from evaluator.adjudication.noise import Noise
from evaluator.errors import ParticipantError, PlatformFault
from evaluator.expressions import parse_expression
from evaluator.worker.messages import Report

log = logging.getLogger(__name__)

State = DryRun.State
ATTEMPTS = 2


@dataclass(frozen=True)
class DryRunResult:
    """The losses of a dry run, measured on explore rows; after the close on practice rows.

    The group's size, the head's loss there and elsewhere, and the patch's in its place.

    `after` is None for a finding, and where no row is in the group. `better` and `worse` count the rows that the patch
    answers with a smaller and with a larger loss than the head does.
    """

    rows: int
    of_rows: int
    before: Interval | None
    outside: Interval | None
    gap: Interval | None
    after: Interval | None = None
    better: int = 0
    worse: int = 0

    @property
    def gains(self) -> str:
        """Whether a patch gains: "clearly", "perhaps" (no more than chance might give) or "no"."""
        if self.before is None or self.after is None or self.after.mean >= self.before.mean:
            return "no"
        clear = self.better - self.worse > NORMAL_QUANTILE * math.sqrt(self.better + self.worse)
        return "clearly" if clear else "perhaps"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DryRunResult:
        named = ("before", "outside", "gap", "after")
        return cls(**{**data, **{name: Interval(*data[name]) if data[name] else None for name in named}})


def find_dry_run(key: str) -> DryRun | None:
    """The dry run that a message names; None where it names none."""
    try:
        return DryRun.objects.select_related("competition").filter(pk=UUID(key)).first()
    except (ValueError, TypeError, AttributeError):
        return None


def renew_lease(key: str, attempt: int, stage: str, now: datetime) -> None:
    """Move a dry run to running and renew its worker's lease."""
    if run := find_dry_run(key):
        run.move(attempt, State.RUNNING, stage=stage[:40], lease_until=leases.lease_end(now))


def store_report(report: Report) -> None:
    """Store a worker's report once; a stale or repeated one changes nothing."""
    run = find_dry_run(report.submission)
    if run is None or not run.is_running or run.attempt != report.attempt:
        return
    if run.practice != (report.purpose == "submission"):
        log.warning("a report of another purpose for dry run %s was dropped", run.pk)
        return
    if report.status == "fault":
        record_fault(run, report.detail)
        return
    ended: dict[str, Any] = {"stage": "", "lease_until": None, "ended_at": timezone.now()}
    ended["notices"] = list(report.notices)
    if report.status != "ok":
        detail = evaluation_report.failure_detail(report)
        ended |= {"failed_on_secret_rows": report.on_practice or report.on_secret}
        failed = run.move(
            report.attempt, State.FAILED, error_class=report.status, error_detail=detail, **ended
        )
        if failed:
            dispatch.drop_order(run)
        if failed and report.on_practice:
            practice_failures.count_failed_dry_run(run)
        return
    try:
        fields = _result(run, report)
    except PlatformFault as error:
        record_fault(run, str(error))
        return
    with transaction.atomic():
        if run.move(report.attempt, State.DONE, **fields, **ended):
            dispatch.drop_order(run)
            if run.practice:
                allowance.count_practice_told(run)


def record_fault(run: DryRun, reason: str) -> None:
    """Queue a dry run again after a platform fault, once; then end it with an error."""
    log.error("dry run %s, attempt %s: %s", run.pk, run.attempt, reason)
    now = timezone.now()
    if run.attempt >= ATTEMPTS:
        run.move(run.attempt, State.ERROR, stage="", lease_until=None, ended_at=now)
        return
    if run.move(
        run.attempt, State.QUEUED, stage="", lease_until=None, queued_at=now, attempt=run.attempt + 1
    ):
        start.send_dry_run(run)


def _result(run: DryRun, report: Report) -> dict[str, Any]:
    competition = run.competition
    evaluation_report.check_report_names(run, report)
    rows = competition.layout.rows if run.practice else competition.layout.public
    stored = files_from_json(report.arrays)
    present = {name: artifacts.file_over_present_rows(competition, each) for name, each in stored.items()}
    evaluation_report.check_arrays(competition, present, rows)
    fields: dict[str, Any] = {}
    if run.group_kind == Submission.GroupKind.FIND:
        try:
            found = parse_expression(report.expression, competition.schema)
        except ParticipantError as error:
            raise PlatformFault("a report with an expression that is no group") from error
        fields = {"expression": report.expression, "words": found.words()}
    measured_on = competition.layout.rows_of("practice" if run.practice else "explore")
    mask = artifacts.read_array(stored["mask"])[measured_on]
    patched = stored.get("predictions")
    predictions = None if patched is None else artifacts.read_array(patched)[measured_on]
    head = competition.head()
    ground = load_practice_rows(competition, head) if run.practice else load_explore_data(competition, head)
    if run.practice and is_noised(competition):
        noise = noise_of(competition, f"practice run {run.pk}", head.generation, head.number)
        measured = measure_noised(ground, mask, predictions, noise, competition.smallest_group)
    else:
        measured = measure_result(ground, mask, predictions)
    return fields | {"result": measured.to_json()}


def load_practice_rows(competition: Competition, head: ModelVersion) -> ExploreData:
    """The practice rows without their features: labels, units and the head's answers and losses."""
    rows, loss = competition.layout.rows_of("practice"), competition.loss
    y, units = artifacts.read_labels(competition, "practice"), artifacts.read_units(competition, "practice")
    answers = artifacts.read_over_present_rows(competition, head.stored_predictions)[rows]
    losses = loss.rows(y, answers)
    return ExploreData(
        key="practice",
        version=head.number,
        schema=competition.schema,
        loss=loss,
        X=pd.DataFrame(index=range(len(y))),
        y=y,
        units=None if units is None else np.unique(units, return_inverse=True)[1],
        head_loss=losses,
        base_loss=losses,
        answers=answers,
    )


def measure_result(
    ground: ExploreData, mask: NDArray[np.bool_], predictions: NDArray[Any] | None
) -> DryRunResult:
    """The result on the given rows; raises PlatformFault for predictions that do not fit.

    `mask` has the shape (rows,), and `predictions` one entry for each row.
    """
    before, outside = (_mean(ground, ground.head_loss[side], side) for side in (mask, ~mask))
    found = DryRunResult(int(mask.sum()), len(mask), before, outside, newcombe_interval(before, outside))
    if predictions is None or before is None:
        return found
    try:
        loss = ground.loss.rows(ground.y[mask], predictions[mask])
    except ValueError as error:
        raise PlatformFault(f"a report with predictions that are none: {error}") from error
    head = ground.head_loss[mask]
    after = _mean(ground, loss, mask)
    return replace(found, after=after, better=int((loss < head).sum()), worse=int((loss > head).sum()))


def measure_noised(
    ground: ExploreData,
    mask: NDArray[np.bool_],
    predictions: NDArray[Any] | None,
    noise: Noise,
    smallest: int,
) -> DryRunResult:
    """The result on practice rows, who are people, from noised cells; raises PlatformFault as `measure_result`.

    Below `smallest` rows by the noised count nothing else is told, nor of fewer changed answers.
    """
    try:
        cells = noised_cells(ground, mask, predictions, noise)
    except ValueError as error:
        raise PlatformFault(f"a report with predictions that are none: {error}") from error
    total, lost = len(mask), float(ground.head_loss.sum())
    rows = min(cells.rows, total)
    if rows < smallest:
        return DryRunResult(rows, total, None, None, None)
    before = told_interval(ground, cells.before, rows)
    outside = told_interval(ground, lost - cells.before, total - rows)
    found = DryRunResult(rows, total, before, outside, newcombe_interval(before, outside))
    if predictions is None or (cells.changed is not None and cells.changed < smallest):
        return found
    after = told_interval(ground, cells.after, rows)
    return replace(found, after=after, better=cells.wins or 0, worse=cells.losses or 0)


def _mean(ground: ExploreData, loss: NDArray[np.float64], rows: NDArray[np.bool_]) -> Interval | None:
    return mean_interval(float(loss.mean()), ground.independent(rows)) if len(loss) else None
