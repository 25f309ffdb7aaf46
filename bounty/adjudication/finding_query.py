"""Certification of a finding by one query that its team spends: asked on its page, answered by the adjudicate worker.

The finding stays what it is until the answer: accepted by the block it is confirmed, refused it stays worse on practice
rows, and may still be confirmed at the close.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.hash_chain import log as chain_log
from bounty.ledger import allowance, blocks, present_block
from bounty.ledger.sampling import load_sampling
from bounty.models import Competition, LedgerQuery, ModelVersion, Submission, Verdict
from bounty.notifications import events
from bounty.scoring import credits, leaderboard
from bounty.shared_model import arrays
from bounty.shared_model.group_wording import describe_place
from bounty.shared_model.practice_noise import noise_of
from bounty.submissions import dispatch
from evaluator.adjudication.case import Certification, QueryResult
from evaluator.adjudication.finding_query import FindingQuery, ask_finding
from evaluator.adjudication.gap_test import GapTest
from evaluator.adjudication.nominations import own_part

log = logging.getLogger(__name__)

State = Submission.State


def certification_refusal(submission: Submission) -> str:
    """Why no certification query can be spent on a finding now, in words for its team; "" where one can."""
    competition = submission.competition
    if not submission.is_finding:
        return _("Only a finding is certified so: a patch asks its query by itself, once it passes the gate.")
    if submission.state == State.CONFIRMED:
        return _("The finding is confirmed already, so there is nothing to ask.")
    if submission.state != State.WORSE:
        return _("Only a finding that is worse on practice rows can be certified.")
    if not competition.is_open:
        return _("The competition is not open.")
    if competition.acceptance != Competition.Acceptance.LEDGER:
        return _("This competition certifies nothing: its rule is the plain one.")
    if submission.query_waits_since is not None:
        return _("Its query is being asked already.")
    block = competition.open_block()
    if block is None:
        return _("No certification rows are left to ask. It may still be confirmed at the close.")
    if submission.queries.filter(block=block).exists():
        return _(
            "These certification rows were asked already and did not confirm it. It may be asked again on a later "
            "block, and is tested on final rows at the close."
        )
    if allowance.queries_left(submission.team, submission.author_id) <= 0:
        return _("Your team has used up its certification queries.")
    return ""


def request_certification(submission: Submission, now: datetime | None = None) -> None:
    """Have a finding's query asked. Raises Refusal where none can be; nothing is spent then."""
    if reason := certification_refusal(submission):
        raise Refusal(reason)
    with transaction.atomic():
        waiting = Submission.objects.filter(
            pk=submission.pk, state=State.WORSE, query_waits_since__isnull=True
        )
        if not waiting.update(query_waits_since=now or timezone.now()):
            raise Refusal(_("Its query is being asked already."))
        dispatch.send_for_judging(submission)


def send_waiting(now: datetime) -> None:
    """Send again for the queries of findings whose message may be lost; a step of the sweep."""
    for submission in Submission.objects.filter(state=State.WORSE, query_waits_since__isnull=False):
        dispatch.send_for_judging(submission)


def ask_waiting(submission_id: UUID, now: datetime | None = None) -> bool:
    """Ask the query that a finding waits for, and write all that follows; False where it waits for none.

    Delivered twice it asks once. Raises evaluator.errors.PlatformFault where an array is missing; nothing was written.
    """
    now = now or timezone.now()
    with transaction.atomic():
        submission = _lock_waiting(submission_id)
        if submission is None:
            return False
        competition = submission.competition
        Submission.objects.filter(pk=submission.pk).update(query_waits_since=None)
        submission.query_waits_since = None
        certification = present_block.load_certification(competition)
        if certification is None or certification_refusal(submission):
            return False  # what was possible when it was asked for is over; nothing is spent
        chain_log.start_chain(competition)
        left = allowance.queries_left(submission.team, submission.author_id)
        query, test = ask_finding(_finding_query(submission, certification))
        _write(submission, query, test, now)
        chain_log.record_finding_query(submission, left)
        events.notify_verdict(submission, submission.verdict.sentence)
        log.info("finding %s: %s", submission.pk, submission.verdict.sentence)
    return True


def _lock_waiting(submission_id: UUID) -> Submission | None:
    """The locked finding where it waits for its query, else None; the competition is locked first."""
    found = Submission.objects.filter(pk=submission_id).values_list("competition_id", flat=True).first()
    if found is None:
        return None
    competition = Competition.objects.select_for_update().get(pk=found)
    waiting = Submission.objects.select_for_update(of=("self",)).filter(
        pk=submission_id, state=State.WORSE, query_waits_since__isnull=False
    )
    submission = waiting.select_related("team", "author", "verdict").first()
    if submission is not None:
        submission.competition = submission.team.competition = competition
    return submission


def _finding_query(submission: Submission, certification: Certification) -> FindingQuery:
    competition, verdict = submission.competition, submission.verdict
    version = ModelVersion.objects.get(
        competition=competition, generation=verdict.generation, number=verdict.head_number
    )
    return FindingQuery(
        load_own_part(submission),
        artifacts.read_over_present_rows(competition, version.stored_predictions),
        arrays.load_practice(competition),
        load_sampling(competition, "practice"),
        noise_of(competition, submission.pk, verdict.generation, verdict.head_number),
        certification,
    )


def earlier_findings(submission: Submission) -> list[credits.CountedFinding]:
    """Returns the findings that count and were decided before this one: their rows are not its own."""
    return [
        each
        for each in credits.counted_findings(submission.competition)
        if submission.decided_at and each.decided_at < submission.decided_at
    ]


def load_own_part(submission: Submission) -> NDArray[np.bool_]:
    """Returns the rows of a finding in no earlier finding that counts, bool over all rows."""
    earlier = [each.mask for each in earlier_findings(submission)]
    return own_part(arrays.load_mask(submission), earlier)


def _write(submission: Submission, query: QueryResult, test: GapTest, now: datetime) -> None:
    competition = submission.competition
    block = competition.open_block()
    assert block is not None  # noqa: S101 - it was asked under the same lock
    LedgerQuery.objects.create(
        block=block,
        submission=submission,
        number=query.number,
        accepted_before=query.accepted_before,
        log_inverse_delta=query.log_inverse_delta,
        passed=query.passed,
        symbol=query.symbol,
        chance=query.chance,
        log_probability=query.log_probability,
        test=query.test,
        gap_test=test.to_json(),
        asked_against={
            "generation": submission.verdict.generation,
            "version": submission.verdict.head_number,
            "earlier": [str(each.submission_id) for each in earlier_findings(submission)],
        },
    )
    blocks.charge_block(competition, now, queries=1, accepted=int(query.passed))
    if query.passed and not submission.move(State.WORSE, State.CONFIRMED, confirmed_at=now):
        raise RuntimeError(f"{submission.pk} moved on under its lock; the query is taken back")
    submission.verdict.sentence = certified_sentence(submission, query.passed)
    Verdict.objects.filter(submission=submission).update(sentence=submission.verdict.sentence)
    leaderboard.refresh_board(competition, [submission.team_id], now)


def certified_sentence(submission: Submission, passed: bool) -> str:
    """What the certification rows said of a finding, in one sentence; they tell nothing but yes or no."""
    place = describe_place(submission)
    if passed:
        return (
            f"Confirmed finding: certification rows, which nobody has seen, show that {place} the version that it was "
            "sent against does worse than elsewhere."
        )
    return (
        f"Worse on practice rows, {place}; the certification rows did not confirm it. It is tested on final rows at "
        "the close."
    )
