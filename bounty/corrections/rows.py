"""The stored rows that a correction means, and the refusals where it cannot be made; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from bounty.competitions.table_storage import unit_digest
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.corrections.request import Correction
from bounty.models import Competition
from evaluator.errors import TableError
from evaluator.splits import LEAST_UNITS

FINAL = "final"


@dataclass(frozen=True, eq=False)
class CorrectedRows:
    """The corrected rows as places in arrays over all present rows.

    `labels`: class codes or numbers, by place. `withdrawn` and `deleted` are masks of shape (rows,).
    """

    competition: Competition
    labels: dict[int, Any]
    withdrawn: NDArray[np.bool_]
    deleted: NDArray[np.bool_]

    @cached_property
    def gone(self) -> NDArray[np.bool_]:
        """The mask of withdrawn and deleted rows, of shape (rows,)."""
        return self.withdrawn | self.deleted

    def mended_places(self, split: str) -> list[int]:
        """The mended rows of a split, as places inside it."""
        start, stop = self.competition.layout.ranges[split]
        return [place - start for place in sorted(self.labels) if start <= place < stop]

    def counts(self) -> dict[str, dict[str, int]]:
        """The numbers of mended, withdrawn and deleted rows by split; splits without any are left out."""
        found = {}
        for split in self.competition.layout.ranges:
            rows = self.competition.layout.rows_of(split)
            here = {
                "mended": len(self.mended_places(split)),
                "withdrawn": int((self.withdrawn & ~self.deleted)[rows].sum()),
                "deleted": int(self.deleted[rows].sum()),
            }
            if any(here.values()):
                found[split] = here
        return found


def choose_rows(competition: Competition, correction: Correction) -> CorrectedRows:
    """The rows that a correction means; raises Refusal, which names the row or unit and what is expected."""
    _check_status(competition, correction)
    known = _TableRows(competition)
    withdrawn, deleted = (np.zeros(competition.layout.rows, dtype=bool) for _each in range(2))
    for row in correction.withdrawn:
        withdrawn[known.place(row, "withdrawn")] = True
    for row in correction.deleted:
        deleted[known.place(row, "deleted")] = True
    for unit in correction.units:
        deleted[known.places_of_unit(unit)] = True
    chosen = CorrectedRows(competition, _mended_labels(competition, known, correction), withdrawn, deleted)
    both = next((place for place in chosen.labels if chosen.gone[place]), None)
    if both is not None:
        row = known.number(both)
        raise Refusal(
            _("Row %(row)s cannot be mended and taken out at once; name it once.") % {"row": row}, status=422
        )
    if not chosen.counts():
        raise Refusal(_("The correction changes nothing: the rows have these labels already."), status=422)
    _check_left(chosen)
    return chosen


class _TableRows:
    """The places of the organiser's rows and units in the stored arrays."""

    def __init__(self, competition: Competition) -> None:
        self.competition = competition
        origin = competition.tables.origin
        # A competition from before this was stored names rows by their place.
        self.numbers = (
            artifacts.read_array(origin["rows"])
            if "rows" in origin
            else np.arange(1, competition.layout.rows + 1, dtype=np.int64)
        )
        self._units = origin.get("units")
        self._places = {int(number): place for place, number in enumerate(self.numbers)}

    def number(self, place: int) -> int:
        return int(self.numbers[place])

    def place(self, row: int, what: str) -> int:
        place = self._places.get(row)
        if place is None:
            raise Refusal(
                _(
                    "Row %(row)s is none of the competition's %(count)s rows: the table has no such row, no split drew "
                    "it, or it was taken out before. Rows are counted from 1, without the header."
                )
                % {"row": row, "count": len(self.numbers)},
                status=422,
            )
        if what != "deleted" and place in range(*self.competition.layout.ranges[FINAL]):
            raise Refusal(
                _(
                    "Row %(row)s is a final row: these are opened once, at the close, and not mended or withdrawn. "
                    "Where a person must be forgotten, delete it."
                )
                % {"row": row},
                status=422,
            )
        return place

    def places_of_unit(self, unit: str) -> NDArray[np.intp]:
        if self._units is not None:
            rows = artifacts.read_array(self._units) == unit_digest(str(self.competition.key), unit)
        else:
            rows = self._by_code(unit)
        places = np.flatnonzero(rows)
        if not len(places):
            raise Refusal(
                _("No row of the competition belongs to the unit “%(unit)s”.") % {"unit": unit[:80]},
                status=422,
            )
        return places

    def _by_code(self, unit: str) -> NDArray[np.bool_]:
        splits = list(self.competition.layout.ranges)
        codes = [artifacts.read_units(self.competition, split) for split in splits]
        if any(each is None for each in codes):
            raise Refusal(_("The table has no unit column; name the rows to delete."), status=422)
        return np.concatenate([each for each in codes if each is not None]).astype(str) == unit


def _check_status(competition: Competition, correction: Correction) -> None:
    if competition.status == Competition.Status.PREPARING:
        raise Refusal(
            _("The competition is still being prepared; its table can be replaced instead."), status=422
        )
    if competition.is_closed and (correction.mended or correction.withdrawn):
        raise Refusal(
            _(
                "The competition is closed and its final points are known: labels and rows stay. Only what a person "
                "wants deleted can still be deleted."
            ),
            status=422,
        )


def _mended_labels(competition: Competition, known: _TableRows, correction: Correction) -> dict[int, Any]:
    """The new codes or numbers of mended rows by place, without those that the rows have already."""
    found: dict[int, Any] = {}
    for row, given in correction.mended.items():
        place = known.place(row, "mended")
        found[place] = _encoded(competition, row, given)
    for split in competition.layout.ranges:
        start, stop = competition.layout.ranges[split]
        here = [place for place in found if start <= place < stop]
        if here:
            present = artifacts.read_labels(competition, split)
            for place in here:
                if present[place - start] == found[place]:
                    del found[place]
    return found


def _encoded(competition: Competition, row: int, given: Any) -> Any:
    label = competition.schema.label
    if label.task == "regression":
        try:
            value = float(given)
        except (TypeError, ValueError):
            value = float("nan")
        if not np.isfinite(value):
            raise _bad_label(row, given, _("a finite number"))
        return value
    try:
        return competition.schema.encode_label(pd.Series([given], dtype=object))[0]
    except TableError as error:
        raise _bad_label(row, given, _any_of(str(each) for each in label.classes)) from error


def _any_of(names: Iterator[str]) -> str:
    return _("one of %(names)s") % {"names": ", ".join(names)}


def _bad_label(row: int, given: Any, expected: str) -> Refusal:
    return Refusal(
        _("Row %(row)s: the label is “%(given)s”; expected is %(expected)s.")
        % {"row": row, "given": str(given)[:80], "expected": expected},
        status=422,
    )


def _check_left(chosen: CorrectedRows) -> None:
    """Raises Refusal where a split would keep too few units, or train rows of one label only."""
    competition = chosen.competition
    for split in competition.layout.ranges:
        left = ~chosen.gone[competition.layout.rows_of(split)]
        if left.all():
            continue
        units = artifacts.read_units(competition, split)
        count = len(np.unique(units[left])) if units is not None else int(left.sum())
        if count < LEAST_UNITS:
            raise Refusal(
                _("The split “%(split)s” would keep %(count)s units; it needs at least %(least)s.")
                % {"split": split, "count": count, "least": LEAST_UNITS},
                status=422,
            )
        _check_strata(competition, split, left)
    _check_train(chosen, ~chosen.gone[competition.layout.rows_of("train")])


def _check_strata(competition: Competition, split: str, left: NDArray[np.bool_]) -> None:
    """Raises Refusal where practice or final rows would stand for only a part of the table. A certification block may:
    no query is asked of it then.
    """
    strata = artifacts.read_strata(competition, split)
    if strata is not None and split in ("practice", FINAL) and len(np.unique(strata[left])) < 2:
        raise Refusal(
            _(
                "The split “%(split)s” would keep no unit of one kind that was drawn more often than others, and say "
                "nothing about the whole table."
            )
            % {"split": split},
            status=422,
        )


def _check_train(chosen: CorrectedRows, left: NDArray[np.bool_]) -> None:
    y = np.array(artifacts.read_labels(chosen.competition, "train"))
    for place in chosen.mended_places("train"):
        y[place] = chosen.labels[place + chosen.competition.layout.ranges["train"][0]]
    if len(np.unique(y[left])) < 2:
        raise Refusal(
            _("All train rows would have the same label; nothing could be learnt from them."), status=422
        )
