"""Verdicts on findings: groups that the shared model serves worse than everybody else (docs/science.md, Findings).

Judged on practice rows alone. `confirmed` is not `certified`: strangers have seen much about practice rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import fisher_exact, t

from evaluator.adjudication.feedback import FindingFeedback
from evaluator.adjudication.nominations import holm_adjusted, jaccard, nomination_refusal
from evaluator.decision_list.repairs import Head, Practice

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class FindingCase:
    """The input of a finding's verdict. Masks are over all rows."""

    mask: Mask
    head: Head
    practice: Practice
    unit: npt.NDArray[np.int64] | None = None  # unit code of each practice row; None: rows are independent
    team_p_values: Sequence[float] = ()  # of the team's earlier findings, confirmed or not
    earlier: Sequence[Mask] = ()  # confirmed findings of every team that count, over all rows
    team_counted: int = 0  # confirmed ones of this team that count already
    level: float = _LEVEL
    place: str = "in this group"


@dataclass(frozen=True)
class FindingDecision:
    """The verdict on a finding, with its feedback and its sentence."""

    state: Literal["confirmed", "not_shown"]
    practice: FindingFeedback
    sentence: str


def judge_finding(case: FindingCase) -> FindingDecision:
    """The verdict on a finding: confirmed, or not shown with the reason."""
    inside = case.mask[case.practice.rows]
    losses = case.practice.loss.rows(case.practice.y, case.head.predictions[case.practice.rows])
    p_value = gap_p_value(losses, inside, case.unit)
    adjusted = holm_adjusted([*case.team_p_values, p_value])[-1]
    overlap = max((jaccard(inside, mask[case.practice.rows]) for mask in case.earlier), default=0.0)
    rows = int(inside.sum())
    confirmed = rows >= case.practice.smallest_group and adjusted <= case.level
    why_not = nomination_refusal(
        rows=rows,
        smallest_group=case.practice.smallest_group,
        weight=rows / max(1, len(inside)),
        overlap=overlap,
        team_counted=case.team_counted,
    )
    feedback = FindingFeedback(
        rows=rows,
        weight=rows / max(1, len(inside)),
        loss_inside=_mean(losses[inside]),
        loss_outside=_mean(losses[~inside]),
        p_value=p_value,
        p_adjusted=adjusted,
        largest_overlap=overlap,
        counts=confirmed and not why_not,
        why_not=why_not,
    )
    return FindingDecision(
        "confirmed" if confirmed else "not_shown", feedback, _sentence(case, feedback, confirmed)
    )


def gap_p_value(losses: Floats, inside: Mask, unit: npt.NDArray[np.int64] | None = None) -> float:
    """One-sided p-value of "the mean loss inside is not above the mean loss outside".

    Student's t on the difference of means with a variance summed by unit (rows of one person are not
    independent); with one row a unit it is Welch's test up to terms of order 1/n. Where a side has no variance
    at all, Fisher's exact test on "above the overall mean", of one row a unit. 1 where a side is empty.
    """
    n_in, n_out = int(inside.sum()), int((~inside).sum())
    if n_in == 0 or n_out == 0:
        return 1.0
    mean_in, mean_out = losses[inside].mean(), losses[~inside].mean()
    codes = np.arange(len(losses)) if unit is None else np.unique(unit, return_inverse=True)[1]
    if np.ptp(losses[inside]) == 0 or np.ptp(losses[~inside]) == 0:
        # Rows are in random order, so a unit's first on either side is a random one of them.
        first = np.unique(2 * codes + inside, return_index=True)[1]
        return _exact_p_value((losses > losses.mean())[first], inside[first])
    influence = np.where(inside, (losses - mean_in) / n_in, -(losses - mean_out) / n_out)
    sums = np.bincount(codes, weights=influence)
    inside_units = len(np.unique(codes[inside]))
    outside_units = len(np.unique(codes[~inside]))
    freedom = min(inside_units, outside_units) - 1
    if freedom < 1:
        return 1.0
    error = np.sqrt(np.sum(sums**2) * (freedom + 1) / freedom)
    return float(t.sf((mean_in - mean_out) / error, freedom)) if error > 0 else 1.0


def _exact_p_value(bad: Mask, inside: Mask) -> float:
    table = [
        [int(np.sum(bad & inside)), int(np.sum(~bad & inside))],
        [int(np.sum(bad & ~inside)), int(np.sum(~bad & ~inside))],
    ]
    return float(fisher_exact(table, alternative="greater").pvalue)


def _sentence(case: FindingCase, feedback: FindingFeedback, confirmed: bool) -> str:
    errs = "errs on" if case.practice.loss.is_zero_one else "has a mean loss of"
    inside, outside = f"{feedback.loss_inside:.1%}", f"{feedback.loss_outside:.1%}"
    compared = f"{case.place}, the shared model {errs} {inside}; elsewhere {outside}"
    if confirmed:
        suffix = "." if feedback.counts else f"; it earns no points because {feedback.why_not}."
        return f"Confirmed finding: {compared}{suffix}"
    if feedback.rows == 0:
        return "Not shown yet: none of the practice rows is in this group, so nothing could be measured."
    if feedback.rows < case.practice.smallest_group:
        return f"Not shown yet: {feedback.why_not}."
    return (
        f"Not shown yet: {compared}. On practice rows that could be chance (p = {feedback.p_adjusted:.2g})."
    )


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if len(values) else 0.0
