"""A patch and its candidate measured on practice rows: exact losses, and the noised cells that all is told from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from evaluator.adjudication import gate, noise
from evaluator.adjudication.case import Case
from evaluator.adjudication.gate import GateRule, Prediction
from evaluator.adjudication.noise import ChangeCells
from evaluator.decision_list import Engine, Proposal
from evaluator.decision_list.repairs import Candidate

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """A candidate on practice rows: exact losses, which stay here, and the noised cells, which all is told from."""

    engine: Engine
    proposal: Proposal
    before: Floats
    after: Floats
    alone: ChangeCells
    whole: ChangeCells
    gated: ChangeCells  # the whole candidate as the gate counts it
    gate: GateRule | None  # None where no block is open
    alone_query: Prediction | None
    query: Prediction | None

    @property
    def candidate(self) -> Candidate:
        return self.proposal.candidate


def measure_patch(case: Case) -> Measured:
    """A patch and its candidate on practice rows, in noised cells."""
    others = [group for group in case.protected if group.key != case.step.key]
    engine = case.engine or Engine.from_heads(case.published, others, case.practice)
    proposal = engine.propose(case.step)
    rows, loss = case.practice.rows, case.practice.loss
    before = loss.rows(case.practice.y, case.head.predictions[rows])
    after = loss.rows(case.practice.y, proposal.candidate.predictions[rows])
    inside = case.step.mask[rows]
    patched = before.copy()
    # Outside its group a patch has no answers, only zeros, which are no probabilities.
    patched[inside] = loss.rows(case.practice.y[inside], case.step.predictions[rows][inside])
    alone = noise.noise_patch(
        before, patched, inside, case.sampling, case.noise, is_zero_one=loss.is_zero_one
    )
    whole = _whole_cells(case, proposal.candidate, alone, before, after)
    gated = _gated_cells(case, proposal.candidate, alone, whole, noise.noise_net(before, after, case.noise))
    rule = _gate_rule(case, len(before))
    return Measured(
        engine,
        proposal,
        before,
        after,
        alone,
        whole,
        gated,
        rule,
        None if rule is None else gate.predict_query(alone, rule),
        None if rule is None else gate.predict_query(gated, rule),
    )


def practice_p_value(case: Case, cells: ChangeCells, rows: int) -> float:
    return gate.practice_p_value(cells, case.sampling.count_units(rows), is_plain=case.sampling.is_plain)


def _whole_cells(
    case: Case, candidate: Candidate, alone: ChangeCells, before: Floats, after: Floats
) -> ChangeCells:
    """The cells of the whole candidate; without repairs they are the patch's own, and nothing more is told."""
    if candidate.repairs:
        return noise.noise_candidate(
            before, after, case.sampling, case.noise, is_zero_one=case.practice.loss.is_zero_one
        )
    lost = math.fsum(before.tolist())
    return replace(alone, rows=len(before), before=lost, after=lost - alone.gain)


def _gated_cells(
    case: Case, candidate: Candidate, alone: ChangeCells, whole: ChangeCells, net: int
) -> ChangeCells:
    """The whole candidate's cells before the gate: what a repair takes back counts as changed all the same.

    A repair is decided exactly. It would take a group's changed answers back at once where these lose one row more than
    they win, and the gate would tell who that row is; so only the net gain, which moves by that row, may jump.
    """
    if not case.noise.scale or not candidate.repairs:
        return whole
    z2 = max(whole.z2, alone.z2)
    if whole.changed is None or alone.changed is None:
        return replace(whole, z2=z2)
    changed = max(alone.changed, whole.changed, abs(net))
    changed += (changed + net) % 2
    wins, losses = (changed + net) // 2, (changed - net) // 2
    z = float(net) if case.sampling.is_plain else whole.z
    return replace(whole, after=whole.before - net, z=z, z2=z2, wins=wins, losses=losses)


def _gate_rule(case: Case, rows: int) -> GateRule | None:
    block = case.certification
    if block is None:
        return None
    return GateRule(
        case.practice.loss,
        case.sampling.count_units(rows),
        block.sampling,
        len(block.y),
        block.ledger,
        case.rule.gate_level,
        case.rule.gate_chance if case.gate_chance is None else case.gate_chance,
        case.sampling.is_plain,
    )
