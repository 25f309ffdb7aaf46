"""Input and output of a patch's verdict: the case, the query's result, the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.feedback import PracticeFeedback
from evaluator.adjudication.rule import Rule, State
from evaluator.adjudication.rule_2026_11.ledger import LedgerState
from evaluator.decision_list.engine import Engine
from evaluator.decision_list.repairs import Candidate, Head, Practice, Protected, Step


@dataclass(frozen=True, eq=False)
class Certification:
    """The open certification block. `y` has one label for each of `rows`; one row a unit."""

    rows: slice
    y: npt.NDArray[np.generic]
    state: LedgerState


@dataclass(frozen=True, eq=False)
class Case:
    """The input of a verdict. Masks and predictions are over all rows; labels only where named."""

    step: Step
    head: Head
    published: Sequence[Head]  # the base model and every published head, `head` the last of them
    protected: Sequence[Protected]
    practice: Practice
    certification: Certification | None  # None where no block is left
    rule: Rule = field(default_factory=Rule)
    queries_left: int | None = None  # of the team's allowance; None is no limit
    place: str = "in this group"  # where, for sentences: "on small children", "where age is below 6 years"
    names: Mapping[str, str] = field(default_factory=dict)  # protected keys in words
    # The same list kept by an engine, where many are judged in turn: `published` is not looked at then.
    engine: Engine | None = None


@dataclass(frozen=True)
class QueryResult:
    """An answered certification query. `passed` is the published bit; `alarm_bits` is what a harm alarm costs the
    block.
    """

    passed: bool
    number: int  # t, from 1
    accepted_before: int
    extra_bits: int  # charged to the block before this query
    log_inverse_delta: float
    alarm_bits: int = 0
    certified: bool = True  # False under the plain rule


@dataclass(frozen=True, eq=False)
class Decision:
    """The verdict on a patch: its state, the practice feedback, the query if one was asked, and the sentence."""

    state: State
    practice: PracticeFeedback
    passed_gate: bool
    query: QueryResult | None
    candidate: Candidate
    sentence: str
