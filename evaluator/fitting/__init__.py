"""Fitting by the platform itself: a base model for a competition, a patch for a group. No code needed.

Fitting runs our own code in a process of its own, which is killed at the time limit. What comes back is skops bytes of
an ordinary scikit-learn pipeline over X (evaluator.schema.Schema.conform), which answers class codes (probabilities
through `predict_proba`, classes in `classes_`) or numbers, and its answers on all rows that were asked about.
"""

from evaluator.fitting.fit import Fitted, answer_fitted, fit_base, fit_patch
from evaluator.fitting.names import LEARNERS
from evaluator.fitting.process import start

__all__ = ["LEARNERS", "Fitted", "answer_fitted", "fit_base", "fit_patch", "start"]
