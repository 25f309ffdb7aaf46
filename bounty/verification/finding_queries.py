"""Replay of a finding's certification query: its chance, level and test, the answer, and the points that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bounty.ledger.sampling import load_sampling
from bounty.models import Submission
from bounty.shared_model.practice_noise import noise_of
from bounty.verification import present_rule
from bounty.verification.differences import Difference, require_equal
from bounty.verification.replay_state import ReplayState
from evaluator.adjudication.finding_query import FindingQuery, ask_finding
from evaluator.adjudication.nominations import own_part

State = Submission.State


def replay_finding_query(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    """Recomputes a finding's query. Raises Difference where it was answered otherwise."""
    submission = data["submission"]
    recomputation = state.recomputation(number, data["rule"])
    known = state.standing.get(submission)
    certification = present_rule.load_certification(state, recomputation, data)
    if known is None or known.state != State.WORSE or certification is None:
        raise Difference("finding", "there is none to be asked", entry=number, submission=submission)
    # A correction since says which version it was judged against.
    generation, version_number = state.judged_against(submission)
    version = state.listed[generation, version_number]
    query, test = ask_finding(
        FindingQuery(
            own_part(
                state.load_mask(recomputation, submission),
                [
                    each.mask
                    for each in state.counting.values()
                    if each.submission != submission and each.decided < known.data["decided"]
                ],
            ),
            recomputation.array(version.data["predictions"], submission),
            recomputation.practice(),
            load_sampling(state.competition, "practice"),
            noise_of(state.competition, submission, generation, version_number),
            certification,
        )
    )
    state.budget.check_verdict(number, data, query, state.rotation(data["rule"]), test.to_json())
    expected = State.CONFIRMED if query.passed else State.WORSE
    require_equal("state", data["state"], expected, entry=number, submission=submission)
    state.note_confirmation(number, data)
    if query.passed and submission in state.counting:
        state.counting[submission] = replace(state.counting[submission], confirmed=True)
    state.replay_shared(number, data, [each.submission for each in state.shared[1:]])
