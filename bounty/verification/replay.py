"""Replay of the chain: every decision recomputed in order, from stored arrays with the recorded rule.

The same pure functions decide as at the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bounty.hash_chain.encoding import version_of
from bounty.hash_chain.query_seal import opened_queries
from bounty.models import ChainEntry, Submission
from bounty.verification import corrections, final_findings, finding_queries, verdicts
from bounty.verification.differences import Difference, require_equal
from bounty.verification.replay_state import ReplayState
from bounty.verification.skim import skim_entry

State = Submission.State


def replay_entry(state: ReplayState, entry: ChainEntry) -> None:
    """Recomputes one entry into the state. Raises Difference where something else comes out."""
    data = entry.data
    if (entry.kind == "start") != (entry.number == 0):
        raise Difference("kind", f"{entry.kind} as entry {entry.number}", entry=entry.number)
    if entry.kind not in STEPS:
        raise Difference("kind", f"nothing here writes {entry.kind!r}", entry=entry.number)
    if state.is_skimmed(entry.number):
        skim_entry(state, entry)
    else:
        STEPS[entry.kind](state, entry.number, data)
    state.fixed = state.fixed or (entry.kind != "start" and "rule" in data)
    if entry.kind == "start":
        state.began = {own["team"]: own["generation"] for own in data["teams"]}
    adds = entry.kind in ("verdict", "undecided", "charge")
    state.remember_versions(data["team"] if adds else None)


def _replay_start(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.replay_table(number, data["table"])
    state.budget.start(data["blocks"])
    for each in data["decided"]:
        state.note_standing(number, each)
        if each["finding"]:
            verdicts.record_finding(state, each, each["p_value"], each["counts"], number)
    state.replay_shared(number, data)
    for own in data["teams"]:
        state.replay_team(number, own, data["rule"])
    # Until anything is decided the organiser may change it.
    state.fixed = bool(data["decided"])


def _replay_verdict(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.decisions += 1
    state.newest_rule = data["rule"]
    recomputation = state.recomputation(number, data["rule"])
    head = state.shared[-1]
    recomputation.require_equal(
        "head", [data["generation"], data["head"]], [head.generation, head.data["number"]], data
    )
    recomputation.require_equal("block", data["block"], state.budget.open, data)
    state.note_standing(number, data)
    if data["finding"]:
        verdicts.replay_finding(state, recomputation, data)
    else:
        verdicts.replay_patch(state, recomputation, data)


def _replay_charge(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    rule = data.get("rule", state.newest_rule)
    state.budget.check_charge(number, data, state.rotation(rule))


def _replay_disqualification(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.note_disqualification(number, data)
    kept = [each.submission for each in state.shared[1:] if each.submission != data["submission"]]
    state.replay_shared(number, data, kept)
    state.replay_team(number, data["own"], data["rule"], without=data["submission"])


def _replay_rollback(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.note_withdrawals(data)
    lost = {each.submission for each in state.shared[data["to"] + 1 :]}
    require_equal("withdrawn", set(data["withdrawn"]), lost, entry=number)
    state.replay_shared(number, data, [each.submission for each in state.shared[1 : data["to"] + 1]])


def _replay_close(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    rule = state.newest_rule
    if version_of(rule) != 1:
        require_equal("queries", data["queries"], opened_queries(state.competition), entry=number)
        final_findings.replay_confirmations(state, number, data)
    state.replay_shared(number, {**data, "rule": rule}, [each.submission for each in state.shared[1:]])


STEPS: dict[str, Callable[[ReplayState, int, Mapping[str, Any]], None]] = {
    "start": _replay_start,
    "verdict": _replay_verdict,
    "undecided": ReplayState.note_standing,
    "charge": _replay_charge,
    "disqualified": _replay_disqualification,
    "rolled back": _replay_rollback,
    "closed": _replay_close,
    "finding asked": finding_queries.replay_finding_query,
    "corrected": corrections.replay_correction,
}
