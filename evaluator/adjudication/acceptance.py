"""The verdict on a patch by the present rule: pure arithmetic on arrays that evaluation left behind (docs/science.md,
The ledger).

Before a query everything is decided on noised cells of practice rows. Candidate, level, test and bet are fixed before
certification labels are read, and of these rows exactly one symbol leaves this module.
"""

from __future__ import annotations

from evaluator.adjudication import harm
from evaluator.adjudication.case import Case, Certification, Decision, QueryResult
from evaluator.adjudication.feedback import Wording
from evaluator.adjudication.gate import Prediction
from evaluator.adjudication.ledger import Symbol
from evaluator.adjudication.measured_patch import Measured, measure_patch, practice_p_value
from evaluator.adjudication.noised_feedback import Reason, noised_sentence
from evaluator.adjudication.query_test import QueryTest, answer_query
from evaluator.adjudication.rule import State
from evaluator.adjudication.told import patch_feedback


def judge_patch(case: Case) -> Decision:
    """The verdict on a patch: practice rows first; one certification query if they promise enough."""
    measured = measure_patch(case)
    reason, unsure = _stopped_on_practice(case, measured)
    if reason is not None:
        passed_gate = reason in ("allowance", "no_block", "waiting")
        return _decision(case, measured, reason, passed_gate, None, unsure)
    assert case.certification is not None and measured.query is not None  # noqa: S101  # _stopped_on_practice says so
    query = _ask(case, case.certification, measured, measured.query)
    reasons: dict[Symbol, Reason] = {"A": "accepted", "R": "refused", "H": "harm"}
    return _decision(case, measured, reasons[query.symbol], True, query)


def _stopped_on_practice(case: Case, measured: Measured) -> tuple[Reason | None, tuple[str, ...]]:
    """Why no query is asked, or None where one is; and the groups whose harm could not be certified."""
    alone = measured.alone
    if alone.rows < case.practice.smallest_group:
        return "too_few", ()
    if alone.z2 == 0:
        return "no_change", ()
    if alone.gain <= 0 or not _is_promising(case, measured):
        return "practice", ()
    if case.certification is None or measured.query is None:
        return "no_block", ()
    if case.rule.harm == "certified":
        unsure = _unsure_groups(case, case.certification, measured, measured.query.log_inverse_delta)
        if unsure:
            return "unsure_harm", unsure
    if case.queries_left is not None and case.queries_left <= 0:
        return "allowance", ()
    return (None if case.asks else "waiting"), ()


def _is_promising(case: Case, measured: Measured) -> bool:
    """Whether the whole candidate passes the gate."""
    if case.rule.name == "alpha":
        return measured.whole.gain / max(1, measured.whole.rows) >= case.rule.alpha
    if measured.query is None or measured.gate is None:
        return practice_p_value(case, measured.gated, len(measured.before)) <= case.rule.gate_level
    return measured.query.passes(measured.gate)


def _unsure_groups(case: Case, block: Certification, measured: Measured, level: float) -> tuple[str, ...]:
    """Keys of the groups of which noised practice cells predict that the block could not certify them."""
    scale = len(block.y) / max(1, len(measured.before))
    return tuple(
        group.key
        for group in harm.guarded_groups(case.protected, case.cells, case.practice)
        if harm.is_unsure(
            measured.before, measured.after, group, case.practice, case.sampling, case.noise, scale, level
        )
    )


def _ask(case: Case, block: Certification, measured: Measured, query: Prediction) -> QueryResult:
    """The one query. Certification labels are read here and nowhere else."""
    tested = QueryTest(
        case.head,
        measured.candidate.as_head(),
        harm.guarded_groups(case.protected, case.cells, case.practice),
        case.practice,
        block.rows,
        block.y,
        block.sampling,
        case.rule,
        query.test,
        query.log_inverse_delta,
    )
    return QueryResult(
        symbol=answer_query(tested),
        chance=query.chance,
        log_inverse_delta=query.log_inverse_delta,
        log_probability=block.ledger.log_probability(query.chance),
        test=query.test.name,
        bet_weight=query.test.weight,
        number=block.ledger.queries + 1,
        accepted_before=block.ledger.accepted,
        certified=case.rule.name == "ledger",
    )


def _decision(
    case: Case,
    measured: Measured,
    reason: Reason,
    passed_gate: bool,
    query: QueryResult | None,
    unsure: tuple[str, ...] = (),
) -> Decision:
    feedback = patch_feedback(case, measured, reason, unsure)
    wording = Wording(
        case.place,
        case.names,
        case.practice.loss.is_zero_one,
        case.rule.name == "ledger",
        case.rule.alpha,
        case.practice.tolerance if case.rule.harm == "certified" else None,
    )
    states: dict[Reason, State] = {"accepted": "accepted", "harm": "harmful"}
    sentence = noised_sentence(feedback, wording, case.practice.smallest_group)
    return Decision(
        states.get(reason, "not_shown"),
        feedback,
        passed_gate,
        query,
        measured.candidate,
        sentence,
        None if measured.query is None else measured.query.chance,
    )
