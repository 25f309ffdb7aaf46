"""Every decision again, in order, from stored arrays with the recorded rule: the same pure functions decide."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounty import artifacts, chain_rows
from bounty.chain_rows import digest
from bounty.models import ChainEntry, Competition, Submission
from bounty.verifying import corrected
from bounty.verifying.budget import NO_LEDGER, Budget
from bounty.verifying.differences import Difference, same
from bounty.verifying.lists import Found, Listed, Recomputed
from evaluator.adjudication import (
    Case,
    Certification,
    FindingCase,
    Rule,
    judge_finding,
    judge_patch,
    team_candidate,
)
from evaluator.decision_list import Node
from evaluator.decision_list.repairs import replay
from evaluator.ledger import LedgerState

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
            corrected.skim(self, entry)
        else:
            steps[entry.kind](entry.number, data)
        self.fixed = self.fixed or (entry.kind != "start" and "rule" in data)
        if entry.kind == "start":
            self.began = {own["team"]: own["generation"] for own in data["teams"]}
        self.remember()

    def skimmed(self, number: int) -> bool:
        """Whether an entry is only read, for rows that it was decided on are gone."""
        return number < self._erased

    def remember(self) -> None:
        """Keep what is listed now; a later entry may list another generation."""
        self.listed |= {(each.generation, each.data["number"]): each for each in self.shared}
        for team, own in self.teams.items():
            self.listed_own |= {(team, each.generation, each.data["number"]): each for each in own}

    def take_table(self, number: int, table: Mapping[str, Any]) -> None:
        """The table that the next decisions are about."""
        self.competition.tables_json, self.competition.layout_json = table["tables"], table["layout"]
        present = chain_rows.table_of(self.competition)
        for name in ("loss", "base", "declared"):
            same(name, present[name], table.get(name), entry=number)
        self.table = table

    # --- entries that say how everything stands ------------------------------------------------------------------
    def _start(self, number: int, data: Mapping[str, Any]) -> None:
        self.take_table(number, data["table"])
        self.budget.start(data["blocks"])
        for each in data["decided"]:
            self.note(number, each)
            if each["finding"]:
                self._keep_finding(each, each["p_value"], each["counts"], number)
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
        corrected.take(self, number, data)

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
        candidates = replay(
            base,
            [again.step(each) for each in given[1:]],
            again.protected(()),
            again.practice(),
        )
        nodes: tuple[Node, ...] = ()
        self.shared = []
        for position, each in enumerate(given):
            same("number", each["number"], position, entry=number, submission=each["submission"])
            predictions = candidates[position - 1].predictions if position else base
            nodes += candidates[position - 1].added if position else ()
            version = again.listed(generation, each, nodes, predictions)
            again.check_shared(version, self.shared)
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
        candidates = replay(self.shared[0].predictions, steps, again.protected(()), again.practice())
        nodes: tuple[Node, ...] = ()
        own = []
        for each, candidate in zip(data["versions"], candidates, strict=True):
            nodes += candidate.added
            own.append(again.listed(data["generation"], each, nodes, candidate.predictions))
        self.teams[data["team"]] = own

    def _charged(self, number: int, data: Mapping[str, Any]) -> None:
        self.budget.charge(number, data)

    # --- verdicts ------------------------------------------------------------------------------------------------
    def note(self, number: int, data: Mapping[str, Any]) -> None:
        self.standing[data["submission"]] = Standing(number, data, data["state"], data["sentence"])

    def _verdict(self, number: int, data: Mapping[str, Any]) -> None:
        self.decisions += 1
        self.newest_rule = data["rule"]
        again = self.recomputed(number, data["rule"])
        again.same("head", [data["generation"], data["head"]], self._head(), data)
        self.note(number, data)
        if data["finding"]:
            self._finding(again, data)
        else:
            self._patch(again, data)

    def _head(self) -> list[int]:
        return [self.shared[-1].generation, self.shared[-1].data["number"]]

    def _finding(self, again: Recomputed, data: Mapping[str, Any]) -> None:
        team, submission = data["team"], data["submission"]
        mask = again.array(data["arrays"]["mask"], submission).astype(bool, copy=False)
        earlier = {key: p for key, p in self.p_values.get(team, {}).items() if key != submission}
        counted = sorted(self.counting.values(), key=lambda each: (each.decided, each.number))
        decision = judge_finding(
            FindingCase(
                mask=mask,
                head=self.shared[-1].head,
                practice=again.practice(),
                unit=artifacts.units(self.competition, "practice"),
                team_p_values=list(earlier.values()),
                earlier=[each.mask for each in counted],
                team_counted=sum(each.team == team for each in counted),
            )
        )
        again.same("state", data["state"], decision.state, data)
        again.same("practice", data["practice"], digest(decision.practice.to_json()), data)
        self.budget.take(again.entry, data, None)
        counts = decision.state == "confirmed" and decision.practice.counts
        self._keep_finding(data, decision.practice.p_value, counts, again.entry)

    def _keep_finding(
        self, data: Mapping[str, Any], p_value: float | None, counts: bool, number: int
    ) -> None:
        team, submission = data["team"], data["submission"]
        if p_value is not None:
            self.p_values.setdefault(team, {})[submission] = p_value
        self.counting.pop(submission, None)
        if counts and data["state"] == State.CONFIRMED:
            mask = self.recomputed(number, {}).array(data["arrays"]["mask"], submission)
            self.counting[submission] = Found(
                team, data["decided"], data["number"], mask.astype(np.bool_, copy=False)
            )

    def _patch(self, again: Recomputed, data: Mapping[str, Any]) -> None:
        step = again.step(data)
        decision = judge_patch(self._case(again, data))
        again.same("state", data["state"], decision.state, data)
        again.same("practice", data["practice"], digest(decision.practice.to_json()), data)
        again.same("passed_gate", data["passed_gate"], decision.passed_gate, data)
        self.budget.take(again.entry, data, decision.query)
        self._own(again, data)
        if (data["version"] is not None) != (decision.state == State.ACCEPTED):
            again.same("version", data["version"], None, data)
        if data["version"] is not None:
            made = data["version"]
            again.same("version", made["number"], self.shared[-1].data["number"] + 1, data)
            nodes = (*self.shared[-1].nodes, *decision.candidate.added)
            version = again.listed(data["generation"], made, nodes, decision.candidate.predictions)
            again.same("version's submission", made["submission"], step.key.partition(":")[2], data)
            again.check_shared(version, self.shared)
            self.shared.append(version)
            self.versions += 1

    def _case(self, again: Recomputed, data: Mapping[str, Any]) -> Case:
        rule = again.rule
        return Case(
            step=again.step(data),
            head=self.shared[-1].head,
            published=[each.head for each in self.shared],
            protected=again.protected(self.shared),
            practice=again.practice(),
            certification=self._certification(again, data),
            rule=Rule(rule["name"], rule["alpha"], rule["gate_level"], rule["gate_chance"], rule["harm"]),
            queries_left=data["queries_left"],
        )

    def _certification(self, again: Recomputed, data: Mapping[str, Any]) -> Certification | None:
        if data["block"] is None:
            return None
        block, split = data["block"], f"certification-{data['block']}"
        ledger = self.budget.blocks.get(str(block), NO_LEDGER)
        return Certification(
            self.competition.layout.rows_of(split),
            artifacts.labels(self.competition, split),
            LedgerState.from_json(ledger, delta=again.rule["delta"], block_number=block),
        )

    def _own(self, again: Recomputed, data: Mapping[str, Any]) -> None:
        """The team's own model: extended once a submission, where practice rows gain."""
        own, made = self.teams.setdefault(data["team"], []), data["team_version"]
        present = next((each for each in own if each.submission == data["submission"]), None)
        if present is not None:
            again.same("team version", made, present.data, data)
            return
        base = self.shared[0]
        versions = [base.head, *(each.head for each in own)]
        candidate = team_candidate(
            versions[-1], versions, again.step(data), again.protected(own), again.practice()
        )
        if candidate is None or made is None:
            again.same("team version", made, candidate, data)
            return
        again.same("team version", made["number"], len(versions), data)
        nodes = (*(own[-1].nodes if own else ()), *candidate.added)
        own.append(again.listed(made["generation"], made, nodes, candidate.predictions))

    def recomputed(self, number: int, rule: Mapping[str, Any]) -> Recomputed:
        return Recomputed(self.competition, rule, number, list(self.counting.values()))
