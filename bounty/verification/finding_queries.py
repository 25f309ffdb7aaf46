"""Replay of a finding's certification query: its chance, level and test, the answer, and the points that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounty.ledger import present_block
from bounty.ledger.sampling import load_sampling
from bounty.models import CertificationBlock, LedgerQuery, Submission
from bounty.shared_model.practice_noise import noise_of
from bounty.verification import present_rule
from bounty.verification.differences import Difference, require_equal
from bounty.verification.replay_state import ReplayState
from bounty.verification.versions import Recomputation, own_parts
from evaluator.adjudication.finding_query import FindingQuery, ask_finding
from evaluator.adjudication.gap_test import GapTest
from evaluator.adjudication.nominations import own_part

State = Submission.State


def load_own_part(
    state: ReplayState, recomputation: Recomputation, submission: str, earlier: Sequence[str]
) -> NDArray[np.bool_]:
    """Returns the rows of a finding in none of the earlier ones, bool over the present rows."""
    masks = [state.load_mask(recomputation, each) for each in earlier]
    return own_part(state.load_mask(recomputation, submission), masks)


def passes_again(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any], before: Sequence[bool]
) -> bool:
    """Returns whether a confirmed finding passes its own test again on its block's corrected rows.

    `before`: whether each entry of its block before it passed again.
    """
    competition = state.competition
    query = LedgerQuery.objects.filter(
        block__competition=competition.pk, block__number=data["block"], number=data["number"]
    ).first()
    if query is None:
        raise Difference("query", "it is gone", entry=recomputation.entry, submission=data["submission"])
    return present_block.finding_still_passes(
        competition,
        CertificationBlock(competition=competition, number=data["block"]),
        load_own_part(state, recomputation, data["submission"], query.asked_against["earlier"]),
        recomputation.array(data["before"], data["submission"]),
        GapTest.from_json(query.gap_test),
        present_rule.retest_level(state, recomputation, data, before),
    )


def replay_finding_query(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    """Recomputes a finding's query. Raises Difference where it was answered otherwise."""
    submission = data["submission"]
    recomputation = state.recomputation(number, data["rule"])
    known = state.standing.get(submission)
    certification = present_rule.load_certification(state, recomputation, data)
    if known is None or known.state != State.WORSE or certification is None:
        raise Difference("finding", "there is none to be asked", entry=number, submission=submission)
    generation, version_number = data["generation"], data["head"]
    if "head" in known.data:  # no correction has judged it again
        sent = [known.data["generation"], known.data["head"]]
        require_equal("version", [generation, version_number], sent, entry=number, submission=submission)
    version = state.listed[generation, version_number]
    earlier = [
        each.submission
        for each, _ in own_parts(state.competition, state.counting.values())
        if each.decided < known.data["decided"]
    ]
    query, test = ask_finding(
        FindingQuery(
            load_own_part(state, recomputation, submission, earlier),
            recomputation.array(version.data["predictions"], submission),
            recomputation.practice(),
            load_sampling(state.competition, "practice"),
            noise_of(state.competition, submission, generation, version_number),
            certification,
        )
    )
    against = {"generation": generation, "version": version_number, "earlier": earlier}
    state.budget.check_verdict(number, data, query, state.rotation(data["rule"]), test.to_json(), against)
    expected = State.CONFIRMED if query.passed else State.WORSE
    require_equal("state", data["state"], expected, entry=number, submission=submission)
    state.note_confirmation(number, data)
    if query.passed and submission in state.counting:
        counted = state.counting[submission]
        state.counting[submission] = replace(counted, confirmed=True, confirmed_at=data["confirmed"])
