"""Confirmation of findings on final rows at the close: one Holm family over all that count (docs/science.md, Findings).

By the rule of 2026-11 a finding is confirmed by its verdict, and nothing is done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import Competition, Submission, Verdict
from bounty.notifications import events
from bounty.scoring import credits
from bounty.shared_model.group_wording import describe_place
from evaluator.adjudication.gap_test import (
    FinalTest,
    GapTest,
    choose_gap_test,
    confirm_family,
    measure_final,
)

State = Submission.State


@dataclass(frozen=True, eq=False)
class SentFinding:
    """A finding to be tested on rows that nobody has seen: its own part and the predictions of the version that it was
    sent against, both over all rows.
    """

    submission: Submission
    own: NDArray[np.bool_]
    predictions: NDArray[np.generic]

    def losses(self, split: str) -> NDArray[np.float64]:
        """Its version's losses on a split, float64[rows of the split]."""
        competition = self.submission.competition
        rows = competition.layout.rows_of(split)
        return competition.loss.rows(artifacts.read_labels(competition, split), self.predictions[rows])

    def inside(self, split: str) -> NDArray[np.bool_]:
        """Its own part on a split, bool[rows of the split]."""
        return self.own[self.submission.competition.layout.rows_of(split)]

    def choose_test(self) -> GapTest:
        """Its test, fixed on practice rows."""
        competition = self.submission.competition
        practice, final = (load_sampling(competition, split) for split in ("practice", "final"))
        losses, inside = self.losses("practice"), self.inside("practice")
        return choose_gap_test(competition.loss, losses, inside, practice, final)

    def measure_final(self, test: GapTest) -> FinalTest:
        """Its figures on final rows, whose labels are read here."""
        sampling = load_sampling(self.submission.competition, "final")
        return measure_final(test, self.losses("final"), self.inside("final"), sampling)


def load_sent_findings(competition: Competition) -> list[SentFinding]:
    """Returns the findings that count and are not confirmed, earliest first."""
    counted = [each for each in credits.counted_findings(competition) if not each.confirmed]
    rows = competition.submissions.select_related("team", "verdict").in_bulk(
        [each.submission_id for each in counted]
    )
    versions = {(each.generation, each.number): each for each in competition.versions.defer("groups")}
    found = []
    for each in counted:
        submission = rows[each.submission_id]
        submission.competition = submission.team.competition = competition
        version = versions[submission.verdict.generation, submission.verdict.head_number]
        predictions = artifacts.read_over_present_rows(competition, version.stored_predictions)
        found.append(SentFinding(submission, each.own, predictions))
    return found


def measure_family(findings: Sequence[SentFinding]) -> list[FinalTest]:
    """Returns the tests of the family. All of them are fixed before the first final label is read."""
    tests = [each.choose_test() for each in findings]
    return confirm_family([each.measure_final(test) for each, test in zip(findings, tests, strict=True)])


def confirm_on_final_rows(competition: Competition, now: datetime) -> list[Submission]:
    """Test the findings that count on final rows, and write what came out; returns them, earliest first.

    The caller holds the competition's lock, and opens the final rows in this transaction.
    """
    if competition.rule_version == 1:
        return []
    findings = load_sent_findings(competition)
    try:
        tests = measure_family(findings)
    except EmptyStratum:
        # Of some kind no unit is left there: the final rows say nothing about the table, and confirm nothing.
        return []
    for finding, test in zip(findings, tests, strict=True):
        _write_final(finding.submission, test, len(tests), now)
    return [each.submission for each in findings]


def _write_final(submission: Submission, test: FinalTest, family: int, now: datetime) -> None:
    if test.confirmed and not submission.move(State.WORSE, State.CONFIRMED, confirmed_at=now):
        raise RuntimeError(f"{submission.pk} moved on under its lock; the close is taken back")
    sentence = final_sentence(submission, test, family)
    submission.verdict.final, submission.verdict.sentence = test.to_json(), sentence
    Verdict.objects.filter(submission=submission).update(final=test.to_json(), sentence=sentence)
    events.notify_verdict(submission, sentence)


def final_sentence(submission: Submission, test: FinalTest, family: int) -> str:
    """What the final rows said of a finding, in one sentence."""
    loss = submission.competition.loss
    errs = "erred on" if loss.is_zero_one else "had a mean loss of"
    others = "" if family == 1 else f", counted with all {family} findings of the close"
    compared = (
        f"on final rows, {describe_place(submission)}, the version that it was sent against {errs} "
        f"{test.loss_inside:.1%}; elsewhere {test.loss_outside:.1%} (p = {test.p_adjusted:.2g}{others})"
    )
    return f"Confirmed finding: {compared}." if test.confirmed else f"Not confirmed at the close: {compared}."
