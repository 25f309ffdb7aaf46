"""Replay of a verdict from stored arrays with the recorded rule: the same pure functions decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bounty.adjudication.finding_decision import JudgedFinding, decide_finding
from bounty.core import artifacts
from bounty.hash_chain.encoding import digest, rule_from_json, version_of
from bounty.models import Submission
from bounty.verification import present_rule
from bounty.verification.differences import require_equal
from bounty.verification.ledger import NO_LEDGER
from bounty.verification.replay_state import ReplayState
from bounty.verification.versions import Recomputation
from evaluator.adjudication.case import Decision
from evaluator.adjudication.rule_2026_11 import acceptance as rule_2026_11
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.decision_list.engine import Engine
from evaluator.losses import UNITS

State = Submission.State


def engine_group_losses(engine: Engine) -> dict[str, list[float]]:
    """Returns {key: [practice rows, mean loss]} of the groups that a list guards, as versions hold it."""
    losses = (engine.group_losses() / (engine.guards.sizes * UNITS)).tolist()
    sizes = engine.guards.sizes.tolist()
    return {key: [size, loss] for key, size, loss in zip(engine.keys, sizes, losses, strict=True)}


def replay_finding(state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any]) -> None:
    """Recomputes a finding's verdict. Raises Difference where another one comes out."""
    team, submission = data["team"], data["submission"]
    mask = recomputation.array(data["arrays"]["mask"], submission).astype(bool, copy=False)
    earlier = {key: p for key, p in state.p_values.get(team, {}).items() if key != submission}
    finding_number = _check_finding_number(state, data, recomputation.entry)
    counted = sorted(state.counting.values(), key=lambda each: (each.decided, each.number))
    decision = decide_finding(
        state.competition,
        JudgedFinding(
            submission=submission,
            team=team,
            mask=mask,
            head=state.shared[-1].head,
            generation=data["generation"],
            version=data["head"],
            counted=[(each.team, each.mask) for each in counted],
            p_values=list(earlier.values()),
            number=finding_number,
        ),
        recomputation.practice(),
    )
    recomputation.require_equal("state", data["state"], decision.state, data)
    recomputation.require_equal("practice", data["practice"], digest(decision.practice.to_json()), data)
    state.budget.check_verdict(recomputation.entry, data, None, state.rotation(recomputation.rule))
    counts = decision.state in Submission.SHOWN_FINDINGS and decision.practice.counts
    record_finding(state, data, decision.practice.p_value, counts, recomputation.entry)


def _check_finding_number(state: ReplayState, data: Mapping[str, Any], entry: int) -> int | None:
    """Returns the number j that a finding was judged by; None by the rule of 2026-11. Raises Difference where it is not
    the team's next; after a deletion what was judged before is not known.
    """
    number: int | None = data.get("finding_number")
    if number is not None:
        known = state.finding_numbers.setdefault(data["team"], {})
        following = 1 + max(known.values(), default=0)
        expected = max(number, following) if state.erased >= 0 else following
        require_equal("finding's number", number, expected, entry=entry, submission=data["submission"])
        known[data["submission"]] = number
    return number


def record_finding(
    state: ReplayState, data: Mapping[str, Any], p_value: float | None, counts: bool, number: int
) -> None:
    """Takes a finding's p-value into the state, and the finding where it counts for points."""
    team, submission = data["team"], data["submission"]
    if p_value is not None:
        state.p_values.setdefault(team, {})[submission] = p_value
    state.counting.pop(submission, None)
    if counts and data["state"] in Submission.SHOWN_FINDINGS:
        state.count_finding(state.recomputation(number, {}), data)


def replay_patch(state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any]) -> None:
    """Recomputes a patch's verdict and its version. Raises Difference where another one comes out."""
    step = recomputation.load_step(data)
    decision: rule_2026_11.Decision | Decision
    if version_of(recomputation.rule) == 1:
        decision = rule_2026_11.judge_patch(_case(state, recomputation, data))
    else:
        decision = present_rule.decide_patch(state, recomputation, data)
    recomputation.require_equal("state", data["state"], decision.state, data)
    recomputation.require_equal("practice", data["practice"], digest(decision.practice.to_json()), data)
    recomputation.require_equal("passed_gate", data["passed_gate"], decision.passed_gate, data)
    state.budget.check_verdict(recomputation.entry, data, decision.query, state.rotation(recomputation.rule))
    _replay_own_model(state, recomputation, data)
    if (data["version"] is not None) != (decision.state == State.ACCEPTED):
        recomputation.require_equal("version", data["version"], None, data)
    if data["version"] is not None:
        made = data["version"]
        recomputation.require_equal("version", made["number"], state.shared[-1].data["number"] + 1, data)
        nodes = (*state.shared[-1].nodes, *decision.candidate.added)
        engine = state.engine(recomputation)
        engine.accept(engine.propose(step))
        version = recomputation.listed(data["generation"], made, nodes, decision.candidate.predictions)
        recomputation.require_equal(
            "version's submission", made["submission"], step.key.partition(":")[2], data
        )
        recomputation.check_shared(version, state.shared, engine_group_losses(engine))
        state.shared.append(version)
        state.versions += 1


def _case(state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any]) -> rule_2026_11.Case:
    return rule_2026_11.Case(
        step=recomputation.load_step(data),
        head=state.shared[-1].head,
        published=(),
        protected=recomputation.protected(state.shared),
        engine=state.engine(recomputation),
        practice=recomputation.practice(),
        certification=_certification(state, recomputation, data),
        rule=rule_from_json(recomputation.rule),
        queries_left=data["queries_left"],
    )


def _certification(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any]
) -> rule_2026_11.Certification | None:
    if data["block"] is None:
        return None
    block, split = data["block"], f"certification-{data['block']}"
    ledger = state.budget.blocks.get(str(block), NO_LEDGER)
    return rule_2026_11.Certification(
        state.competition.layout.rows_of(split),
        artifacts.read_labels(state.competition, split),
        LedgerState.from_json(ledger, delta=recomputation.rule["delta"], block_number=block),
    )


def _replay_own_model(state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any]) -> None:
    """Recomputes the team's own model: extended once a submission, where practice rows gain."""
    own, made = state.teams.setdefault(data["team"], []), data["team_version"]
    present = next((each for each in own if each.submission == data["submission"]), None)
    if present is not None:
        recomputation.require_equal("team version", made, present.data, data)
        return
    engine = state.engine(recomputation, data["team"])
    proposal = engine.propose(recomputation.load_step(data))
    told = None
    if version_of(recomputation.rule) == 1:
        candidate = proposal.candidate if proposal.gain > 0 else None
    else:
        candidate, told = present_rule.extended_own_model(state, recomputation, data, proposal.candidate) or (
            None,
            None,
        )
    if candidate is None or made is None:
        recomputation.require_equal("team version", made, candidate, data)
        return
    recomputation.require_equal("team version", made["number"], len(own) + 1, data)
    nodes = (*(own[-1].nodes if own else ()), *candidate.added)
    own.append(recomputation.listed(made["generation"], made, nodes, candidate.predictions, told))
    engine.accept(proposal)
