"""Every decision again, in order, from stored arrays with the recorded rule: the same pure functions decide."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounty.hash_chain import encoding
from bounty.models import ChainEntry, Competition, Submission
from bounty.verification import corrections, verdicts
from bounty.verification.differences import Difference, same
from bounty.verification.ledger import Budget, Rotation
from bounty.verification.versions import Found, Listed, Recomputed
from evaluator.decision_list import Node
from evaluator.decision_list.engine import Engine
from evaluator.decision_list.repairs import Protected, replay_steps

State = Submission.State


@dataclass
class Standing:
    """A submission's newest entry, and what its rows must say now."""

    entry: int
    data: Mapping[str, Any]
    state: str
    sentence: str | None


class Replay:
    """The competition as its chain tells it, entry by entry."""

    def __init__(self, competition: Competition, erased: int = -1) -> None:
        """`erased`: the last entry after which earlier rows were gone, so that what is before cannot be recomputed."""
        # A view of its own: its table is the one that the entries were written over.
        self.competition = copy.copy(competition)
        self._erased = erased
        self.newest_rule: Mapping[str, Any] = {}
        self.began: dict[int, int] = {}  # each team's generation when the chain began
        self.fixed = False  # whether anything was decided by it
        self.table: Mapping[str, Any] = {}
        self.shared: list[Listed] = []
        # Every version that was ever listed, as the newest entry that lists it says.
        self.listed: dict[tuple[int, int], Listed] = {}
        self.listed_own: dict[tuple[int, int, int], Listed] = {}
        self.teams: dict[int, list[Listed]] = {}  # each team's own versions, without the base model
        self.budget = Budget()
        self.standing: dict[str, Standing] = {}
        self._known: dict[str, list[Protected]] = {}
        self.engines: dict[int | None, Engine] = {}  # of the shared list (None), and of teams'
        self.counting: dict[str, Found] = {}  # confirmed findings that count, by submission
        self.p_values: dict[int, dict[str, float]] = {}  # of each team's findings, by submission
        self.decisions = self.versions = 0

    def take(self, entry: ChainEntry) -> None:
        """Recompute one entry. Raises Difference where something else comes out."""
        data = entry.data
        if (entry.kind == "start") != (entry.number == 0):
            raise Difference("kind", f"{entry.kind} as entry {entry.number}", entry=entry.number)
        steps = {
            "start": self._start,
            "verdict": self._verdict,
            "undecided": self.note,
            "charge": self._charged,
            "disqualified": self._disqualified,
            "rolled back": self._rolled_back,
            "closed": self._closed,
            "corrected": self._corrected,
        }
        if entry.kind not in steps:
            raise Difference("kind", f"nothing here writes {entry.kind!r}", entry=entry.number)
        if self.skimmed(entry.number):
            corrections.skim(self, entry)
        else:
            steps[entry.kind](entry.number, data)
        self.fixed = self.fixed or (entry.kind != "start" and "rule" in data)
        if entry.kind == "start":
            self.began = {own["team"]: own["generation"] for own in data["teams"]}
        adds = entry.kind in ("verdict", "undecided", "charge")
        self.remember(data["team"] if adds else None)

    def skimmed(self, number: int) -> bool:
        """Whether an entry is only read, for rows that it was decided on are gone."""
        return number < self._erased

    def remember(self, added_to: int | None) -> None:
        """Keep what is listed now, for a later entry may list another generation; or what a verdict on a team added."""
        shared = self.shared if added_to is None else self.shared[-1:]
        teams = self.teams if added_to is None else {added_to: self.teams.get(added_to, [])[-1:]}
        self.listed |= {(each.generation, each.data["number"]): each for each in shared}
        for team, own in teams.items():
            self.listed_own |= {(team, each.generation, each.data["number"]): each for each in own}

    def take_table(self, number: int, table: Mapping[str, Any]) -> None:
        """The table that the next decisions are about."""
        self.competition.tables_json, self.competition.layout_json = table["tables"], table["layout"]
        present = encoding.table_of(self.competition)
        for name in ("loss", "base", "declared"):
            same(name, present[name], table.get(name), entry=number)
        self.table = table
        self.engines.clear()
        self._known.clear()

    # --- entries that say how everything stands ------------------------------------------------------------------
    def _start(self, number: int, data: Mapping[str, Any]) -> None:
        self.take_table(number, data["table"])
        self.budget.start(data["blocks"])
        for each in data["decided"]:
            self.note(number, each)
            if each["finding"]:
                verdicts.keep_finding(self, each, each["p_value"], each["counts"], number)
        self.take_shared(number, data)
        for own in data["teams"]:
            self.take_team(number, own, data["rule"])
        # Until anything is decided the organiser may change it.
        self.fixed = bool(data["decided"])

    def _disqualified(self, number: int, data: Mapping[str, Any]) -> None:
        self.end(number, data)
        kept = [each.submission for each in self.shared[1:] if each.submission != data["submission"]]
        self.take_shared(number, data, kept)
        self.take_team(number, data["own"], data["rule"], without=data["submission"])

    def end(self, number: int, data: Mapping[str, Any]) -> None:
        """A submission was disqualified."""
        self.counting.pop(data["submission"], None)
        known = self.standing.get(data["submission"])
        self.standing[data["submission"]] = Standing(
            number, known.data if known else data, State.DISQUALIFIED, known.sentence if known else None
        )

    def withdraw(self, data: Mapping[str, Any]) -> None:
        """Submissions were accepted after the version that the model was rolled back to."""
        for submission, sentence in data["withdrawn"].items():
            self.standing[submission].state = State.NOT_SHOWN
            self.standing[submission].sentence = sentence

    def _rolled_back(self, number: int, data: Mapping[str, Any]) -> None:
        self.withdraw(data)
        lost = {each.submission for each in self.shared[data["to"] + 1 :]}
        same("withdrawn", set(data["withdrawn"]), lost, entry=number)
        self.take_shared(number, data, [each.submission for each in self.shared[1 : data["to"] + 1]])

    def _corrected(self, number: int, data: Mapping[str, Any]) -> None:
        corrections.take(self, number, data)

    def mask(
        self, again: Recomputed, submission: str, arrays: Mapping[str, Any] | None = None
    ) -> NDArray[np.bool_]:
        """A submission's group over the present rows, as its newest entry names it."""
        stored = (arrays or self.standing[submission].data["arrays"])["mask"]
        return again.array(stored, submission).astype(np.bool_, copy=False)

    def _closed(self, number: int, data: Mapping[str, Any]) -> None:
        rule = self.newest_rule
        self.take_shared(number, {**data, "rule": rule}, [each.submission for each in self.shared[1:]])

    def take_shared(
        self,
        number: int,
        data: Mapping[str, Any],
        kept: Sequence[str] | None = None,
        *,
        same_base: bool = True,
    ) -> None:
        """A generation as an entry lists it, replayed from the base model."""
        self.newest_rule = data["rule"]
        given, generation = data["shared"]["versions"], data["shared"]["generation"]
        named = [str(each["submission"] or "") for each in given]
        if kept is not None:
            same("versions", named[1:], list(kept), entry=number)
        again = self.recomputed(number, data["rule"])
        base = again.array(given[0]["predictions"])
        if self.shared and same_base:
            same("base model", given[0]["predictions"], self.shared[0].data["predictions"], entry=number)
        steps = [again.step(each) for each in given[1:]]
        candidates = replay_steps(base, steps, again.declared(), again.practice())
        groups = again.groups(steps, [base, *(each.predictions for each in candidates)])
        nodes: tuple[Node, ...] = ()
        self.shared = []
        self.engines.pop(None, None)
        for position, each in enumerate(given):
            same("number", each["number"], position, entry=number, submission=each["submission"])
            predictions = candidates[position - 1].predictions if position else base
            nodes += candidates[position - 1].added if position else ()
            version = again.listed(generation, each, nodes, predictions)
            again.check_shared(version, self.shared, groups[position])
            self.shared.append(version)
            self.versions += 1

    def take_team(
        self, number: int, data: Mapping[str, Any], rule: Mapping[str, Any], without: str = ""
    ) -> None:
        before = [each.submission for each in self.teams.get(data["team"], ())]
        named = [each["submission"] for each in data["versions"]]
        if without:
            kept = [submission for submission in before if submission != without]
            same("the team's versions", named, kept, entry=number, submission=without)
        again = self.recomputed(number, rule)
        steps = [again.step(each) for each in data["versions"]]
        candidates = replay_steps(self.shared[0].predictions, steps, again.protected(()), again.practice())
        nodes: tuple[Node, ...] = ()
        own = []
        for each, candidate in zip(data["versions"], candidates, strict=True):
            nodes += candidate.added
            own.append(again.listed(data["generation"], each, nodes, candidate.predictions))
        self.teams[data["team"]] = own
        self.engines.pop(data["team"], None)

    def engine(self, again: Recomputed, team: int | None = None) -> Engine:
        """The present list, shared or a team's, as an engine keeps it: the next step costs what it changes."""
        practice = again.practice()
        kept = self.engines.get(team)
        if kept is None or (kept.practice.tolerance, kept.practice.smallest_group) != (
            practice.tolerance,
            practice.smallest_group,
        ):
            own = self.shared if team is None else self.teams.get(team, [])
            heads = [each.head for each in (own if team is None else [self.shared[0], *own])]
            kept = self.engines[team] = Engine.from_heads(heads, again.protected(own), practice)
        return kept

    def _charged(self, number: int, data: Mapping[str, Any]) -> None:
        rule = data.get("rule", self.newest_rule)
        self.budget.charge(number, data, Rotation(self.competition, rule, len(self.shared) - 1))

    # --- verdicts ------------------------------------------------------------------------------------------------
    def note(self, number: int, data: Mapping[str, Any]) -> None:
        self.standing[data["submission"]] = Standing(number, data, data["state"], data["sentence"])

    def _verdict(self, number: int, data: Mapping[str, Any]) -> None:
        self.decisions += 1
        self.newest_rule = data["rule"]
        again = self.recomputed(number, data["rule"])
        again.same("head", [data["generation"], data["head"]], self._head(), data)
        again.same("block", data["block"], self.budget.open, data)
        self.note(number, data)
        if data["finding"]:
            verdicts.finding(self, again, data)
        else:
            verdicts.patch(self, again, data)

    def _head(self) -> list[int]:
        return [self.shared[-1].generation, self.shared[-1].data["number"]]

    def recomputed(self, number: int, rule: Mapping[str, Any]) -> Recomputed:
        return Recomputed(self.competition, rule, number, list(self.counting.values()), self._known)
