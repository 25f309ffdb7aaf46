"""What is told of a measured patch: feedback that is derived from its noised cells, so that it adds up."""

from __future__ import annotations

import math
from typing import Any

from evaluator.adjudication import gate
from evaluator.adjudication.case import Case
from evaluator.adjudication.feedback import GroupLine
from evaluator.adjudication.gate import Prediction
from evaluator.adjudication.measured_patch import Measured, practice_p_value
from evaluator.adjudication.noise import ChangeCells
from evaluator.adjudication.noised_feedback import CandidateFeedback, NoisedFeedback, Reason

# Sums of Z squared below so many scales are mostly noise: single people would stand out.
_LEAST_SQUARES = 2.0


def patch_feedback(case: Case, measured: Measured, reason: Reason, unsure: tuple[str, ...]) -> NoisedFeedback:
    """What is told of the cells: nothing but the number of rows where these are too few to say anything."""
    alone, total = measured.alone, len(measured.before)
    if reason == "too_few":
        return NoisedFeedback(reason, case.noise.scale, alone.rows)
    if reason != "accepted" and _changes_few(case, alone):
        return _of_few_changes(case, measured, reason, unsure)
    query = None if case.rule.name == "alpha" else measured.alone_query
    return NoisedFeedback(
        reason=reason,
        scale=case.noise.scale,
        rows=alone.rows,
        weight=min(1.0, alone.rows / max(1, total)),
        loss_before=_mean(alone.before, alone.rows),
        loss_alone=_mean(alone.after, alone.rows),
        gain=alone.gain / max(1, total),
        wins=alone.wins,
        losses=alone.losses,
        p_value=practice_p_value(case, alone, total),
        chance=None if query is None else query.predicted,
        needed_gate=None if query is None or measured.gate is None else measured.gate.chance,
        whole=_told_candidate(case, measured) if reason == "accepted" else None,
        unsure=unsure,
        **_needed(measured, query, reason),
    )


def _changes_few(case: Case, alone: ChangeCells) -> bool:
    """Whether so few answers change by the noised count that figures of them would speak of single people."""
    if not case.noise.scale:
        return False
    if alone.changed is not None:
        return alone.changed < case.practice.smallest_group
    return alone.z2 < _LEAST_SQUARES * case.noise.scale


def _of_few_changes(
    case: Case, measured: Measured, reason: Reason, unsure: tuple[str, ...]
) -> NoisedFeedback:
    """What is told of the head in the group alone: nothing of what the patch changes there."""
    alone = measured.alone
    loss = _mean(alone.before, alone.rows)
    return NoisedFeedback(
        reason=reason,
        scale=case.noise.scale,
        rows=alone.rows,
        weight=min(1.0, alone.rows / max(1, len(measured.before))),
        loss_before=loss,
        loss_alone=loss,
        few_changes=case.practice.smallest_group,
        unsure=unsure,
    )


def _needed(measured: Measured, query: Prediction | None, reason: Reason) -> dict[str, Any]:
    """What would let the patch alone through the gate: wins of the same rows, and where it did not pass, more rows."""
    if query is None or measured.gate is None:
        return {}
    alone, rule, total = measured.alone, measured.gate, len(measured.before)
    level, stopped = query.log_inverse_delta, reason == "practice"
    if alone.wins is not None:
        return {
            "changed_needed": gate.changed_needed(alone, rule, level, total) if stopped else None,
            "wins_needed": gate.wins_needed(alone, rule, level),
        }
    gain = gate.gain_needed(alone, rule, level) if stopped else None
    return {} if gain is None or gain > total else {"gain_needed": gain / total}


def _told_candidate(case: Case, measured: Measured) -> CandidateFeedback:
    """The whole candidate, told as its version is published: everybody and declared groups as they are."""
    whole, alone, candidate = measured.whole, measured.alone, measured.candidate
    after = alone.after
    if candidate.repairs:
        inside = case.step.mask[case.practice.rows]
        after = case.noise.total("candidate:group", math.fsum(measured.after[inside].tolist()))
    declared = {group.key for group in case.protected if group.declared}
    return CandidateFeedback(
        overall_before=_mean(math.fsum(measured.before.tolist()), len(measured.before)),
        overall_after=_mean(math.fsum(measured.after.tolist()), len(measured.after)),
        loss_after=_mean(after, alone.rows),
        wins=whole.wins,
        losses=whole.losses,
        p_value=practice_p_value(case, whole, len(measured.before)),
        chance=None if case.rule.name == "alpha" or measured.query is None else measured.query.chance,
        repairs=tuple(candidate.repairs),
        groups=tuple(line for line in _group_lines(measured) if line.key in declared),
    )


def _group_lines(measured: Measured) -> list[GroupLine]:
    engine, means = measured.engine, measured.engine.group_means(measured.proposal).tolist()
    table = zip(engine.keys, engine.guards.sizes.tolist(), means, strict=True)
    return [GroupLine(key, size, *values) for key, size, values in table]


def _mean(total: float, rows: int) -> float:
    """The mean of a loss, within [0, 1] whatever the noise; 0 of nothing."""
    return min(1.0, max(0.0, total / rows)) if rows else 0.0
