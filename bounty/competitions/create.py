"""Competition creation: from a table and a base model to splits, stored arrays, rows and version 0.

All or nothing: everything is checked before anything is written, artifacts are written before the rows that name
them, and whatever fails takes its artifacts with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from bounty.competitions import base_models, table_storage
from bounty.competitions.prepare import PreparedTable, prepare_table
from bounty.competitions.spec import NewCompetition, build_competition
from bounty.competitions.units import choose_unit_rows, describe_units
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.hash_chain import log
from bounty.ledger.holdout import choose_target, holdout_of
from bounty.models import CertificationBlock, Competition, DeclaredGroup
from bounty.models.stored_holdout import AskedSplits, StoredPlan
from bounty.shared_model import arrays, publish
from bounty.submissions import evaluation_report
from evaluator import artifacts as paths
from evaluator.adjudication.holdout import typical_size
from evaluator.adjudication.planner import plan_holdout
from evaluator.errors import PlatformFault
from evaluator.worker.messages import Report


def _ignore_stage(_stage: str) -> None:
    """A listener for the stages of a creation that nobody watches."""


def create_competition(
    frame: pd.DataFrame, *, tell: Callable[[str], None] = _ignore_stage, **fields: Any
) -> Competition:
    """Creates a draft competition from a table (evaluator.tables.read_table) and the fields of NewCompetition by
    name.

    `tell` hears what is done next: "splits", "base", "storing". With a base model that another worker has to run it
    stays `preparing` until `finish_base`.

    Raises
    ------
    evaluator.errors.TableError
        The table cannot be used; names the column and the first offending row.
    Refusal
        Another entry cannot be used; names it.
    evaluator.errors.ParticipantError, SandboxUnavailable
        The uploaded base model could not be run, or may not be run here.

    Whatever is raised, no row and no file stays behind.
    """
    new = NewCompetition(**fields)
    competition = build_competition(new)
    tell("splits")
    prepared = prepare_table(frame, new.table_request())
    tell("base")
    base = base_models.prepare_base(new.base, prepared)
    key = str(competition.key)
    tell("storing")
    try:
        competition.base_json = base_models.store_base(base, key).to_json()
        competition.tables_json = table_storage.store_tables(prepared, key).to_json()
        _set_table_columns(competition, prepared, new)
        # An uploaded model is run before any row exists: where it fails there is nothing to take back.
        predictions = base_models.predict_locally(base, competition)
        masks = table_storage.store_masks(prepared, key)
        with transaction.atomic():
            _save_rows(competition, prepared, masks)
            if predictions is None:
                base_models.send_base_order(competition)
            else:
                finish_base(competition, predictions)
    except BaseException:
        table_storage.remove_artifacts(key)
        raise
    return competition


def finish_base(competition: Competition, predictions: NDArray[Any]) -> bool:
    """Publishes version 0 from the base model's predictions over all rows, and ends the preparation.

    Safe to call again: False where the competition was prepared already. Raises ValueError where the array does
    not fit the rows.
    """
    if len(predictions) != competition.layout.rows:
        raise ValueError(f"{competition.layout.rows} predictions were expected, not {len(predictions)}")
    with transaction.atomic():
        locked = Competition.objects.select_for_update().get(pk=competition.pk)
        if locked.status != Competition.Status.PREPARING:
            return False
        _publish_base(locked, np.asarray(predictions))
        # Compare-and-set is not needed under the lock; only what changed is written.
        locked.status, locked.preparation_error = Competition.Status.DRAFT, ""
        locked.save(update_fields=["status", "preparation_error", "plan_json", "target_gain"])
        competition.status, competition.plan_json = locked.status, locked.plan_json
        competition.target_gain = locked.target_gain
    return True


def take_base_report(report: Report) -> None:
    """Finishes, retries or fails a preparation by a worker's report on the uploaded base model. A late or repeated
    report changes nothing.
    """
    competition = Competition.objects.filter(
        key=report.submission, status=Competition.Status.PREPARING
    ).first()
    if competition is None:
        return
    if report.status == "fault" and report.attempt < settings.MAX_ATTEMPTS:
        base_models.send_base_order(competition, report.attempt + 1)
        return
    problem = "" if report.status == "ok" else base_models.describe_failure(report)
    if not problem:
        try:
            finish_base(competition, evaluation_report.read_base_predictions(competition, report))
            return
        except PlatformFault as error:
            problem = f"The base model's predictions could not be used: {error}"
    competition.preparation_error = problem
    competition.save(update_fields=["preparation_error"])


def rerun_base(competition: Competition) -> None:
    """Sends the order for the base model once more, where the competition still waits for it. Raises Refusal where
    none is waited for.
    """
    with transaction.atomic():
        waiting = Competition.objects.filter(pk=competition.pk, status=Competition.Status.PREPARING)
        if not waiting.update(preparation_error=""):
            raise Refusal("Its base model was run already.", "base")
        base_models.send_base_order(competition)


def discard_competition(competition: Competition) -> None:
    """Deletes a competition that nobody entered, with its versions and stored files."""
    with transaction.atomic():
        competition.versions.all().delete()
        competition.delete()
        key = str(competition.key)
        transaction.on_commit(lambda: table_storage.remove_artifacts(key))


def _set_table_columns(competition: Competition, prepared: PreparedTable, new: NewCompetition) -> None:
    competition.schema_json = prepared.schema.to_json()
    competition.loss_json = prepared.loss.to_json()
    competition.layout_json = prepared.layout.to_json()
    competition.unit_rows = choose_unit_rows(prepared.unit_sizes, new.unit_rows)
    competition.fixed_blocks = None if new.more_blocks else new.blocks
    asked = AskedSplits(new.sizes, new.blocks, new.oversample, new.more_blocks, new.unit_rows)
    drawn = (*prepared.drawn, *describe_units(prepared.unit_sizes, competition.unit_rows))
    competition.plan_json = StoredPlan(tuple(prepared.flags), drawn, asked).to_json()
    replan_holdout(competition, groups=len(prepared.declared))


def replan_holdout(competition: Competition, groups: int | None = None) -> None:
    """Computes what the holdout can certify and sets plan_json, after a change of its target, tolerance or groups.
    The caller saves.
    """
    certified = competition.harm_mode == Competition.HarmMode.CERTIFIED
    start, stop = competition.layout.ranges["practice"]
    planned = plan_holdout(
        holdout_of(competition),
        target_gain=competition.target_gain,
        tolerance=competition.tolerance if certified else None,
        groups=(competition.declared_groups.count() if groups is None else groups) if certified else 0,
        smallest_group=competition.smallest_group,
        practice_rows=stop - start,
        base_loss=competition.plan.base_loss,
    )
    competition.plan_json = competition.plan.planned_anew(planned).to_json()


def _save_rows(competition: Competition, prepared: PreparedTable, masks: Sequence[Mapping[str, Any]]) -> None:
    competition.save(force_insert=True)
    DeclaredGroup.objects.bulk_create(
        DeclaredGroup(
            competition=competition,
            name=group.name,
            expression=group.expression.text,
            position=position,
            mask=dict(masks[position]),
        )
        for position, group in enumerate(prepared.declared)
    )
    states = CertificationBlock.State
    CertificationBlock.objects.bulk_create(
        CertificationBlock(
            competition=competition,
            number=number,
            rows=prepared.split(name).stop - prepared.split(name).start,
            state=states.OPEN if number == 1 else states.WAITING,
        )
        for number, name in enumerate(prepared.layout.blocks, start=1)
    )


def _publish_base(competition: Competition, predictions: NDArray[Any]) -> None:
    """Publishes version 0: the base model, with its losses on explore and practice rows. Final labels are not read."""
    version = publish.publish_version(
        competition,
        None,
        (),
        predictions,
        arrays.load_declared_groups(competition),
        number=0,
        generation=competition.generation,
    )
    losses = arrays.public_losses(competition, predictions)
    version.head_loss = (
        artifacts.artifact_store().write_array(paths.head_loss(str(competition.key)), losses).to_json()
    )
    version.save(update_fields=["head_loss"])
    _plan_for_base(competition, version.practice_loss, losses[competition.layout.rows_of("explore")])
    log.start_chain(competition)


def _plan_for_base(competition: Competition, base_loss: float, explored: NDArray[np.float64]) -> None:
    """Plans the holdout anew with what the base model loses in all; the caller saves."""
    size = typical_size(explored)
    competition.plan_json = replace(competition.plan, base_loss=base_loss, loss_size=size).to_json()
    competition.target_gain = choose_target(competition)
    replan_holdout(competition)
