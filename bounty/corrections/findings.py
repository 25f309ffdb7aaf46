"""Retests of findings that a certification query confirmed, after a correction: an A of the string like a patch's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from bounty.adjudication import finding_query
from bounty.core import artifacts, audit
from bounty.hash_chain.retest import Retest
from bounty.ledger import present_block
from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import Competition, LedgerQuery, Submission, Verdict
from bounty.notifications import events
from evaluator.adjudication.gap_test import GapTest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Submission.State


def retest_findings(
    competition: Competition, changed: Collection[str], tested: Sequence[Retest]
) -> list[Retest]:
    """The retests of confirmed findings whose block's rows changed, in the order of their queries.

    They come after the list's entries (`tested`), whose outcomes their level pays for. The table is corrected already.
    """
    queries = LedgerQuery.objects.filter(
        submission__competition=competition,
        submission__state=State.CONFIRMED,
        submission__patch_kind=Submission.PatchKind.NONE,
        passed=True,
    ).select_related("block", "submission__verdict", "submission__team")
    found: list[Retest] = []
    for query in queries.order_by("block__number", "number"):
        if query.block.split in changed:
            block = query.block.number
            before = [each.kept for each in (*tested, *found) if each.block == block]
            found.append(_retest(competition, query, before))
    return found


def _retest(competition: Competition, query: LedgerQuery, before: Sequence[bool]) -> Retest:
    submission = query.submission
    submission.competition = competition
    version = finding_query.sent_version(submission)
    rows = competition.layout.rows_of(query.block.split)
    level = present_block.block_ledger(competition, query.block).retest_level(query.number, before)
    predictions = artifacts.read_over_present_rows(competition, version.stored_predictions)
    try:
        kept = GapTest.from_json(query.gap_test).passes(
            competition.loss.rows(artifacts.read_labels(competition, query.block.split), predictions[rows]),
            finding_query.load_own_part(submission)[rows],
            load_sampling(competition, query.block.split),
            level,
        )
    except EmptyStratum:
        kept = False
    return Retest(submission, query.block.number, level, version, version, (), kept, query.number)


def withdraw_confirmations(tested: Sequence[Retest], number: int, reason: str, by: User) -> bool:
    """Move findings that no longer pass back to worse on practice rows; returns whether there are any."""
    lost = [each.submission for each in tested if not each.kept]
    for submission in lost:
        submission.move(State.CONFIRMED, State.WORSE, confirmed_at=None)
        sentence = (
            f"Worse on practice rows: after correction {number} of the table it no longer passes the test that "
            f"confirmed it: {reason}"
        )
        Verdict.objects.filter(submission=submission).update(sentence=sentence)
        events.notify_verdict(submission, sentence)
        audit.record_change(submission, by, {"state": [State.CONFIRMED, State.WORSE]}, reason)
    return bool(lost)
