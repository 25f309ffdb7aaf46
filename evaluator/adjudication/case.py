"""Input and output of a patch's verdict by the present rule: the case, the query's result, the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.noise import Noise
from evaluator.adjudication.rule import Rule, State
from evaluator.decision_list.engine import Engine
from evaluator.decision_list.repairs import Candidate, Head, Practice, Protected, Step

if TYPE_CHECKING:
    from evaluator.adjudication.ledger import BlockLedger, Symbol
    from evaluator.adjudication.noised_feedback import NoisedFeedback
    from evaluator.adjudication.sampling import Sampling

TestName = Literal["sign", "bet", "fisher"]


@dataclass(frozen=True, eq=False)
class Certification:
    """The open certification block: one label for each of `rows`, its ledger, and how its rows count."""

    rows: slice
    y: npt.NDArray[np.generic]
    ledger: BlockLedger
    sampling: Sampling


@dataclass(frozen=True, eq=False)
class Case:
    """The input of a verdict. Masks and predictions are over all rows; labels only where named."""

    step: Step
    head: Head
    published: Sequence[Head]  # the base model and every published head, `head` the last of them
    protected: Sequence[Protected]
    practice: Practice
    sampling: Sampling  # how practice rows count
    certification: Certification | None  # None where no block is left
    noise: Noise
    rule: Rule = field(default_factory=lambda: Rule(version=2))
    gate_chance: float | None = None  # where the author's gate is another than the rule's
    cells: Sequence[
        Protected
    ] = ()  # the organiser's declared cells: guarded where they hold k rows, never repaired
    queries_left: int | None = None  # of the team's allowance; None is no limit
    asks: bool = True  # False: what passes the gate waits for its query
    place: str = "in this group"  # where, for sentences: "on small children", "where age is below 6 years"
    names: Mapping[str, str] = field(default_factory=dict)  # protected keys in words
    # The same list kept by an engine, where many are judged in turn: `published` is not looked at then.
    engine: Engine | None = None


@dataclass(frozen=True)
class QueryResult:
    """An answered certification query: the published symbol, and what was fixed before the block's labels were read."""

    symbol: Symbol
    chance: float  # c: predicted, rounded and clipped; the level follows from it
    log_inverse_delta: float  # the level ln(1 / delta_q)
    log_probability: float  # ln P(string so far, then A)
    test: TestName
    bet_weight: float | None  # L of the betting test; None for the sign test
    number: int  # t, from 1
    accepted_before: int
    certified: bool = True  # False under the plain rule

    @property
    def passed(self) -> bool:
        """Whether it was accepted."""
        return self.symbol == "A"


@dataclass(frozen=True, eq=False)
class Decision:
    """The verdict on a patch: its state, the practice feedback, the query if one was asked, and the sentence."""

    state: State
    practice: NoisedFeedback
    passed_gate: bool
    query: QueryResult | None
    candidate: Candidate
    sentence: str
    chance: float | None = None  # c of the query that was asked, or would be: the order of asking
