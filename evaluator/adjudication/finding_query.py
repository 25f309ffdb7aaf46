"""The certification query of a finding, which its team spends: predicted on practice rows, answered by A or R."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.case import Certification, QueryResult
from evaluator.adjudication.gap_test import GapTest, choose_gap_test, predict_gap_chance
from evaluator.adjudication.ledger import rounded_chance
from evaluator.adjudication.noise import Noise, noise_finding
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list.repairs import Practice

Mask = npt.NDArray[np.bool_]
Predictions = npt.NDArray[np.generic]

_STEPS = 2  # of the fixed point between the chance and the level that follows from it
_FIRST_CHANCE = 0.7


@dataclass(frozen=True, eq=False)
class FindingQuery:
    """What a finding's query is asked with. `own` is its own part, bool over all rows; `predictions` are of the version
    that it was sent against.
    """

    own: Mask
    predictions: Predictions
    practice: Practice
    sampling: Sampling  # how practice rows count
    noise: Noise
    certification: Certification


def ask_finding(asked: FindingQuery) -> tuple[QueryResult, GapTest]:
    """The answered query and its test. Chance, level and test are fixed before certification labels are read."""
    block, loss = asked.certification, asked.practice.loss
    chance = predict_chance(asked)
    level = block.ledger.level(chance)
    test = _choose_test(asked)
    losses = loss.rows(block.y, asked.predictions[block.rows])
    passed = test.passes(losses, asked.own[block.rows], block.sampling, level)
    answer = QueryResult(
        symbol="A" if passed else "R",
        chance=chance,
        log_inverse_delta=level,
        log_probability=block.ledger.log_probability(chance),
        test=test.name,
        bet_weight=None,
        number=block.ledger.queries + 1,
        accepted_before=block.ledger.accepted,
    )
    return answer, test


def predict_chance(asked: FindingQuery) -> float:
    """c: the chance that the query is accepted at the level that it would get, rounded and clipped as it is stored."""
    block, practice = asked.certification, asked.practice
    losses = practice.loss.rows(practice.y, asked.predictions[practice.rows])
    cells = noise_finding(
        losses,
        asked.own[practice.rows],
        asked.sampling,
        asked.noise,
        is_zero_one=practice.loss.is_zero_one,
    )
    chance = _FIRST_CHANCE
    for _ in range(_STEPS):
        predicted = predict_gap_chance(
            cells,
            rows=len(block.y),
            exact=_choose_test(asked).name == "fisher",
            log_inverse_delta=block.ledger.level(chance),
            unit_rows=asked.sampling.unit_rows,
        )
        chance = rounded_chance(predicted)
    return chance


def _choose_test(asked: FindingQuery) -> GapTest:
    practice = asked.practice
    losses = practice.loss.rows(practice.y, asked.predictions[practice.rows])
    inside, asked_of = asked.own[practice.rows], asked.certification.sampling
    return choose_gap_test(practice.loss, losses, inside, asked.sampling, asked_of)
