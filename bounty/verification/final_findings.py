"""Replay of the close's findings: the family that was tested on final rows, and what that confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bounty.adjudication.confirm import SentFinding, measure_family
from bounty.ledger.sampling import EmptyStratum
from bounty.models import Submission
from bounty.verification.differences import require_equal
from bounty.verification.replay_state import ReplayState
from bounty.verification.versions import Recomputation, own_parts
from evaluator.adjudication.gap_test import FinalTest

State = Submission.State


def replay_confirmations(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    """Recomputes the tests on final rows. Raises Difference where one was left out, or something else comes out."""
    given = data.get("findings", [])
    recomputation = state.recomputation(number, state.newest_rule)
    sent = _sent_findings(state, recomputation)
    tests = _measured(sent)
    named = [each["submission"] for each in given]
    expected = [str(each.submission.pk) for each in sent] if tests else []
    require_equal("findings tested", named, expected, entry=number)
    for each, test in zip(given, tests, strict=True):
        said = {"entry": number, "submission": each["submission"]}
        require_equal("final test", each["final"], test.to_json(), **said)
        require_equal("state", each["state"], State.CONFIRMED if test.confirmed else State.WORSE, **said)
        state.note_confirmation(number, each)
        counted = state.counting[each["submission"]]
        state.counting[each["submission"]] = replace(
            counted, confirmed=test.confirmed, confirmed_at=each.get("confirmed", counted.confirmed_at)
        )


def _measured(sent: list[SentFinding]) -> list[FinalTest]:
    try:
        return measure_family(sent)
    except EmptyStratum:
        return []


def _sent_findings(state: ReplayState, recomputation: Recomputation) -> list[SentFinding]:
    """Returns the findings that count and are not confirmed, earliest first, with the version each was sent against."""
    parts = [each for each in own_parts(state.competition, state.counting.values()) if not each[0].confirmed]
    wanted = [counted.submission for counted, _ in parts]
    rows = Submission.objects.select_related("verdict").in_bulk(wanted)
    rows = {str(key): row for key, row in rows.items()}
    found = []
    for counted, own in parts:
        submission = rows[counted.submission]
        submission.competition = state.competition
        version = state.listed[submission.verdict.generation, submission.verdict.head_number]
        predictions = recomputation.array(version.data["predictions"], counted.submission)
        found.append(SentFinding(submission, own, predictions))
    return found
