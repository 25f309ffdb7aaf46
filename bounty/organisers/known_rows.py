"""Known rows of a draft's table: those that were public, opened or told of in the competition that it copies.

A copy never draws them into a secret split. Labels of public rows can be looked up; practice rows were told of with
every verdict, a certification block with every query, and final rows are opened at the close.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounty.competitions.table_storage import unit_digest
from bounty.core import artifacts
from bounty.models import CertificationBlock, Competition, CompetitionDraft, Verdict
from bounty.organisers import draft_tables
from evaluator.splits import PUBLIC

if TYPE_CHECKING:
    from numpy.typing import NDArray


def told_splits(competition: Competition) -> list[str]:
    """The splits whose rows people may know something of, in the layout's order; [] before it was opened.

    In a rehearsal only the public ones: the rest was told to its own people alone, who are kept out of its copies.
    """
    if competition.status not in Competition.OPENED:
        return []
    told = set(PUBLIC)
    if not competition.rehearsal:
        if Verdict.objects.filter(submission__competition=competition).exclude(practice={}).exists():
            told.add("practice")
        asked = competition.blocks.exclude(queries=0) | competition.blocks.filter(
            state=CertificationBlock.State.RETIRED
        )
        told |= {block.split for block in asked}
        if competition.final_opened_at is not None:
            # The close publishes bounds of the blocks as well, and whoever entered may practise from then on.
            told |= {"practice", "final", *competition.layout.blocks}
    return [name for name in competition.layout.ranges if name in told]


def known_rows(draft: CompetitionDraft) -> NDArray[np.bool_] | None:
    """bool[rows of the draft's table]: what may be known from the competitions it copies; None where nothing is.

    Raises TableError where there is no table.
    """
    known: NDArray[np.bool_] | None = None
    for competition in _sources(draft):
        if splits := told_splits(competition):
            found = _rows_of(draft, competition, splits)
            known = found if known is None else known | found
    return known


def _sources(draft: CompetitionDraft) -> Iterator[Competition]:
    """The competition that the draft copies, the one that this is a copy of, and so on."""
    source = draft.source
    while source is not None:
        if source.layout_json:
            yield source
        source = source.copied_from


def _rows_of(draft: CompetitionDraft, competition: Competition, splits: list[str]) -> NDArray[np.bool_]:
    told = np.zeros(competition.layout.rows, dtype=bool)
    for split in splits:
        told[competition.layout.rows_of(split)] = True
    if _has_same_table(draft, competition):
        found = np.zeros(len(draft_tables.read_frame(draft)), dtype=bool)
        found[artifacts.read_array(competition.tables.origin["rows"])[told] - 1] = True
        return found
    frame = draft_tables.read_frame(draft)
    return _same_units(frame, competition, told) | _same_cells(frame, competition, told)


def _has_same_table(draft: CompetitionDraft, competition: Competition) -> bool:
    """Whether the competition was made from this very file, so that its rows are known by their numbers."""
    table = draft.table
    if table is None or competition.tables.correction or "rows" not in competition.tables.origin:
        return False
    return any(
        made.table and made.table.file.sha256 == table.file.sha256 for made in competition.drafts.all()
    )


def _same_units(frame: pd.DataFrame, competition: Competition, told: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows of another table whose unit is called as one of which a row was told."""
    unit, stored = competition.schema.unit, competition.tables.origin.get("units")
    if stored is None or unit not in frame.columns:
        return np.zeros(len(frame), dtype=bool)
    codes, names = pd.factorize(frame[unit])
    digests = np.array([unit_digest(str(competition.key), name) for name in names], dtype=np.int64)
    told_units = np.isin(digests, artifacts.read_array(stored)[told])
    return np.asarray((codes >= 0) & np.append(told_units, False)[codes])


def _same_cells(frame: pd.DataFrame, competition: Competition, told: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows of another table that look like a told row: of so many alike as were told, the first of the table.

    Public rows are compared with their labels, the others by their features.
    """
    public = artifacts.read_public_table(competition)
    secret = artifacts.artifact_store().read_table(*competition.tables.secret.address)
    first, schema = competition.layout.public, competition.schema
    compared = {schema.label.name, *(column.name for column in schema.features)} & set(frame.columns)
    found = np.zeros(len(frame), dtype=bool)
    for rows in (public[told[:first]], secret[told[first:]]):
        columns = [name for name in rows.columns if name in compared]
        if columns and len(rows):
            found |= _matched(frame[columns], rows[columns])
    return found


def _matched(frame: pd.DataFrame, told: pd.DataFrame) -> NDArray[np.bool_]:
    have, seen = _keys(frame, told), _keys(told, told)
    counts = pd.Series(seen).value_counts()
    # How many rows before it in the table look the same.
    earlier = pd.Series(have).groupby(have).cumcount().to_numpy()
    return np.asarray(earlier < counts.reindex(have, fill_value=0).to_numpy())


def _keys(frame: pd.DataFrame, like: pd.DataFrame) -> NDArray[np.uint64]:
    """uint64[rows]: a hash of each row's cells, read as numbers where `like` holds numbers."""
    cells = {
        name: pd.to_numeric(frame[name], errors="coerce").astype(float)
        if pd.api.types.is_numeric_dtype(like[name])
        else frame[name].astype(object).where(frame[name].notna(), "").map(str)
        for name in like.columns
    }
    return pd.util.hash_pandas_object(pd.DataFrame(cells), index=False).to_numpy()
