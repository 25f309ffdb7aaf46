"""Retests of findings that a certification query confirmed, after a correction: an A of the string like a patch's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bounty.core import artifacts, audit
from bounty.hash_chain.retest import Retest
from bounty.ledger import present_block
from bounty.models import Competition, LedgerQuery, ModelVersion, Submission, Verdict
from bounty.notifications import events
from bounty.shared_model import arrays
from evaluator.adjudication.gap_test import GapTest
from evaluator.adjudication.nominations import own_part

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Submission.State


def confirming_queries(competition: Competition) -> list[LedgerQuery]:
    """The queries that confirmed findings which are still confirmed: of each its newest.

    What an earlier correction took back, a later block may have confirmed again; the older query says nothing then.
    """
    queries = LedgerQuery.objects.filter(
        submission__competition=competition,
        submission__state=State.CONFIRMED,
        submission__patch_kind=Submission.PatchKind.NONE,
        passed=True,
    )
    found = queries.select_related("block", "submission__verdict", "submission__team").order_by("pk")
    return list({query.submission_id: query for query in found}.values())


def retest_finding(competition: Competition, query: LedgerQuery, before: Sequence[bool]) -> Retest:
    """The retest of a finding that a query confirmed: the rows that were its own then, and the same version.

    `before`: whether each entry of its block before it was kept. The table is corrected already.
    """
    submission, against = query.submission, query.asked_against
    submission.competition = competition
    version = ModelVersion.objects.get(
        competition=competition, generation=against["generation"], number=against["version"]
    )
    earlier = list(Submission.objects.filter(pk__in=against["earlier"]))
    masks = arrays.load_masks(competition, [submission, *earlier])
    own = own_part(masks[submission.key], [masks[each.key] for each in earlier])
    level = present_block.block_ledger(competition, query.block).retest_level(query.number, before)
    predictions = artifacts.read_over_present_rows(competition, version.stored_predictions)
    test = GapTest.from_json(query.gap_test)
    kept = present_block.finding_still_passes(competition, query.block, own, predictions, test, level)
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
