"""The test of a query on a block's rows: the one place where certification labels are read, and its one symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.adjudication import harm
from evaluator.adjudication.gain_test import GainTest
from evaluator.adjudication.ledger import Symbol
from evaluator.adjudication.rule import Rule
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list.repairs import Head, Practice, Protected


@dataclass(frozen=True, eq=False)
class QueryTest:
    """A tested change of the head on a block's rows, by a test that was fixed before. `guarded` are the groups whose
    harm is looked for.
    """

    before: Head
    after: Head
    guarded: Sequence[Protected]
    practice: Practice
    rows: slice
    y: npt.NDArray[np.generic]
    sampling: Sampling
    rule: Rule
    test: GainTest
    level: float  # ln(1 / delta_q)


def answer_query(tested: QueryTest) -> Symbol:
    """The symbol that the block's rows answer."""
    loss, rule = tested.practice.loss, tested.rule
    before, after = (
        loss.rows(tested.y, head.predictions[tested.rows]) for head in (tested.before, tested.after)
    )
    if rule.name == "alpha":
        gained = float(np.mean(before - after)) >= rule.alpha
    else:
        gained = tested.test.passes(before, after, tested.sampling, tested.level)
    if not gained:
        return "R"
    masks = [group.mask[tested.rows] for group in tested.guarded]
    if rule.harm == "certified":
        tolerance = tested.practice.tolerance
        within = harm.is_harm_within(before, after, masks, tolerance, loss, tested.sampling, tested.level)
        # An alarm would say nothing more where harm is shown to be small.
        return "A" if within else "R"
    return "H" if harm.is_harm_shown(before, after, masks, loss, tested.sampling, tested.level) else "A"


def still_passes(tested: QueryTest) -> bool:
    """Whether an accepted change is accepted by its test on a block's corrected rows, at the level given."""
    return answer_query(tested) == "A"
