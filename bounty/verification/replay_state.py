"""The state of a replay: the competition as the entries that were read so far describe it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounty.hash_chain import encoding
from bounty.models import Competition, LedgerQuery, Submission
from bounty.shared_model.practice_noise import is_noised, own_model_noise
from bounty.verification.differences import require_equal
from bounty.verification.ledger import Budget, Rotation
from bounty.verification.versions import CountedFinding, Recomputation, ReplayedVersion
from evaluator.adjudication.own_model import replay_own_model
from evaluator.decision_list import Node
from evaluator.decision_list.engine import Engine
from evaluator.decision_list.repairs import Candidate, Protected, replay_gaining_steps, replay_steps

State = Submission.State


@dataclass
class NewestEntry:
    """A submission's newest entry, with the state and sentence that its rows must hold now."""

    entry: int
    data: Mapping[str, Any]
    state: str
    sentence: str | None
    # Of a finding: when it was confirmed, and its test on final rows.
    confirmed: str | None = None
    final: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class ReplayState:
    """What entries said, and what was recomputed from them; `replay.replay_entry` moves it on, entry by entry."""

    competition: Competition
    # The last entry after which earlier rows were gone, so that what is before cannot be recomputed.
    erased: int = -1
    newest_rule: Mapping[str, Any] = field(default_factory=dict)
    began: dict[int, int] = field(default_factory=dict)  # each team's generation when the chain began
    fixed: bool = False  # whether anything was decided by it
    table: Mapping[str, Any] = field(default_factory=dict)
    shared: list[ReplayedVersion] = field(default_factory=list)
    # Every version that was ever listed, as the newest entry that lists it says.
    listed: dict[tuple[int, int], ReplayedVersion] = field(default_factory=dict)
    listed_own: dict[tuple[int, int, int], ReplayedVersion] = field(default_factory=dict)
    teams: dict[int, list[ReplayedVersion]] = field(
        default_factory=dict
    )  # own versions, without the base model
    team_generations: dict[int, int] = field(default_factory=dict)  # 1 where no entry said another
    budget: Budget = field(default_factory=Budget)
    standing: dict[str, NewestEntry] = field(default_factory=dict)
    # Of the shared list (None), and of teams'.
    engines: dict[int | None, Engine] = field(default_factory=dict)
    counting: dict[str, CountedFinding] = field(
        default_factory=dict
    )  # confirmed findings that count, by submission
    # Of each team's findings, by submission.
    p_values: dict[int, dict[str, float]] = field(default_factory=dict)
    # Of the same: the number j that each was last judged by, by the present rule.
    finding_numbers: dict[int, dict[str, int]] = field(default_factory=dict)
    decisions: int = 0
    versions: int = 0
    _known: dict[str, list[Protected]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        queries = LedgerQuery.objects.filter(block__competition=self.competition.pk)
        chances = queries.values_list("block__number", "number", "chance")
        self.budget.chances = {
            (block, number): chance for block, number, chance in chances if chance is not None
        }
        # A view of its own: its table is the one that the entries were written over.
        self.competition = copy.copy(self.competition)

    def is_skimmed(self, number: int) -> bool:
        """Whether an entry is only read, because rows that it was decided on are gone."""
        return number < self.erased

    def remember_versions(self, added_to: int | None) -> None:
        """Takes the versions listed now, or the one that a verdict on a team added: a later entry may list others."""
        shared = self.shared if added_to is None else self.shared[-1:]
        teams = self.teams if added_to is None else {added_to: self.teams.get(added_to, [])[-1:]}
        self.listed |= {(each.generation, each.data["number"]): each for each in shared}
        for team, own in teams.items():
            self.listed_own |= {(team, each.generation, each.data["number"]): each for each in own}

    def replay_table(self, number: int, table: Mapping[str, Any]) -> None:
        """Takes the table of the next decisions. Raises Difference where loss, base or groups are others."""
        self.competition.tables_json, self.competition.layout_json = table["tables"], table["layout"]
        present = encoding.table_json(self.competition)
        for name in ("loss", "base", "declared"):
            require_equal(name, present[name], table.get(name), entry=number)
        self.table = table
        self.engines.clear()
        self._known.clear()

    def note_standing(self, number: int, data: Mapping[str, Any]) -> None:
        """Takes a submission's newest entry, its state and its sentence."""
        self.standing[data["submission"]] = NewestEntry(
            number, data, data["state"], data["sentence"], data.get("confirmed"), data.get("final", {})
        )

    def note_disqualification(self, number: int, data: Mapping[str, Any]) -> None:
        """Takes a submission's disqualification."""
        self.counting.pop(data["submission"], None)
        known = self.standing.get(data["submission"])
        if known is None:
            self.standing[data["submission"]] = NewestEntry(number, data, State.DISQUALIFIED, None)
        else:
            known.entry, known.state = number, State.DISQUALIFIED

    def note_withdrawals(self, data: Mapping[str, Any]) -> None:
        """Takes the withdrawal of submissions that a rollback left out of the list."""
        for submission, sentence in data["withdrawn"].items():
            self.standing[submission].state = State.NOT_SHOWN
            self.standing[submission].sentence = sentence

    def note_correction(self, number: int, data: Mapping[str, Any]) -> None:
        """Takes what a correction dropped, and the findings that it judged again."""
        for submission, sentence in data["dropped"].items():
            self.standing[submission].state = State.NOT_SHOWN
            self.standing[submission].sentence = sentence
            self.standing[submission].entry = number
        for each in data["findings"]:
            self.note_standing(number, each)

    def note_confirmation(self, number: int, data: Mapping[str, Any]) -> None:
        """Takes what the close, or a certification query, said of a finding."""
        known = self.standing[data["submission"]]
        known.entry, known.state, known.sentence = number, data["state"], data["sentence"]
        known.final, known.confirmed = data.get("final", {}), data.get("confirmed")

    def load_mask(
        self, recomputation: Recomputation, submission: str, arrays: Mapping[str, Any] | None = None
    ) -> NDArray[np.bool_]:
        """Returns a submission's group over the present rows, as its newest entry names it, shape (rows,)."""
        stored = (arrays or self.standing[submission].data["arrays"])["mask"]
        return recomputation.array(stored, submission).astype(np.bool_, copy=False)

    def count_finding(self, recomputation: Recomputation, data: Mapping[str, Any]) -> None:
        """Takes a finding that counts for points, as an entry says it."""
        submission = data["submission"]
        mask = self.load_mask(recomputation, submission, data["arrays"])
        confirmed = data["state"] == State.CONFIRMED
        self.counting[submission] = CountedFinding(
            submission,
            data["team"],
            data["decided"],
            data["number"],
            mask,
            confirmed,
            data.get("confirmed") or data["decided"],
        )

    def replay_shared(
        self,
        number: int,
        data: Mapping[str, Any],
        kept: Sequence[str] | None = None,
        *,
        same_base: bool = True,
    ) -> None:
        """Recomputes a generation of the shared model that an entry lists, from the base model. Raises Difference."""
        self.newest_rule = data["rule"]
        given, generation = data["shared"]["versions"], data["shared"]["generation"]
        named = [str(each["submission"] or "") for each in given]
        if kept is not None:
            require_equal("versions", named[1:], list(kept), entry=number)
        recomputation = self.recomputation(number, data["rule"])
        base = recomputation.array(given[0]["predictions"])
        if self.shared and same_base:
            require_equal(
                "base model", given[0]["predictions"], self.shared[0].data["predictions"], entry=number
            )
        steps = [recomputation.load_step(each) for each in given[1:]]
        candidates = replay_steps(base, steps, recomputation.declared(), recomputation.practice())
        groups = recomputation.groups(steps, [base, *(each.predictions for each in candidates)])
        nodes: tuple[Node, ...] = ()
        carried = self._carried(named)
        self.shared = []
        self.engines.pop(None, None)
        for position, each in enumerate(given):
            require_equal("number", each["number"], position, entry=number, submission=each["submission"])
            predictions = candidates[position - 1].predictions if position else base
            nodes += candidates[position - 1].added if position else ()
            before = carried[position] if position < len(carried) else None
            told = None if before is None else before["practice_loss"]
            version = recomputation.listed(generation, each, nodes, predictions, told)
            recomputation.check_shared(version, self.shared, groups[position], before)
            self.shared.append(version)
            self.versions += 1

    def _carried(self, named: Sequence[str]) -> list[Mapping[str, Any]]:
        """Returns the versions listed now whose practice figures and points a rebuilt list keeps: as far as it is the
        same, where rows are people.
        """
        if not is_noised(self.competition):
            return []
        listed = [str(version.data["submission"] or "") for version in self.shared]
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(listed, named, strict=False)))
        return [version.data for version in self.shared[:same]]

    def replay_team(
        self, number: int, data: Mapping[str, Any], rule: Mapping[str, Any], without: str = ""
    ) -> None:
        """Recomputes a generation of a team's own model that an entry lists. Raises Difference."""
        before = [each.submission for each in self.teams.get(data["team"], ())]
        named = [each["submission"] for each in data["versions"]]
        if without:
            kept = [submission for submission in before if submission != without]
            require_equal("the team's versions", named, kept, entry=number, submission=without)
        recomputation = self.recomputation(number, rule)
        candidates = self.own_candidates(recomputation, data["generation"], data["versions"], gaining=False)
        nodes: tuple[Node, ...] = ()
        own = []
        for each, found in zip(data["versions"], candidates, strict=True):
            assert found is not None  # noqa: S101 - no step is left out
            candidate, told = found
            nodes += candidate.added
            own.append(recomputation.listed(data["generation"], each, nodes, candidate.predictions, told))
        self.teams[data["team"]], self.team_generations[data["team"]] = own, data["generation"]
        self.engines.pop(data["team"], None)

    def own_candidates(
        self,
        recomputation: Recomputation,
        generation: int,
        versions: Sequence[Mapping[str, Any]],
        *,
        gaining: bool,
    ) -> Sequence[tuple[Candidate, float | None] | None]:
        """Returns the candidates of a team's own model, each with the loss that is told of it where it has noise; with
        `gaining` None for a step that takes no loss away.
        """
        steps = [recomputation.load_step(each) for each in versions]
        base, declared, practice = self.shared[0], recomputation.declared(), recomputation.practice()
        if encoding.version_of(recomputation.rule) == 1:
            run = replay_gaining_steps if gaining else replay_steps
            found = run(base.predictions, steps, declared, practice)
            return [None if each is None else (each, None) for each in found]
        noises = [own_model_noise(self.competition, each["submission"], generation) for each in versions]
        loss = base.data["practice_loss"]
        return replay_own_model(base.predictions, steps, declared, practice, noises, loss, gaining=gaining)

    def rotation(self, rule: Mapping[str, Any]) -> Rotation:
        """Returns the rotation of blocks by an entry's rule, after as many accepted versions as are listed now."""
        return Rotation(self.competition, rule, len(self.shared) - 1, self.budget)

    def engine(self, recomputation: Recomputation, team: int | None = None) -> Engine:
        """Returns the present list, shared or a team's, as an engine holds it: the next step costs what it changes."""
        practice = recomputation.practice()
        kept = self.engines.get(team)
        if kept is None or (kept.practice.tolerance, kept.practice.smallest_group) != (
            practice.tolerance,
            practice.smallest_group,
        ):
            own = self.shared if team is None else self.teams.get(team, [])
            heads = [each.head for each in (own if team is None else [self.shared[0], *own])]
            kept = self.engines[team] = Engine.from_heads(heads, recomputation.protected(own), practice)
        return kept

    def recomputation(self, number: int, rule: Mapping[str, Any]) -> Recomputation:
        """Returns the arrays and the rule that one entry's versions are checked against."""
        return Recomputation(self.competition, rule, number, list(self.counting.values()), self._known)
