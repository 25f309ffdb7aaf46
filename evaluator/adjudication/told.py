"""What is told of a measured patch: feedback that is derived from its noised cells, so that it adds up."""

from __future__ import annotations

import math

from evaluator.adjudication import gate
from evaluator.adjudication.case import Case
from evaluator.adjudication.feedback import GroupLine
from evaluator.adjudication.gate import Prediction
from evaluator.adjudication.measured_patch import Measured, practice_p_value
from evaluator.adjudication.noised_feedback import CandidateFeedback, NoisedFeedback, Reason


def patch_feedback(case: Case, measured: Measured, reason: Reason, unsure: tuple[str, ...]) -> NoisedFeedback:
    """What is told of the cells: nothing but the number of rows where these are too few to say anything."""
    alone, total = measured.alone, len(measured.before)
    if reason == "too_few":
        return NoisedFeedback(reason, case.noise.scale, alone.rows)
    query = None if case.rule.name == "alpha" else measured.alone_query
    changed, gain = (None, None) if query is None or reason != "practice" else _needed(measured, query)
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
        changed_needed=changed,
        gain_needed=gain,
        whole=_told_candidate(case, measured) if reason == "accepted" else None,
        unsure=unsure,
    )


def _needed(measured: Measured, query: Prediction) -> tuple[int | None, float | None]:
    """How many changed rows, or which gain, would let the patch alone through the gate."""
    if measured.gate is None:
        return None, None
    total, level = len(measured.before), query.log_inverse_delta
    if measured.alone.wins is not None:
        return gate.changed_needed(measured.alone, measured.gate, level, total), None
    gain = gate.gain_needed(measured.alone, measured.gate, level)
    return None, None if gain is None or gain > total else gain / total


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
