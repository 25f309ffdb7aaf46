"""The verdict on a patch: pure arithmetic on arrays that evaluation left behind (docs/science.md, The ledger).

From certification rows exactly one bit leaves this module, or, where harm is seen, the alarm, which the block's
ledger is charged for. Everything else that a Decision holds was computed on practice rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.feedback import (
    FindingFeedback,
    GroupLine,
    PracticeFeedback,
    Reason,
    Wording,
    verdict_sentence,
)
from evaluator.adjudication.rule import Rule, State
from evaluator.adjudication.rule_2026_11.case import Case, Certification, Decision, QueryResult
from evaluator.adjudication.rule_2026_11.findings import FindingCase, FindingDecision, judge_finding
from evaluator.adjudication.rule_2026_11.gate import GateResult, GateRule, practice_gate
from evaluator.adjudication.rule_2026_11.harm import (
    alarm_bits,
    is_harm_shown,
    is_harm_within,
    predict_harm_bound,
)
from evaluator.adjudication.rule_2026_11.ledger import LedgerState, passes_test
from evaluator.decision_list import Engine, Proposal
from evaluator.decision_list.repairs import Candidate, Head, Practice, Protected, Step, extend_head

__all__ = [
    "Case",
    "Certification",
    "Decision",
    "FindingCase",
    "FindingDecision",
    "FindingFeedback",
    "PracticeFeedback",
    "QueryResult",
    "Rule",
    "Tested",
    "judge_finding",
    "judge_patch",
    "still_passes",
    "team_candidate",
]


@dataclass(frozen=True, eq=False)
class Tested:
    """A tested change of the head on a block's rows. `protected` are the groups that were guarded then."""

    before: Head
    after: Head
    protected: Sequence[Protected]
    practice: Practice
    rows: slice
    y: npt.NDArray[np.generic]
    rule: Rule
    level: float  # ln(1 / delta_q)


@dataclass(frozen=True, eq=False)
class _Measured:
    """A candidate on practice rows."""

    candidate: Candidate
    before: npt.NDArray[np.float64]
    after: npt.NDArray[np.float64]
    alone: npt.NDArray[np.float64]  # the patch itself in its group, before any repair; elsewhere as before
    gate: GateResult
    groups: tuple[GroupLine, ...]


def judge_patch(case: Case) -> Decision:
    """The verdict on a patch: practice rows first; one certification query if they promise enough."""
    measured = _measure(case)
    reason = _stopped_on_practice(case, measured)
    if reason is not None:
        passed_gate = reason in ("allowance", "no_block")
        return _decision(case, measured, reason, passed_gate, None)
    assert case.certification is not None  # noqa: S101  # _stopped_on_practice says so
    query = _ask(case, case.certification, measured.candidate)
    if query.passed:
        return _decision(case, measured, "accepted", True, query)
    return _decision(case, measured, "harm" if query.alarm_bits else "refused", True, query)


def team_candidate(
    head: Head,
    published: Sequence[Head],
    step: Step,
    protected: Sequence[Protected],
    practice: Practice,
) -> Candidate | None:
    """The candidate for a team's own model, which takes any gain on practice rows, with its own repairs; None
    without a gain.
    """
    candidate = extend_head(head, published, step, protected, practice)
    before, after = practice.units(head.predictions), practice.units(candidate.predictions)
    return candidate if int(after.sum()) < int(before.sum()) else None


def _measure(case: Case) -> _Measured:
    others = [group for group in case.protected if group.key != case.step.key]
    engine = case.engine or Engine.from_heads(case.published, others, case.practice)
    proposal = engine.propose(case.step)
    candidate = proposal.candidate
    before = _losses(case, case.practice.rows, case.practice.y, case.head)
    after = _losses(case, case.practice.rows, case.practice.y, candidate.as_head())
    block = case.certification
    rule = GateRule(
        block.state if block else LedgerState(),
        len(block.y) if block else 0,
        case.rule.gate_level,
        case.rule.gate_chance,
        _checks(case),
    )
    gate = practice_gate(before, after, rule, is_zero_one=case.practice.loss.is_zero_one)
    inside = case.step.mask[case.practice.rows]
    alone = before.copy()
    # Outside its group a patch has no answers, only zeros, which are no probabilities.
    answers = case.step.predictions[case.practice.rows][inside]
    alone[inside] = case.practice.loss.rows(case.practice.y[inside], answers)
    return _Measured(candidate, before, after, alone, gate, _group_lines(engine, proposal))


def _losses(case: Case, rows: slice, y: npt.NDArray[np.generic], head: Head) -> npt.NDArray[np.float64]:
    return case.practice.loss.rows(y, head.predictions[rows])


def _stopped_on_practice(case: Case, measured: _Measured) -> Reason | None:
    """Why no query is asked, or None where one is."""
    if not case.step.mask[case.practice.rows].any():
        return "empty_group"
    if measured.gate.changed == 0:
        return "no_change"
    if case.rule.name == "alpha":
        promising = float(np.mean(measured.before - measured.after)) >= case.rule.alpha
    elif case.certification is None:
        promising = measured.gate.p_value <= case.rule.gate_level
    else:
        promising = measured.gate.passed
    if not promising:
        return "practice"
    if case.certification is None:
        return "no_block"
    if case.rule.harm == "certified" and _unsure_groups(case, case.certification, measured):
        return "unsure_harm"
    if case.queries_left is not None and case.queries_left <= 0:
        return "allowance"
    return None


def _guarded(protected: Sequence[Protected], practice: Practice) -> list[Protected]:
    """The groups whose harm is looked for on certification rows."""
    return [group for group in protected if group.declared or practice.guards(group)]


def _checks(case: Case) -> int:
    """Tests of one query that must all be right. An alarm can only refuse, so it is none of them."""
    return 1 + len(_guarded(case.protected, case.practice)) if case.rule.harm == "certified" else 1


def _unsure_groups(case: Case, block: Certification, measured: _Measured) -> tuple[str, ...]:
    """Keys of the groups of which practice rows predict that the block could not certify them."""
    rows, level = case.practice.rows, block.state.log_inverse_delta(_checks(case))
    scale = len(block.y) / max(1, len(measured.before))
    bounds = {
        group.key: predict_harm_bound(
            measured.before[group.mask[rows]],
            measured.after[group.mask[rows]],
            scale,
            is_zero_one=case.practice.loss.is_zero_one,
            log_inverse_delta=level,
        )
        for group in _guarded(case.protected, case.practice)
    }
    return tuple(key for key, bound in bounds.items() if bound > case.practice.tolerance)


def _ask(case: Case, block: Certification, candidate: Candidate) -> QueryResult:
    """The one query. Certification labels are read here and nowhere else."""
    level = block.state.log_inverse_delta(_checks(case))
    tested = Tested(
        case.head,
        candidate.as_head(),
        case.protected,
        case.practice,
        block.rows,
        block.y,
        case.rule,
        level,
    )
    gained, alarm = _answer(tested)
    return QueryResult(
        passed=gained and not alarm,
        number=block.state.queries + 1,
        accepted_before=block.state.accepted,
        extra_bits=block.state.extra_bits,
        log_inverse_delta=level,
        alarm_bits=(alarm_bits(block.state) or 0) if alarm else 0,
        certified=case.rule.name == "ledger",
    )


def _answer(tested: Tested) -> tuple[bool, bool]:
    """Whether the gain is shown (and harm is certified, where that is asked for), and whether harm is seen."""
    loss, rule = tested.practice.loss, tested.rule
    test: dict[str, Any] = {"is_zero_one": loss.is_zero_one, "log_inverse_delta": tested.level}
    before, after = (
        loss.rows(tested.y, head.predictions[tested.rows]) for head in (tested.before, tested.after)
    )
    gain = float(np.mean(before - after))
    gained = gain >= rule.alpha if rule.name == "alpha" else passes_test(before, after, **test)
    masks = [group.mask[tested.rows] for group in _guarded(tested.protected, tested.practice)]
    if rule.harm == "certified":
        gained = gained and is_harm_within(before, after, masks, tested.practice.tolerance, **test)
    # Where harm is certified to be small an alarm would say nothing more, and cost bits.
    alarm = gained and rule.harm == "no_evidence" and is_harm_shown(before, after, masks, **test)
    return gained, alarm


def still_passes(tested: Tested) -> bool:
    """Whether an accepted change would be accepted by the same test, at its own level, on a block's corrected rows."""
    gained, alarm = _answer(tested)
    return gained and not alarm


def _decision(
    case: Case, measured: _Measured, reason: Reason, passed_gate: bool, query: QueryResult | None
) -> Decision:
    feedback = _feedback(case, measured, reason)
    wording = Wording(
        case.place,
        case.names,
        case.practice.loss.is_zero_one,
        case.rule.name == "ledger",
        case.rule.alpha,
        case.practice.tolerance if case.rule.harm == "certified" else None,
    )
    states: dict[Reason, State] = {"accepted": "accepted", "harm": "harmful"}
    return Decision(
        states.get(reason, "not_shown"),
        feedback,
        passed_gate,
        query,
        measured.candidate,
        verdict_sentence(feedback, wording),
    )


def _feedback(case: Case, measured: _Measured, reason: Reason) -> PracticeFeedback:
    inside = case.step.mask[case.practice.rows]
    gate = measured.gate
    plain = case.rule.name == "alpha"
    return PracticeFeedback(
        reason=reason,
        rows=int(inside.sum()),
        weight=_mean(inside),
        loss_before=_mean(measured.before[inside]),
        loss_after=_mean(measured.after[inside]),
        loss_alone=_mean(measured.alone[inside]),
        wins_alone=int(np.count_nonzero(measured.alone < measured.before)),
        losses_alone=int(np.count_nonzero(measured.alone > measured.before)),
        overall_before=_mean(measured.before),
        overall_after=_mean(measured.after),
        wins=gate.wins,
        losses=gate.losses,
        p_value=gate.p_value,
        chance=None if plain else gate.chance,
        changed_needed=None if plain else gate.changed_needed,
        wins_needed=None if plain else gate.wins_needed,
        repairs=tuple(measured.candidate.repairs),
        groups=measured.groups,
        unsure=_unsure_groups(case, case.certification, measured)
        if reason == "unsure_harm" and case.certification
        else (),
    )


def _group_lines(engine: Engine, proposal: Proposal) -> tuple[GroupLine, ...]:
    """What the patch would do to each group that is guarded already."""
    table = zip(engine.keys, engine.guards.sizes.tolist(), engine.group_means(proposal).tolist(), strict=True)
    return tuple(GroupLine(key, size, *means) for key, size, means in table)


def _mean(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> float:
    """The mean; 0 of nothing."""
    return float(np.mean(values)) if len(values) else 0.0
