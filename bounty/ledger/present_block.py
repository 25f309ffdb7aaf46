"""The open block by the present rule, in the evaluator's types: its ledger, labels and sampling, and declared cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import CertificationBlock, Competition, LedgerQuery
from evaluator.adjudication import harm, query_test
from evaluator.adjudication.case import Certification
from evaluator.adjudication.gain_test import GainTest
from evaluator.adjudication.gap_test import GapTest
from evaluator.adjudication.holdout import CHANCE, Holdout
from evaluator.adjudication.ledger import Asked, BlockLedger, Retested, block_delta
from evaluator.adjudication.rule import Rule
from evaluator.decision_list.repairs import Head, Practice, Protected


def block_ledger(competition: Competition, block: CertificationBlock) -> BlockLedger:
    """Returns the block's ledger before its next query: all that was told of it, in order."""
    asked = block.asked.order_by("number").values_list("symbol", "chance")
    return BlockLedger(
        block_delta(competition.delta, block.number, competition.fixed_blocks),
        tuple(Asked(symbol, chance) for symbol, chance in asked),  # type: ignore[arg-type]
        tuple(
            Retested(each["after"], tuple((number, kept) for number, kept in each["kept"]))
            for each in block.retests_json
        ),
    )


def is_spent(holdout: Holdout, number: int, ledger: BlockLedger, target_gain: float) -> bool:
    """Whether the smallest gain that the block's next query could still show exceeds what the organiser wants shown."""
    smallest = holdout.gain_at(number, ledger.level(CHANCE))
    return smallest is None or smallest > target_gain


def load_certification(competition: Competition) -> Certification | None:
    """Returns the open block's rows, labels, ledger and sampling; None where no query can be asked."""
    block = competition.open_block()
    if block is None:
        return None
    try:
        sampling = load_sampling(competition, block.split)
    except EmptyStratum:
        return None
    return Certification(
        competition.layout.rows_of(block.split),
        artifacts.read_labels(competition, block.split),
        block_ledger(competition, block),
        sampling,
    )


def stored_test(query: LedgerQuery) -> GainTest:
    """Returns the test of a query as it was asked, with its bet."""
    return GainTest(query.test, query.bet_weight)  # type: ignore[arg-type]


def still_passes(
    competition: Competition,
    block: CertificationBlock,
    heads: tuple[Head, Head],
    protected: Sequence[Protected],
    practice: Practice,
    rule: Rule,
    test: GainTest,
    level: float,
) -> bool:
    """Returns whether a certified change, of the first head into the second, passes its test again at a level on the
    block's present rows. Where a kind of unit is gone from them nothing can be shown, and it does not.
    """
    try:
        sampling = load_sampling(competition, block.split)
    except EmptyStratum:
        return False
    guarded = harm.guarded_groups(protected, load_declared_cells(competition, block), practice)
    return query_test.still_passes(
        query_test.QueryTest(
            *heads,
            guarded,
            practice,
            competition.layout.rows_of(block.split),
            artifacts.read_labels(competition, block.split),
            sampling,
            rule,
            test,
            level,
        )
    )


def finding_still_passes(
    competition: Competition,
    block: CertificationBlock,
    own: NDArray[np.bool_],
    predictions: NDArray[np.generic],
    test: GapTest,
    level: float,
) -> bool:
    """Returns whether a finding's own part, bool over all rows, is shown again to be served worse by these predictions
    on the block's present rows.
    """
    try:
        sampling = load_sampling(competition, block.split)
    except EmptyStratum:
        return False
    rows = competition.layout.rows_of(block.split)
    losses = competition.loss.rows(artifacts.read_labels(competition, block.split), predictions[rows])
    return test.passes(losses, own[rows], sampling, level)


def load_declared_cells(competition: Competition, block: CertificationBlock | None) -> list[Protected]:
    """Returns the organiser's declared cells, each mask over all rows, False but on practice rows and the block's."""
    splits = ["practice", *([block.split] if block is not None else [])]
    found = {split: artifacts.read_cells(competition, split) for split in splits}
    practice = found["practice"]
    if practice is None:
        return []
    cells = []
    for code in np.unique(practice).tolist():
        mask = np.zeros(competition.layout.rows, dtype=np.bool_)
        for split, codes in found.items():
            if codes is not None:
                mask[competition.layout.rows_of(split)] = codes == code
        cells.append(Protected(f"cell:{code}", mask))
    return cells
