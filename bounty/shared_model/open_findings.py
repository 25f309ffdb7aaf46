"""Open findings: shown ones whose group the shared model still serves worse, on practice rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bounty.core.measures import MeasuredLoss, scale_of
from bounty.models import Competition, DeclaredGroup, ModelVersion, Submission
from bounty.permissions import visibility
from bounty.shared_model.group_losses import GroupLossSplit, split_loss, stored_masks
from bounty.shared_model.summary import measure_loss, practice_sample

# A page reads that many findings' masks at most; the newest are shown.
MOST_FINDINGS = 40


@dataclass(frozen=True)
class FindingHarm:
    """A shown finding, with the present model's loss inside its group and on everybody else."""

    finding: Submission
    inside: MeasuredLoss
    outside: MeasuredLoss
    share: float  # of practice rows

    @property
    def is_open(self) -> bool:
        """Whether everybody else's loss lies below the interval of the group's own."""
        return self.inside.bounds[0] > self.outside.loss

    @property
    def share_text(self) -> str:
        return f"{100 * self.share:.1f}%"


def measure_harms(
    competition: Competition, head: ModelVersion, findings: Iterable[Submission]
) -> list[FindingHarm]:
    """Returns the harm of each finding, open ones first, worst first. Raises PlatformFault for a lost array.

    A finding whose mask is gone, or that holds all rows, is left out.
    """
    newest = list(findings)[:MOST_FINDINGS]
    masks = stored_masks(newest)
    split = {
        finding: split_loss(competition, head, masks[finding.pk], finding.pk)
        for finding in newest
        if finding.pk in masks
    }
    found = [
        _harm(competition, finding, sides) for finding, sides in split.items() if sides.rows and sides.others
    ]
    return sorted(found, key=lambda harm: (not harm.is_open, -harm.inside.loss))


def _harm(competition: Competition, finding: Submission, sides: GroupLossSplit) -> FindingHarm:
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    return FindingHarm(
        finding,
        measure_loss(sides.inside, sides.rows, scale, sample),
        measure_loss(sides.outside, sides.others, scale, sample),
        sides.rows / (sides.rows + sides.others),
    )


def open_findings(competition: Competition, head: ModelVersion) -> list[FindingHarm]:
    """Returns every open finding that the public may read, worst first. Raises PlatformFault."""
    findings = visibility.publicly_visible(
        competition.submissions.filter(state__in=Submission.SHOWN_FINDINGS)
    )
    everyone = list(findings.select_related("team", "triage").order_by("-decided_at", "-number"))
    found: list[FindingHarm] = []
    for start in range(0, len(everyone), MOST_FINDINGS):
        found += [
            harm
            for harm in measure_harms(competition, head, everyone[start : start + MOST_FINDINGS])
            if harm.is_open
        ]
    return sorted(found, key=lambda harm: -harm.inside.loss)


@dataclass(frozen=True)
class WorsenedGroup:
    """A declared group that the present model serves worse than an earlier version did."""

    group: DeclaredGroup
    now: MeasuredLoss
    best: MeasuredLoss
    best_version: int

    @property
    def change(self) -> str:
        return self.now.scale.describe_change(self.best.loss, self.now.loss)


def worsened_groups(competition: Competition, head: ModelVersion) -> list[WorsenedGroup]:
    """Returns the declared groups that an earlier version served better, the most worsened first.

    A change counts where the shown digits differ. Repairs keep this empty, but for a tolerance or a correction.
    """
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    versions = competition.versions.filter(generation=head.generation)
    history = list(versions.order_by("number").values_list("number", "groups"))
    found = []
    for group in competition.declared_groups.all():
        known = [
            (line[1], number, int(line[0])) for number, groups in history if (line := groups.get(group.key))
        ]
        present = head.groups.get(group.key)
        if not known or not present or not present[0]:
            continue
        loss, number, rows = min(known)
        now, best = (measure_loss(each, rows, scale, sample) for each in (present[1], loss))
        if not scale.is_same(best.loss, now.loss):
            found.append(WorsenedGroup(group, now, best, number))
    return sorted(found, key=lambda each: each.best.loss - each.now.loss)
