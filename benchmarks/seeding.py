"""Seeding of verdicts by the thousand: what the site's own verdicts would have written, decided in one go.

The same pure functions decide, and the site's own functions spell every row and every entry of the chain; what is left
out is asking the database for everything anew at each verdict. That it is the same is found out by verifying.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from benchmarks.figures import progress
from benchmarks.submissions import World
from bounty.adjudication import judge
from bounty.core import artifacts
from bounty.hash_chain import log
from bounty.ledger import blocks
from bounty.ledger.acceptance_rule import rule_of
from bounty.models import ChainEntry, Outcome, Submission, Verdict
from bounty.scoring import credits, leaderboard
from bounty.shared_model import arrays, publish
from bounty.shared_model.group_wording import describe_group, describe_place
from evaluator import artifacts as paths
from evaluator.adjudication.rule_2026_11.acceptance import (
    Case,
    Decision,
    FindingCase,
    judge_finding,
    judge_patch,
)
from evaluator.decision_list import Engine, Node, Step
from evaluator.decision_list.repairs import Protected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bounty.models import Competition, ModelVersion, Team, TeamVersion

State = Submission.State
FINDING_EVERY = 20
BATCH = 100


@dataclass
class Own:
    """A list of one's own: its engine, its nodes, and its newest row."""

    engine: Engine
    nodes: list[Node] = field(default_factory=list)
    newest: Any = None
    asked: int = 0
    p_values: list[float] = field(default_factory=list)
    counted: int = 0


class Seeding:
    """One competition without decisions, and what its verdicts have to know."""

    def __init__(self, competition: Competition, teams: Sequence[Team]) -> None:
        self.competition, self.teams = competition, teams
        self.store = artifacts.artifact_store()
        self.base: ModelVersion = competition.head()
        self.practice = arrays.load_practice(competition)
        self.protected: list[Protected] = arrays.load_declared_groups(competition)
        self.names: dict[str, str] = {}
        self.shared = self._list()
        self.shared.newest = self.base
        self.own = {team.pk: self._list() for team in teams}
        self.counted: list[NDArray[Any]] = []
        self.newest = ChainEntry.objects.filter(competition=competition).latest("number")
        self.decided = timezone.now()

    def _list(self) -> Own:
        start = artifacts.read_array(self.base.stored_predictions)
        return Own(Engine(start, self.practice, arrays.load_declared_groups(self.competition)))

    def play(self, world: World, length: int) -> None:
        """Decide on so many submissions of the world's; every twentieth is a finding."""
        steps = world.submissions(length)
        for start in range(0, length, BATCH):
            with transaction.atomic():
                self._batch(steps, start, min(BATCH, length - start))
            if (start + BATCH) % 500 == 0:
                progress(f"{start + BATCH} submissions, {self.shared.newest.number} accepted")
        with transaction.atomic():
            leaderboard.refresh_board(self.competition)
        leaderboard.write_provisional_intervals(self.competition.pk)

    def _batch(self, steps: Iterator[Step], start: int, count: int) -> None:
        sent = [self._submission(start + place + 1) for place in range(count)]
        Submission.objects.bulk_create(sent)
        drawn = [next(steps) for _ in sent]
        stored = self._stored(sent, drawn)
        made = [Outcome(submission=s, attempt=1, arrays=a) for s, a in zip(sent, stored, strict=True)]
        outcomes = dict(zip((s.pk for s in sent), Outcome.objects.bulk_create(made), strict=True))
        verdicts, entries = [], []
        for submission, step in zip(sent, drawn, strict=True):
            verdict = self._judge(submission, Step(submission.key, step.mask, step.predictions))
            verdicts.append(verdict)
            entries.append(self._entry(submission, verdict, outcomes))
        Verdict.objects.bulk_create(each for each in verdicts if each.pk is None)
        ChainEntry.objects.bulk_create(entries)
        Submission.objects.bulk_update(sent, ["state", "decided_at"])

    def _submission(self, number: int) -> Submission:
        return Submission(
            competition=self.competition,
            team=self.teams[number % len(self.teams)],
            author=self.competition.organiser,
            number=number,
            group_kind="expression",
            patch_kind="none" if number % FINDING_EVERY == 0 else "fit",
            state=State.JUDGING,
        )

    def _stored(self, sent: Sequence[Submission], drawn: Sequence[Step]) -> list[dict[str, Any]]:
        wanted = [
            (paths.outcome(str(submission.pk), 1, f"{name}.npy"), values)
            for submission, step in zip(sent, drawn, strict=True)
            for name, values in (("mask", step.mask), ("predictions", step.predictions))
            if name == "mask" or not submission.is_finding
        ]
        written = {stored.path: stored.to_json() for stored in self.store.write_arrays(wanted)}
        names = ("mask", "predictions")
        found = []
        for submission in sent:
            places = {name: paths.outcome(str(submission.pk), 1, f"{name}.npy") for name in names}
            found.append({name: written[path] for name, path in places.items() if path in written})
        return found

    # --- decisions -----------------------------------------------------------------------------------------------
    def _judge(self, submission: Submission, step: Step) -> Verdict:
        self.decided = max(self.decided + timedelta(microseconds=1), timezone.now())
        submission.decided_at = self.decided
        block = self.competition.open_block()
        verdict = Verdict(
            submission=submission,
            generation=self.competition.generation,
            head_number=self.shared.newest.number,
            block_number=block.number if block else None,
        )
        if submission.is_finding:
            self._finding(submission, step, verdict)
        else:
            self._patch(submission, step, verdict, self.decided)
        return verdict

    def _finding(self, submission: Submission, step: Step, verdict: Verdict) -> None:
        own = self.own[submission.team_id]
        decision = judge_finding(
            FindingCase(
                mask=step.mask,
                head=self.shared.engine.head,
                practice=self.practice,
                unit=artifacts.read_units(self.competition, "practice"),
                team_p_values=own.p_values,
                earlier=self.counted,
                team_counted=own.counted,
                place=describe_place(submission),
            )
        )
        verdict.practice, verdict.sentence = decision.practice.to_json(), decision.sentence
        submission.state = decision.state
        # At once, for points ask the database which findings count.
        submission.save(update_fields=["state", "decided_at"])
        verdict.save()
        own.p_values.append(decision.practice.p_value)
        if decision.state == State.CONFIRMED and decision.practice.counts:
            self.counted.append(step.mask)
            own.counted += 1

    def _patch(self, submission: Submission, step: Step, verdict: Verdict, now: datetime) -> None:
        own = self.own[submission.team_id]
        decision = judge_patch(
            Case(
                step=step,
                head=self.shared.engine.head,
                published=(),
                protected=self.protected,
                practice=self.practice,
                certification=blocks.load_certification(self.competition),
                rule=rule_of(self.competition),
                queries_left=self.competition.queries_per_team - own.asked,
                place=describe_place(submission),
                names=self.names,
                engine=self.shared.engine,
            )
        )
        verdict.practice, verdict.sentence = decision.practice.to_json(), decision.sentence
        verdict.passed_gate, verdict.queried = decision.passed_gate, decision.query is not None
        verdict.team_version = self._extend(submission.team, own, submission, step)
        submission.state = decision.state
        if decision.query is not None:
            judge._record_query(submission, decision.query, now)
            own.asked += 1
        if decision.state == State.ACCEPTED:
            self._publish(submission, step, decision)

    def _extend(self, team: Team, own: Own, submission: Submission, step: Step) -> TeamVersion | None:
        proposal = own.engine.propose(step)
        if proposal.gain <= 0:
            return None
        own.engine.accept(proposal)
        own.nodes.extend(proposal.candidate.added)
        own.newest = publish.publish_team_version(
            team, submission, own.nodes, proposal.candidate, number=own.engine.version, generation=1
        )
        made: TeamVersion = own.newest
        return made

    def _publish(self, submission: Submission, step: Step, decision: Decision) -> None:
        shared = self.shared
        shared.engine.accept(shared.engine.propose(step))
        shared.nodes.extend(decision.candidate.added)
        self.protected.append(Protected(step.key, step.mask))
        self.names[step.key] = describe_group(submission)
        before, number = shared.newest, shared.engine.version
        predictions = decision.candidate.predictions
        shared.newest = publish.publish_version(
            self.competition,
            submission,
            shared.nodes,
            predictions,
            self.protected,
            number=number,
            generation=1,
        )
        credits.credit_version(shared.newest, before, self.base, final=False)

    # --- the chain -----------------------------------------------------------------------------------------------
    def _entry(self, submission: Submission, verdict: Verdict, outcomes: dict[Any, Outcome]) -> ChainEntry:
        asked = self.own[submission.team_id].asked
        left = self.competition.queries_per_team - asked + int(verdict.queried)
        payload = log.verdict_json(submission, verdict, left, outcomes)
        self.newest = log.next_entry(self.competition, self.newest, "verdict", payload)
        return self.newest
