"""Verdicts on findings while a competition is open: groups that the shared model serves worse on practice rows.

`worse` is a word about practice rows, which strangers have seen much of; a finding is `confirmed` only by rows that
nobody has seen (evaluator.adjudication.gap_test). Everything here follows from one set of cells, noised where rows are
people: p, k, limits, words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import t

from evaluator.adjudication.feedback import FindingFeedback
from evaluator.adjudication.noise import FindingCells, Noise, noise_finding
from evaluator.adjudication.nominations import jaccard, nomination_refusal, own_part
from evaluator.adjudication.sampling import Sampling
from evaluator.decision_list.repairs import Head, Practice

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEVEL = 0.05
_FAR = 30  # noise this many scales out has a chance of e^-30
_STEPS_A_SCALE = 8  # of noise that is no whole number


@dataclass(frozen=True)
class FindingCase:
    """The input of a finding's verdict.

    `cells` are of the finding's own part, the rows of its group in no earlier finding that counts.
    """

    cells: FindingCells
    exact: bool  # 0-1 losses of rows that are their own units and count alike
    zero_one: bool
    smallest_group: int
    noise_scale: float = 0.0
    unit_rows: int = 1  # M
    number: int = 1  # j: this is the team's j-th finding with a p-value
    share: float = 0.0  # of the public rows in the group, before its own part is taken
    overlap: float = 0.0  # the largest Jaccard index with an earlier finding that counts, on public rows
    own_share: float = 1.0  # of the group's public rows in no earlier finding that counts
    team_counted: int = 0
    place: str = "in this group"


@dataclass(frozen=True, eq=False)
class Finding:
    """A finding before its cells are drawn. Masks are over all rows; the first `public` of them are public."""

    mask: Mask
    head: Head
    practice: Practice
    sampling: Sampling  # how practice rows count
    noise: Noise
    public: int
    earlier: Sequence[Mask] = ()  # findings of every team that count
    team_counted: int = 0  # of this team's that count already
    number: int = 1  # j: this is the team's j-th finding with a p-value
    place: str = "in this group"


def build_case(finding: Finding) -> FindingCase:
    """The case of a finding: noised cells of its own part on practice rows, and what public rows say of its limits."""
    practice, loss = finding.practice, finding.practice.loss
    own = own_part(finding.mask, finding.earlier)
    losses = loss.rows(practice.y, finding.head.predictions[practice.rows])
    group = finding.mask[: finding.public]
    held = int(np.count_nonzero(group))
    return FindingCase(
        noise_finding(
            losses, own[practice.rows], finding.sampling, finding.noise, is_zero_one=loss.is_zero_one
        ),
        exact=loss.is_zero_one and finding.sampling.is_plain,
        zero_one=loss.is_zero_one,
        smallest_group=practice.smallest_group,
        noise_scale=finding.noise.scale,
        unit_rows=finding.sampling.unit_rows,
        number=finding.number,
        share=held / max(1, finding.public),
        overlap=max((jaccard(group, mask[: finding.public]) for mask in finding.earlier), default=0.0),
        own_share=int(np.count_nonzero(own[: finding.public])) / held if held else 1.0,
        team_counted=finding.team_counted,
        place=finding.place,
    )


@dataclass(frozen=True)
class FindingDecision:
    """The verdict on a finding, with its feedback and its sentence."""

    state: Literal["worse", "not_shown"]
    practice: FindingFeedback
    sentence: str


def finding_level(number: int) -> float:
    """The level of a team's j-th finding, .05 / (j (j+1)): over all of them the levels sum to .05."""
    return LEVEL / (number * (number + 1))


def judge_finding(case: FindingCase) -> FindingDecision:
    """The verdict on a finding: worse on practice rows, or not shown with the reason."""
    cells = case.cells
    measured = cells.rows >= case.smallest_group
    p_value = gap_p_value(case) if measured else 1.0
    adjusted = min(1.0, p_value * case.number * (case.number + 1))
    worse = measured and adjusted <= LEVEL
    weight = cells.rows / max(1, cells.rows + cells.rows_outside)
    why_not = nomination_refusal(
        rows=cells.rows,
        smallest_group=case.smallest_group,
        weight=max(weight, case.share),
        overlap=case.overlap,
        team_counted=case.team_counted,
    )
    feedback = FindingFeedback(
        rows=cells.rows,
        weight=weight,
        # Below k nothing is told of the group but that it is too small.
        loss_inside=_mean(cells.loss, cells.rows) if measured else 0.0,
        loss_outside=_mean(cells.loss_outside, cells.rows_outside) if measured else 0.0,
        p_value=p_value,
        p_adjusted=adjusted,
        largest_overlap=case.overlap,
        counts=worse and not why_not,
        why_not=why_not,
        number=case.number,
        own_share=case.own_share,
        noise_scale=case.noise_scale,
    )
    return FindingDecision("worse" if worse else "not_shown", feedback, _sentence(case, feedback, worse))


def gap_p_value(case: FindingCase) -> float:
    """One-sided p-value of "the mean loss inside is not above the mean loss outside", noise included.

    Fisher's exact test for the 0-1 loss where rows are their own units, else Student's t on the units' sums above
    everybody's mean. The chance is taken over the rows and over the noise that was added to the statistic, so with no
    noise it is the plain test. 1 where a side is empty.
    """
    cells = case.cells
    if cells.rows <= 0 or cells.rows_outside <= 0:
        return 1.0
    chances, found = _fisher(case) if case.exact else _student(case)
    # Added up in the same order on every machine: a library's dot product depends on its processors.
    return min(1.0, max(0.0, float((chances * found).sum())))


def _fisher(case: FindingCase) -> tuple[Floats, Floats]:
    """The chance of each noise, and with it that of so many wrong answers inside, where wrong ones fall anywhere."""
    cells = case.cells
    total, wrong = cells.rows + cells.rows_outside, round(cells.loss + cells.loss_outside)
    low, high = max(0, cells.rows + wrong - total), min(cells.rows, wrong)
    drawn = _hypergeometric(np.arange(low, high + 1), total, wrong, cells.rows)
    # From the far end, so that small tails keep their digits; one past the end is impossible.
    tails = np.append(np.cumsum(drawn[::-1])[::-1], 0.0)
    steps, chances = _laplace_steps(case.noise_scale, 1.0)
    mean = wrong / total
    # Noise in the cell of wrong answers is wrong answers and rows, in that of right ones it is rows.
    shifts = np.add.outer((1 - mean) * steps, -mean * steps).ravel()
    counts = np.ceil(cells.loss - shifts - 1e-9).astype(np.int64)
    found: Floats = tails[np.clip(counts - low, 0, len(tails) - 1)]
    return np.asarray(np.multiply.outer(chances, chances).ravel(), dtype=np.float64), found


def _hypergeometric(seen: npt.NDArray[np.int64], total: int, wrong: int, rows: int) -> Floats:
    """The chances of so many wrong answers among `rows` of `total`: scipy.stats.hypergeom takes ten times as long."""

    def log_choose(n: int, k: npt.NDArray[np.int64] | int) -> Floats:
        found: Floats = gammaln(n + 1) - gammaln(np.asarray(k) + 1) - gammaln(n - np.asarray(k) + 1)
        return found

    found: Floats = np.exp(
        log_choose(wrong, seen) + log_choose(total - wrong, rows - seen) - log_choose(total, rows)
    )
    return found


def _student(case: FindingCase) -> tuple[Floats, Floats]:
    """The chance of each noise, and with it that of so large a sum of the units above everybody's mean."""
    cells = case.cells
    outside = cells.rows_outside / (cells.rows + cells.rows_outside)
    steps, chances = _laplace_steps(case.noise_scale, case.noise_scale / _STEPS_A_SCALE)
    # No side is so alike that one more row could not have lain as far off as all of them do.
    spread = max(cells.z2, 0.0) + (cells.z / cells.rows) ** 2 + case.noise_scale
    freedom = min(cells.rows, cells.rows_outside) / case.unit_rows - 1
    if spread <= 0 or freedom < 1:
        return np.ones(1), np.ones(1)
    tails = t.sf((cells.z - steps) / math.sqrt(spread * outside), freedom)
    return chances, np.asarray(tails, dtype=np.float64)


def _laplace_steps(scale: float, step: float) -> tuple[Floats, Floats]:
    """Laplace noise in steps, and the chance of each."""
    if scale <= 0:
        return np.zeros(1), np.ones(1)
    count = math.ceil(_FAR * scale / step)
    steps: Floats = np.arange(-count, count + 1, dtype=np.float64) * step
    chances = np.exp(-np.abs(steps) / scale)
    return steps, chances / chances.sum()


def _mean(total: float, rows: int) -> float:
    return min(1.0, total / rows) if rows > 0 else 0.0


def _sentence(case: FindingCase, feedback: FindingFeedback, worse: bool) -> str:
    about = "about " if case.noise_scale > 0 else ""
    if feedback.rows == 0 and case.own_share > 0:
        return "Not shown yet: none of the practice rows is in this group, so nothing could be measured."
    if feedback.rows < case.smallest_group:
        found = ", without those that earlier findings hold," if case.own_share < 1 else ""
        return (
            f"Not shown yet: it holds {about}{feedback.rows} practice rows{found} and {case.smallest_group} are "
            "needed: too few to say."
        )
    errs = "errs on" if case.zero_one else "has a mean loss of"
    own = " (the part that no earlier finding holds)" if case.own_share < 1 else ""
    compared = (
        f"{case.place}{own}, the shared model {errs} {about}{feedback.loss_inside:.1%}; elsewhere "
        f"{about}{feedback.loss_outside:.1%}"
    )
    if worse:
        suffix = "." if feedback.counts else f"; it earns no points because {feedback.why_not}."
        return f"Worse on practice rows: {compared}{suffix}"
    return (
        f"Not shown yet: {compared}. On practice rows that could be chance (p = {feedback.p_adjusted:.2g}, counted "
        f"as your team's finding number {case.number})."
    )
