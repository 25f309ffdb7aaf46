"""Every decision again, in order, from stored arrays with the recorded rule: the same pure functions decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bounty.models import ChainEntry, Submission
from bounty.verification import corrections, verdicts
from bounty.verification.differences import Difference, same
from bounty.verification.ledger import Rotation
from bounty.verification.state import ReplayState

State = Submission.State


def take_entry(state: ReplayState, entry: ChainEntry) -> None:
    """Recompute one entry. Raises Difference where something else comes out."""
    data = entry.data
    if (entry.kind == "start") != (entry.number == 0):
        raise Difference("kind", f"{entry.kind} as entry {entry.number}", entry=entry.number)
    if entry.kind not in STEPS:
        raise Difference("kind", f"nothing here writes {entry.kind!r}", entry=entry.number)
    if state.skimmed(entry.number):
        corrections.skim(state, entry)
    else:
        STEPS[entry.kind](state, entry.number, data)
    state.fixed = state.fixed or (entry.kind != "start" and "rule" in data)
    if entry.kind == "start":
        state.began = {own["team"]: own["generation"] for own in data["teams"]}
    adds = entry.kind in ("verdict", "undecided", "charge")
    state.remember(data["team"] if adds else None)


def _start(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.take_table(number, data["table"])
    state.budget.start(data["blocks"])
    for each in data["decided"]:
        state.note(number, each)
        if each["finding"]:
            verdicts.keep_finding(state, each, each["p_value"], each["counts"], number)
    state.take_shared(number, data)
    for own in data["teams"]:
        state.take_team(number, own, data["rule"])
    # Until anything is decided the organiser may change it.
    state.fixed = bool(data["decided"])


def _verdict(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.decisions += 1
    state.newest_rule = data["rule"]
    again = state.recomputed(number, data["rule"])
    head = state.shared[-1]
    again.same("head", [data["generation"], data["head"]], [head.generation, head.data["number"]], data)
    again.same("block", data["block"], state.budget.open, data)
    state.note(number, data)
    if data["finding"]:
        verdicts.finding(state, again, data)
    else:
        verdicts.patch(state, again, data)


def _charged(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    rule = data.get("rule", state.newest_rule)
    state.budget.charge(number, data, Rotation(state.competition, rule, len(state.shared) - 1))


def _disqualified(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.end(number, data)
    kept = [each.submission for each in state.shared[1:] if each.submission != data["submission"]]
    state.take_shared(number, data, kept)
    state.take_team(number, data["own"], data["rule"], without=data["submission"])


def _rolled_back(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    state.withdraw(data)
    lost = {each.submission for each in state.shared[data["to"] + 1 :]}
    same("withdrawn", set(data["withdrawn"]), lost, entry=number)
    state.take_shared(number, data, [each.submission for each in state.shared[1 : data["to"] + 1]])


def _closed(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    rule = state.newest_rule
    state.take_shared(number, {**data, "rule": rule}, [each.submission for each in state.shared[1:]])


STEPS: dict[str, Callable[[ReplayState, int, Mapping[str, Any]], None]] = {
    "start": _start,
    "verdict": _verdict,
    "undecided": ReplayState.note,
    "charge": _charged,
    "disqualified": _disqualified,
    "rolled back": _rolled_back,
    "closed": _closed,
    "corrected": corrections.take,
}
