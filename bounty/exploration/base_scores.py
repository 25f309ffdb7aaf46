"""Probabilities of the base model, for its score's histogram, where the competition's loss asks for classes only.

Predictions are stored as the loss reads them, so under the 0-1 loss and costs no version keeps a score. A base model
that the platform fitted is asked again, on the explore rows; an uploaded one runs in the sandbox only, so it is not.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.models import Competition
from evaluator.errors import PlatformFault
from evaluator.runtime import OutputSpec, PartError, TableSpec, load_part

log = logging.getLogger(__name__)


def base_scores(competition: Competition, X: pd.DataFrame) -> NDArray[np.float64] | None:
    """The base model's probabilities, float64[n, classes], over conformed rows; None where it is not ours or gives
    none.
    """
    base = competition.base
    if competition.loss.prediction_kind != "codes" or base.fitted is None or base.file.kind != "skops":
        return None
    schema = competition.schema
    output = OutputSpec("probabilities", tuple(schema.label.classes))
    try:
        content = artifacts.artifact_store().read_bytes(*base.file.address)
        answer = load_part("skops", content, "predict", TableSpec.from_schema(schema), output)(X)
    except (PartError, PlatformFault) as error:
        log.warning("the base model of %s tells no score: %s", competition, error)
        return None
    return np.asarray(answer, dtype=np.float64)
