"""One verdict again, from stored arrays with the recorded rule: the same pure functions decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bounty.core import artifacts
from bounty.hash_chain.encoding import digest, rule_from_json
from bounty.models import Submission
from bounty.verification.ledger import NO_LEDGER, Rotation
from bounty.verification.state import ReplayState
from bounty.verification.versions import Found, Recomputed
from evaluator.adjudication.ledger import LedgerState
from evaluator.adjudication.patch import Case, Certification, FindingCase, judge_finding, judge_patch
from evaluator.decision_list.engine import Engine
from evaluator.losses import UNITS

State = Submission.State


def groups_of(engine: Engine) -> dict[str, list[float]]:
    """{key: [practice rows, mean loss]} of the groups that a list guards, as versions say it."""
    losses = (engine.group_losses() / (engine.guards.sizes * UNITS)).tolist()
    sizes = engine.guards.sizes.tolist()
    return {key: [size, loss] for key, size, loss in zip(engine.keys, sizes, losses, strict=True)}


def finding(told: ReplayState, again: Recomputed, data: Mapping[str, Any]) -> None:
    team, submission = data["team"], data["submission"]
    mask = again.array(data["arrays"]["mask"], submission).astype(bool, copy=False)
    earlier = {key: p for key, p in told.p_values.get(team, {}).items() if key != submission}
    counted = sorted(told.counting.values(), key=lambda each: (each.decided, each.number))
    decision = judge_finding(
        FindingCase(
            mask=mask,
            head=told.shared[-1].head,
            practice=again.practice(),
            unit=artifacts.units(told.competition, "practice"),
            team_p_values=list(earlier.values()),
            earlier=[each.mask for each in counted],
            team_counted=sum(each.team == team for each in counted),
        )
    )
    again.same("state", data["state"], decision.state, data)
    again.same("practice", data["practice"], digest(decision.practice.to_json()), data)
    told.budget.take(again.entry, data, None, _rotation(told, again))
    counts = decision.state == "confirmed" and decision.practice.counts
    keep_finding(told, data, decision.practice.p_value, counts, again.entry)


def keep_finding(
    told: ReplayState, data: Mapping[str, Any], p_value: float | None, counts: bool, number: int
) -> None:
    team, submission = data["team"], data["submission"]
    if p_value is not None:
        told.p_values.setdefault(team, {})[submission] = p_value
    told.counting.pop(submission, None)
    if counts and data["state"] == State.CONFIRMED:
        mask = told.recomputed(number, {}).array(data["arrays"]["mask"], submission)
        told.counting[submission] = Found(
            team, data["decided"], data["number"], mask.astype(np.bool_, copy=False)
        )


def patch(told: ReplayState, again: Recomputed, data: Mapping[str, Any]) -> None:
    step = again.step(data)
    decision = judge_patch(_case(told, again, data))
    again.same("state", data["state"], decision.state, data)
    again.same("practice", data["practice"], digest(decision.practice.to_json()), data)
    again.same("passed_gate", data["passed_gate"], decision.passed_gate, data)
    told.budget.take(again.entry, data, decision.query, _rotation(told, again))
    _own(told, again, data)
    if (data["version"] is not None) != (decision.state == State.ACCEPTED):
        again.same("version", data["version"], None, data)
    if data["version"] is not None:
        made = data["version"]
        again.same("version", made["number"], told.shared[-1].data["number"] + 1, data)
        nodes = (*told.shared[-1].nodes, *decision.candidate.added)
        engine = told.engine(again)
        engine.accept(engine.propose(step))
        version = again.listed(data["generation"], made, nodes, decision.candidate.predictions)
        again.same("version's submission", made["submission"], step.key.partition(":")[2], data)
        again.check_shared(version, told.shared, groups_of(engine))
        told.shared.append(version)
        told.versions += 1


def _rotation(told: ReplayState, again: Recomputed) -> Rotation:
    return Rotation(told.competition, again.rule, len(told.shared) - 1)


def _case(told: ReplayState, again: Recomputed, data: Mapping[str, Any]) -> Case:
    return Case(
        step=again.step(data),
        head=told.shared[-1].head,
        published=(),
        protected=again.protected(told.shared),
        engine=told.engine(again),
        practice=again.practice(),
        certification=_certification(told, again, data),
        rule=rule_from_json(again.rule),
        queries_left=data["queries_left"],
    )


def _certification(told: ReplayState, again: Recomputed, data: Mapping[str, Any]) -> Certification | None:
    if data["block"] is None:
        return None
    block, split = data["block"], f"certification-{data['block']}"
    ledger = told.budget.blocks.get(str(block), NO_LEDGER)
    return Certification(
        told.competition.layout.rows_of(split),
        artifacts.labels(told.competition, split),
        LedgerState.from_json(ledger, delta=again.rule["delta"], block_number=block),
    )


def _own(told: ReplayState, again: Recomputed, data: Mapping[str, Any]) -> None:
    """The team's own model: extended once a submission, where practice rows gain."""
    own, made = told.teams.setdefault(data["team"], []), data["team_version"]
    present = next((each for each in own if each.submission == data["submission"]), None)
    if present is not None:
        again.same("team version", made, present.data, data)
        return
    engine = told.engine(again, data["team"])
    proposal = engine.propose(again.step(data))
    candidate = proposal.candidate if proposal.gain > 0 else None
    if candidate is None or made is None:
        again.same("team version", made, candidate, data)
        return
    again.same("team version", made["number"], len(own) + 1, data)
    nodes = (*(own[-1].nodes if own else ()), *candidate.added)
    own.append(again.listed(made["generation"], made, nodes, candidate.predictions))
    engine.accept(proposal)
