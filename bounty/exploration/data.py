"""Explore rows of a competition, cached in this process by version: features, labels, losses of head and base.

Everything is cut to the explore rows when it is read. Kept by version, so that a look costs arithmetic alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.exploration.base_scores import base_scores
from bounty.exploration.binning import BinnedColumn, bin_column
from bounty.models import Competition, ModelVersion
from evaluator.losses import Loss
from evaluator.schema import Schema

KEPT = 4


@dataclass(frozen=True, eq=False)
class ExploreData:
    """Explore rows under one version, one entry a row in every array. `units` are dense from 0; None where rows are
    independent.
    """

    key: str
    version: int
    schema: Schema
    loss: Loss
    X: pd.DataFrame
    y: NDArray[Any]
    units: NDArray[np.intp] | None
    head_loss: NDArray[np.float64]
    base_loss: NDArray[np.float64]
    answers: NDArray[Any]  # the head's
    # The base model's, float64[n, classes], where the loss asks for classes only and it is known.
    base_scores: NDArray[np.float64] | None = None
    _binned: dict[str, BinnedColumn | None] = field(default_factory=dict)

    def binned(self, name: str) -> BinnedColumn | None:
        """A column in bins over all explore rows; None where it cannot be cut. Raises KeyError for no column."""
        if name not in self._binned:
            column = self.schema.column(name)
            self._binned[name] = bin_column(column, self.X[name])
        return self._binned[name]

    def all_binned(self) -> list[BinnedColumn]:
        """All columns in bins that can be cut."""
        found = (self.binned(column.name) for column in self.schema.features)
        return [binned for binned in found if binned is not None]

    def independent(self, mask: NDArray[np.bool_]) -> int:
        """Number of independent units among the rows of the mask, bool[rows]."""
        if self.units is None:
            return int(np.count_nonzero(mask))
        seen = np.zeros(int(self.units.max(initial=-1)) + 1, dtype=bool)
        seen[self.units[mask]] = True
        return int(np.count_nonzero(seen))


_cached: OrderedDict[str, ExploreData] = OrderedDict()
_lock = threading.Lock()


def load_explore_data(competition: Competition, head: ModelVersion) -> ExploreData:
    """The competition's explore rows under this version. Raises PlatformFault where an array is gone."""
    digests = (competition.tables.public.sha256, head.stored_predictions.sha256)
    key = "-".join((str(competition.key), str(head.generation), str(head.number), *digests))
    with _lock:
        if key in _cached:
            _cached.move_to_end(key)
            return _cached[key]
    made = _read(key, competition, head)
    with _lock:
        _cached[key] = made
        while len(_cached) > KEPT:
            _cached.popitem(last=False)
    return made


def _read(key: str, competition: Competition, head: ModelVersion) -> ExploreData:
    explore = competition.layout.rows_of("explore")
    loss, schema = competition.loss, competition.schema
    y = artifacts.read_labels(competition, "explore")
    base = competition.versions.current().earliest("number")
    answers = artifacts.read_array(head.stored_predictions)[explore]
    head_loss = loss.rows(y, answers)
    X = artifacts.read_public_features(competition).iloc[explore].reset_index(drop=True)
    units = artifacts.read_units(competition, "explore")
    return ExploreData(
        key=key,
        version=head.number,
        schema=schema,
        loss=loss,
        X=X,
        y=y,
        units=None if units is None else np.unique(units, return_inverse=True)[1],
        head_loss=head_loss,
        base_loss=head_loss
        if base.number == head.number
        else loss.rows(y, artifacts.read_array(base.stored_predictions)[explore]),
        answers=answers,
        base_scores=base_scores(competition, X),
    )
