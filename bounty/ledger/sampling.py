"""The sampling of a competition's secret splits: units, M and weights, as the tests of the ledger take them."""

from __future__ import annotations

import numpy as np
from django.utils.translation import gettext as _

from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Competition
from evaluator.adjudication.sampling import Sampling, stratum_weights


class EmptyStratum(Refusal):
    """A split without a unit of a stratum that the table has: no test on it can be about the table."""


def load_sampling(competition: Competition, split: str) -> Sampling:
    """How the present rows of a split count in its tests. Raises EmptyStratum: no query can be asked of such rows.

    Rows are their own units where the table's units have one row each, whether it names units or not.
    """
    unit = artifacts.read_units(competition, split)
    if unit is not None and competition.unit_rows == 1 and len(np.unique(unit)) == len(unit):
        unit = None
    stratum = artifacts.read_strata(competition, split)
    if stratum is None:
        return Sampling(unit, None, competition.unit_rows)
    weight = stratum_weights(stratum, unit, table_shares(competition))
    if weight is None:
        raise EmptyStratum(
            _(
                "No unit of one kind that was drawn more often than others is left in “%(split)s”: nothing about the "
                "whole table can be tested on it."
            )
            % {"split": split}
        )
    return Sampling(unit, weight, competition.unit_rows)


def table_shares(competition: Competition) -> dict[int, float]:
    """The share of the table's units in each stratum, of the units that corrections left and those of no split."""
    counts = np.array(competition.tables.undrawn, dtype=np.int64)
    for split in competition.tables.strata:
        stratum = artifacts.read_strata(competition, split)
        assert stratum is not None  # noqa: S101  # its name is among those that are stored
        unit = artifacts.read_units(competition, split)
        first = slice(None) if unit is None else np.unique(unit, return_index=True)[1]
        counts += np.bincount(stratum[first], minlength=len(counts))
    return dict(enumerate((counts / max(1, counts.sum())).tolist()))
