"""The decision on a finding by the rule that its competition opened with: the one place that chooses between rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.ledger.sampling import load_sampling
from bounty.models import Competition
from bounty.shared_model import arrays
from bounty.shared_model.practice_noise import noise_of
from evaluator.adjudication import findings as present
from evaluator.adjudication.rule_2026_11 import findings as rule_2026_11
from evaluator.decision_list.repairs import Head, Practice

FindingDecision = present.FindingDecision | rule_2026_11.FindingDecision


@dataclass(frozen=True, eq=False)
class JudgedFinding:
    """A finding and what it is judged against: a version of the shared model, and the findings before it.

    Masks are over all rows. `counted`: (team, group) of each earlier finding of any team that counts. `p_values`: of
    the team's other findings.
    """

    submission: UUID | str
    team: int
    mask: NDArray[np.bool_]
    head: Head
    generation: int
    version: int
    counted: Sequence[tuple[int, NDArray[np.bool_]]]
    p_values: Sequence[float]
    place: str = "in this group"
    number: int | None = None  # j of the present rule, where it is not one more than the other findings


def decide_finding(
    competition: Competition, finding: JudgedFinding, practice: Practice | None = None
) -> FindingDecision:
    """The decision on a finding; `practice` where the rows and settings are not those of the present table."""
    practice = practice or arrays.load_practice(competition)
    earlier = [mask for _team, mask in finding.counted]
    team_counted = sum(team == finding.team for team, _mask in finding.counted)
    if competition.rule_version == 1:
        return rule_2026_11.judge_finding(
            rule_2026_11.FindingCase(
                mask=finding.mask,
                head=finding.head,
                practice=practice,
                unit=artifacts.read_units(competition, "practice"),
                team_p_values=finding.p_values,
                earlier=earlier,
                team_counted=team_counted,
                place=finding.place,
            )
        )
    return present.judge_finding(
        present.build_case(
            present.Finding(
                mask=finding.mask,
                head=finding.head,
                practice=practice,
                sampling=load_sampling(competition, "practice"),
                noise=noise_of(competition, finding.submission, finding.generation, finding.version),
                public=competition.layout.public,
                earlier=earlier,
                team_counted=team_counted,
                number=finding.number or len(finding.p_values) + 1,
                place=finding.place,
            )
        )
    )
