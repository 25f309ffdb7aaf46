"""Feedback read back as a verdict stores it, by whichever rule it was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.adjudication.feedback import FindingFeedback, PracticeFeedback
from evaluator.adjudication.noised_feedback import NoisedFeedback

PatchFeedback = PracticeFeedback | NoisedFeedback


def feedback_from_json(data: Mapping[str, Any]) -> PatchFeedback | FindingFeedback | None:
    """A verdict's stored feedback, of a patch or of a finding; None where nothing was measured."""
    if not data:
        return None
    if data.get("kind") == "finding":
        return FindingFeedback.from_json(data)
    return (PracticeFeedback if data.get("rule", 1) == 1 else NoisedFeedback).from_json(data)
