"""Models that the platform fits itself: a base model for a competition, a patch for a group. No code needed.

Fitting runs our own code in a process of its own, which is killed at the time limit. What comes back is skops bytes of
an ordinary scikit-learn pipeline over X (evaluator.schema.Schema.conform): it answers class codes (probabilities
through `predict_proba`, classes in `classes_`) or numbers, and is then judged like any uploaded model.
"""

from evaluator.fitting.fit import FittedBase, FittedPatch, fit_base, fit_patch
from evaluator.fitting.names import LEARNERS

__all__ = ["LEARNERS", "FittedBase", "FittedPatch", "fit_base", "fit_patch"]
