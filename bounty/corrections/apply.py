"""Applying a correction to a table and all that follows from it, in one transaction.

Files are written beside the old ones; nothing names them before the transaction is committed.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.adjudication import close, replay
from bounty.competitions import create
from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.corrections import findings, retest
from bounty.corrections.request import Correction
from bounty.corrections.rows import CorrectedRows, choose_rows
from bounty.corrections.tables import TableRewrite, delete_replaced_files
from bounty.hash_chain.log import record_correction, start_chain
from bounty.hash_chain.retest import Retest
from bounty.ledger import blocks, bounds
from bounty.models import (
    CertificationBlock,
    Competition,
    LedgerQuery,
    ModelVersion,
    Submission,
    TableCorrection,
    Team,
    TeamVersion,
)
from bounty.permissions import rules
from bounty.scoring import leaderboard
from bounty.shared_model import publish
from bounty.shared_model.practice_noise import is_noised
from bounty.submissions import leases

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

State = Submission.State
PRACTICE = "practice"


@dataclass(frozen=True)
class CorrectionPreview:
    """The effect of a correction, counted; whether an entry would pass again is not said before it is made."""

    counts: Mapping[str, Mapping[str, int]]  # split: mended, withdrawn, deleted rows
    left: Mapping[str, int]  # rows that each split keeps
    retested: int  # accepted entries whose own test is made again
    rejudged: int  # findings judged again
    own_models: int  # teams whose own model is replayed
    evaluated_again: int  # submissions on their way, which run on the new table
    erases: bool


def preview_correction(competition: Competition, correction: Correction) -> CorrectionPreview:
    """The effect of a correction; nothing is written. Raises Refusal as `correct_table` does."""
    chosen = choose_rows(competition, correction)
    counts, layout = chosen.counts(), competition.layout
    waiting = competition.submissions.filter(state__in=(State.QUEUED, State.EVALUATING))
    changed = set() if competition.is_closed else set(counts)
    asked = LedgerQuery.objects.filter(
        submission__versions__in=replay.current_versions(competition)[1:],
        passed=True,
        block__number__in=[block.number for block in competition.blocks.all() if block.split in changed],
    )
    findings = PRACTICE in changed
    return CorrectionPreview(
        counts,
        {split: int((~chosen.gone[layout.rows_of(split)]).sum()) for split in layout.ranges},
        asked.values("submission").distinct().count(),
        retest.judged_findings(competition).count() if findings else 0,
        len(_teams_with_own_models(competition)) if PRACTICE in counts else 0,
        waiting.count(),
        correction.erases,
    )


def correct_table(
    competition: Competition,
    correction: Correction,
    reason: str,
    by: User,
    now: datetime | None = None,
) -> TableCorrection:
    """Correct a competition's table, and decide everything that follows again, from stored arrays.

    Raises
    ------
    PermissionDenied
        For whoever does not organise the competition.
    Refusal
        Names the row or unit and what is expected. Nothing was written.
    evaluator.errors.PlatformFault
        An array is gone. Nothing was written.
    """
    if not rules.is_organiser(by, competition):
        raise PermissionDenied("Only organisers correct the table.")
    if not (reason := reason.strip()):
        raise Refusal(_("Say why: the teams and the model's history name it."), status=422)
    now = now or timezone.now()
    with transaction.atomic():
        locked = Competition.objects.select_for_update().get(pk=competition.pk)
        chosen = choose_rows(locked, correction)
        number = locked.corrections.count() + 1
        rewrite = TableRewrite(chosen, number)
        try:
            made = _write_correction(
                locked, chosen, rewrite, _CorrectionRequest(correction.erases, reason, by, number, now)
            )
        except BaseException:
            rewrite.delete_written()
            raise
    # Only now, for a crash before this line must leave what was there; the sweep does what a crash after it leaves.
    delete_replaced_files(now)
    competition.refresh_from_db()
    log.info("%s: %s by %s", competition, made, by)
    return made


@dataclass(frozen=True)
class _CorrectionRequest:
    erases: bool
    reason: str
    by: User
    number: int
    now: datetime


def _write_correction(
    competition: Competition, chosen: CorrectedRows, rewrite: TableRewrite, request: _CorrectionRequest
) -> TableCorrection:
    start_chain(competition)
    counts, before = chosen.counts(), competition.tables.public.sha256
    rewrite.write()
    create.replan_holdout(competition)
    competition.save(update_fields=["tables_json", "layout_json", "plan_json"])
    changed = set() if competition.is_closed else set(counts)
    base, *entered = replay.current_versions(competition)
    tested = retest.retest_entries(competition, entered, changed)
    confirmed = [each for each in tested if each.submission.is_finding]
    patches = [each for each in tested if not each.submission.is_finding]
    new = _replay_shared_model(competition, base, entered, patches, request)
    lost = findings.withdraw_confirmations(confirmed, request.number, request.reason, request.by)
    _update_blocks(competition, tested, counts, request)
    if PRACTICE in changed:
        retest.rejudge_findings(competition, new, request.number)
    # Where rows are people points that were told stay: moved now, they would tell what was wrong with whom.
    if (lost or PRACTICE in changed) and not is_noised(competition):
        replay.recompute_credits(competition)
    if lost:
        competition.board.update(
            points_low=None, points_high=None
        )  # the sweep draws them anew, without these
    teams = _teams_with_own_models(competition) if PRACTICE in counts else []
    for team in teams:
        team.competition = competition
        own = team.versions.current().select_related("submission").order_by("number")
        replay.replay_team_model(team, list(own), gaining=not competition.is_closed)
    if competition.final_opened_at is not None:
        close.score_final_rows(competition, request.now)
    leaderboard.refresh_board(competition, None, request.now)
    leases.restart_evaluations(competition, request.now)
    made = TableCorrection.objects.create(
        competition=competition,
        number=request.number,
        reason=request.reason,
        by=request.by.get_username(),
        counts=counts,
        replaced=[before] if before != competition.tables.public.sha256 else [],
        erases=request.erases,
    )
    record_correction(made, tested, retest.judged_findings(competition), teams)
    audit.record_change(
        competition, request.by, {"table": [str(request.number - 1), str(request.number)]}, request.reason
    )
    return made


def _replay_shared_model(
    competition: Competition,
    base: ModelVersion,
    entered: list[ModelVersion],
    tested: list[Retest],
    request: _CorrectionRequest,
) -> list[ModelVersion]:
    """Write the shared list over the corrected rows, without the entries that no longer pass; returns it."""
    dropped = [each for each in tested if not each.kept]
    for each in dropped:
        if not retest.withdraw_entry(each, request.number, request.reason, request.by):
            raise Refusal(
                _("%(submission)s moved on meanwhile; look again.") % {"submission": each.submission},
                status=422,
            )
    lost = {each.submission.pk for each in dropped}
    kept = [version for version in entered if version.submission_id not in lost]
    passed = {each.submission.pk for each in tested if each.kept}
    without = ", ".join(f"#{each.submission.number}" for each in dropped)
    notes = {
        replay.submission_of(version).pk: _note(request.number, version.submission_id in passed, without)
        for version in kept
    }
    new = replay.replay_shared_model(competition, base, kept, notes)
    # At once, not on commit: it lies at a path of its own, and is over the new rows.
    publish.write_head_loss(new[-1])
    return new


def _note(number: int, passed: bool, without: str) -> str:
    again = f"Passed its own test again after correction {number} of the table"
    note = again if passed else f"Certified before correction {number} of the table"
    return f"{note}, which took out {without}." if without else f"{note}."


def _update_blocks(
    competition: Competition, tested: Sequence[Retest], counts: Collection[str], request: _CorrectionRequest
) -> None:
    """Write the rows of each block and what its retests told, and the bounds of retired blocks anew."""
    for block in competition.blocks.all():
        rows = competition.layout.rows_of(block.split)
        block.rows = rows.stop - rows.start
        retest.record_pattern(competition, block, tested, request.number)
        block.save(update_fields=["rows", "extra_bits", "retests_json"])
        if block.split in counts:
            bounds.republish_bounds(competition, block)
    if competition.blocks.filter(state=CertificationBlock.State.RETIRED, bounds_json={}).exists():
        bounds.publish_bounds(competition)
    if not competition.is_closed:
        blocks.charge_block(competition, request.now)


def _teams_with_own_models(competition: Competition) -> list[Team]:
    own = TeamVersion.objects.current().filter(team__competition=competition)
    return list(competition.teams.filter(pk__in=own.values("team")).order_by("pk"))
