"""The open block by the present rule, in the evaluator's types: its ledger, labels and sampling, and declared cells."""

from __future__ import annotations

import numpy as np

from bounty.core import artifacts
from bounty.ledger.sampling import EmptyStratum, load_sampling
from bounty.models import CertificationBlock, Competition
from evaluator.adjudication.case import Certification
from evaluator.adjudication.ledger import Asked, BlockLedger, Retested, block_delta
from evaluator.decision_list.repairs import Protected


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
