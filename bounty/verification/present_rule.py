"""Replay of a patch's verdict, a team's own model and retests by the present rule (docs/science.md, The ledger)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bounty.core import artifacts
from bounty.hash_chain.encoding import rule_from_json
from bounty.ledger import present_block
from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import CertificationBlock, LedgerQuery
from bounty.shared_model.practice_noise import noise_of, own_model_noise
from bounty.verification.differences import Difference
from bounty.verification.ledger import NO_LEDGER
from bounty.verification.replay_state import ReplayState
from bounty.verification.versions import Recomputation
from evaluator.adjudication.acceptance import judge_patch
from evaluator.adjudication.case import Case, Certification, Decision
from evaluator.adjudication.own_model import own_loss_below
from evaluator.decision_list.repairs import Candidate, Head, Protected


def decide_patch(state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any]) -> Decision:
    """Returns the decision that the present rule comes to."""
    noise = noise_of(state.competition, data["submission"], data["generation"], data["head"])
    return judge_patch(
        Case(
            step=recomputation.load_step(data),
            head=state.shared[-1].head,
            published=(),
            protected=recomputation.protected(state.shared),
            engine=state.engine(recomputation),
            practice=recomputation.practice(),
            sampling=load_sampling(state.competition, "practice"),
            certification=load_certification(state, recomputation, data),
            noise=noise,
            rule=rule_from_json(recomputation.rule),
            gate_chance=data["gate_chance"],
            cells=present_block.load_declared_cells(state.competition, _block(state, data["block"])),
            queries_left=data["queries_left"],
            asks=data["asks"],
        )
    )


def load_certification(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any]
) -> Certification | None:
    """Returns the block that an entry names, as it was before its query; None where none could be asked."""
    block = _block(state, data["block"])
    if block is None:
        return None
    try:
        sampling = load_sampling(state.competition, block.split)
    except EmptyStratum:
        return None
    key = str(block.number)
    ledger = state.budget.block_ledger(recomputation.rule, key, state.budget.blocks.get(key, NO_LEDGER))
    return Certification(
        state.competition.layout.rows_of(block.split),
        artifacts.read_labels(state.competition, block.split),
        ledger,
        sampling,
    )


def _block(state: ReplayState, number: int | None) -> CertificationBlock | None:
    """Returns a block of the replayed competition, whose split alone is asked for: it is on the replayed table."""
    return None if number is None else CertificationBlock(competition=state.competition, number=number)


def extended_own_model(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any], candidate: Candidate
) -> tuple[Candidate, float] | None:
    """Returns the candidate that a team's own model takes and the loss told of it; None where it takes none."""
    own = state.teams.get(data["team"], [])
    newest = own[-1] if own else state.shared[0]
    generation = state.team_generations.get(data["team"], 1)
    noise = own_model_noise(state.competition, data["submission"], generation)
    present = newest.head.predictions
    return own_loss_below(candidate, present, recomputation.practice(), noise, newest.data["practice_loss"])


def retest_level(
    state: ReplayState,
    recomputation: Recomputation,
    data: Mapping[str, Any],
    before: Sequence[bool],
) -> float:
    """Returns the level of an entry's retest. `before`: whether each entry of its block before it was kept."""
    key = str(data["block"])
    ledger = state.budget.block_ledger(recomputation.rule, key, state.budget.blocks[key])
    return ledger.retest_level(data["number"], before)


def passes_again(
    state: ReplayState,
    recomputation: Recomputation,
    data: Mapping[str, Any],
    heads: tuple[Head, Head],
    protected: Sequence[Protected],
    level: float,
) -> bool:
    """Returns whether an entry passes its own test, at the level, on the corrected rows."""
    block = _block(state, data["block"])
    query = LedgerQuery.objects.filter(
        block__competition=state.competition.pk, block__number=data["block"], number=data["number"]
    ).first()
    if query is None or block is None:
        raise Difference("query", "it is gone", entry=recomputation.entry, submission=data["submission"])
    return present_block.still_passes(
        state.competition,
        block,
        heads,
        protected,
        recomputation.practice(),
        rule_from_json(recomputation.rule),
        present_block.stored_test(query),
        level,
    )
