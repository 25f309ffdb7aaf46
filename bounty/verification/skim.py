"""Reading of entries from before a deletion, as they are written.

Where a person's rows were deleted, what was decided before cannot be computed again: those entries are read (their
digests hold), and computing begins anew with the correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bounty.models import ChainEntry
from bounty.verification.replay_state import ReplayState
from bounty.verification.versions import ReplayedVersion


def skim_entry(state: ReplayState, entry: ChainEntry) -> None:
    """Takes an entry from before a deletion into the state as it is written, without recomputing it."""
    data = entry.data
    decided = data["decided"] if entry.kind == "start" else ()
    for each in (*decided, *([data] if entry.kind in ("verdict", "undecided") else ())):
        state.note_standing(entry.number, each)
    if "table" in data:
        state.replay_table(entry.number, data["table"])
    if entry.kind == "corrected":
        state.note_correction(entry.number, data)
    elif entry.kind == "disqualified":
        state.note_disqualification(entry.number, data)
    elif entry.kind == "rolled back":
        state.note_withdrawals(data)
    elif entry.kind == "closed":
        for each in data.get("findings", ()):
            state.note_confirmation(entry.number, each)
    if entry.kind == "start":
        state.budget.start(data["blocks"])
    elif "blocks" in data:
        state.budget.blocks = dict(data["blocks"])
    if data.get("query"):
        state.budget.queries.append((entry.number, data["submission"], data["query"]))
    if "rule" in data:
        state.newest_rule = data["rule"]
    _take_lists(state, entry.number, data)


def _take_lists(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    if "shared" in data:
        generation = data["shared"]["generation"]
        state.shared = [_written_version(number, generation, each) for each in data["shared"]["versions"]]
    for own in (*data.get("teams", ()), *([data["own"]] if "own" in data else ())):
        state.team_generations[own["team"]] = own["generation"]
        state.teams[own["team"]] = [
            _written_version(number, own["generation"], each) for each in own["versions"]
        ]
    if data.get("version"):
        state.shared.append(_written_version(number, data["generation"], data["version"]))
    made = data.get("team_version")
    if made:
        own_versions = state.teams.setdefault(data["team"], [])
        if made["submission"] not in [each.submission for each in own_versions]:
            own_versions.append(_written_version(number, made["generation"], made))


def _written_version(number: int, generation: int, data: Mapping[str, Any]) -> ReplayedVersion:
    return ReplayedVersion(number, generation, data, (), np.empty(0))
