"""The findings report of a competition for its organiser: rows of a page to print, and of a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bounty.core.measures import LossScale, MeasuredLoss, scale_of
from bounty.models import Competition, ModelVersion, Submission, Triage
from bounty.scoring import csv_export
from bounty.shared_model.group_losses import split_loss, stored_masks
from bounty.shared_model.open_findings import MOST_FINDINGS, FindingHarm, measure_harms
from bounty.shared_model.summary import GroupStanding, measure_loss, practice_sample

COLUMNS = (
    "kind",
    "number",
    "team",
    "decided_at",
    "group",
    "expression",
    "description",
    "practice_rows",
    "share_of_rows",
    "loss_before",
    "loss_now",
    "loss_now_low",
    "loss_now_high",
    "loss_elsewhere_now",
    "open",
    "severity",
    "owner_answer",
    "owner_said",
    "fixed_in_version",
    "embargo_until",
    "address",
)


@dataclass(frozen=True)
class ReportRow:
    """One confirmed finding, or one accepted patch. `then`: the loss when it was confirmed, or before the patch."""

    submission: Submission
    then: float
    now: MeasuredLoss | None
    elsewhere: float | None
    rows: int
    share: float
    is_open: bool | None  # of a finding

    @property
    def scale(self) -> LossScale | None:
        return self.now.scale if self.now else None

    @property
    def then_text(self) -> str:
        return self.scale.format(self.then) if self.scale else ""

    @property
    def elsewhere_text(self) -> str:
        return self.scale.format(self.elsewhere) if self.scale and self.elsewhere is not None else ""

    @property
    def change(self) -> str:
        return self.scale.describe_change(self.then, self.now.loss) if self.scale and self.now else ""

    @property
    def better(self) -> bool:
        return self.now is not None and self.now.loss < self.then

    @property
    def share_text(self) -> str:
        return f"{self.share:.1%}"

    @property
    def triage(self) -> Triage | None:
        return getattr(self.submission, "triage", None)


@dataclass(frozen=True)
class FindingsReport:
    """Rows of confirmed findings and of accepted patches, with their counts."""

    findings: Sequence[ReportRow]  # open ones first, worst first
    patches: Sequence[ReportRow]  # oldest first, as they were accepted
    made_at: datetime

    @property
    def open(self) -> int:
        """How many findings the present model has not put right."""
        return sum(bool(each.is_open) for each in self.findings)

    @property
    def severities(self) -> list[tuple[str, int]]:
        """How many findings of each severity, the gravest first, then those that nobody has judged."""
        said = [each.triage.severity if each.triage else "" for each in self.findings]
        known = [(str(kind.label), said.count(kind)) for kind in reversed(Triage.Severity)]
        return [
            *((label, count) for label, count in known if count),
            *([("", said.count(""))] * ("" in said)),
        ]

    @property
    def answered(self) -> int:
        """How many findings the model's owner has answered."""
        return sum(
            each.triage is not None and each.triage.answer != Triage.Answer.NONE for each in self.findings
        )


def build_report(competition: Competition, now: datetime) -> FindingsReport:
    """The findings report, in a bounded number of queries. Raises PlatformFault where the store lost an array."""
    versions = list(
        competition.versions.current()
        .select_related("submission__team", "submission__triage")
        .defer("nodes_json", "groups")
        .order_by("number")
    )
    if not versions:
        return FindingsReport((), (), now)
    return FindingsReport(_findings(competition, versions[-1]), _patches(competition, versions), now)


def _findings(competition: Competition, head: ModelVersion) -> list[ReportRow]:
    rows = competition.submissions.filter(state__in=Submission.SHOWN_FINDINGS)
    everyone = list(rows.select_related("team", "verdict", "triage").order_by("-decided_at", "-number"))
    measured: dict[object, FindingHarm] = {}
    for start in range(0, len(everyone), MOST_FINDINGS):
        measured |= {
            harm.finding.pk: harm
            for harm in measure_harms(competition, head, everyone[start : start + MOST_FINDINGS])
        }
    found = [_finding(competition, each, measured.get(each.pk)) for each in everyone]
    return sorted(found, key=lambda each: (not each.is_open, -(each.now.loss if each.now else 0.0)))


def _finding(competition: Competition, finding: Submission, harm: FindingHarm | None) -> ReportRow:
    _own(competition, finding)
    feedback = finding.verdict.finding_feedback
    return ReportRow(
        finding,
        feedback.loss_inside if feedback else 0.0,
        harm.inside if harm else None,
        harm.outside.loss if harm else None,
        feedback.rows if feedback else 0,
        harm.share if harm else feedback.weight if feedback else 0.0,
        harm.is_open if harm else None,
    )


def _patches(competition: Competition, versions: Sequence[ModelVersion]) -> list[ReportRow]:
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    masks = stored_masks([version.submission for version in versions if version.submission])
    found = []
    for before, version in pairwise(versions):
        patch = version.submission
        if patch is None or patch.pk not in masks:
            continue
        _own(competition, patch)
        then = split_loss(competition, before, masks[patch.pk], patch.pk)
        now = split_loss(competition, versions[-1], masks[patch.pk], patch.pk)
        inside = measure_loss(now.inside, now.rows, scale, sample) if now.rows else None
        share = now.rows / max(now.rows + now.others, 1)
        elsewhere = now.outside if now.others else None
        found.append(ReportRow(patch, then.inside, inside, elsewhere, now.rows, share, None))
    return found


def _own(competition: Competition, submission: Submission) -> None:
    submission.competition = submission.team.competition = competition


def standing_bars(reported: Sequence[ReportRow], most: int = 12) -> list[GroupStanding]:
    """The groups as bars from their loss then to their loss now, worst first."""
    shown = sorted(
        (each for each in reported if each.now is not None),
        key=lambda each: -(each.now.loss if each.now else 0),
    )[:most]
    top = max((max(each.then, each.now.loss) for each in shown if each.now), default=1.0) * 1.08 or 1.0
    found = []
    for each in shown:
        if each.now is None:
            continue
        then = MeasuredLoss(each.then, each.now.rows, each.now.scale, each.now.independent)
        said = each.submission.words or each.submission.description or f"#{each.submission.number}"
        found.append(GroupStanding(said, each.submission.expression, each.now, then, top))
    return found


def report_csv(report: FindingsReport, address: str) -> str:
    """The report as CSV, one line each. `address`: the site's own beginning of links."""
    return csv_export.table_csv(
        COLUMNS, [_line(each, address) for each in (*report.findings, *report.patches)]
    )


def _line(each: ReportRow, address: str) -> Sequence[object]:
    sent, triage = each.submission, each.triage
    low, high = each.now.bounds if each.now else (None, None)
    return (
        "finding" if sent.is_finding else "patch",
        sent.number,
        sent.team.name,
        sent.decided_at.isoformat() if sent.decided_at else None,
        sent.words,
        sent.expression,
        sent.description,
        each.rows,
        each.share,
        each.then,
        each.now.loss if each.now else None,
        low,
        high,
        each.elsewhere,
        None if each.is_open is None else "yes" if each.is_open else "no",
        triage.severity if triage else None,
        triage.answer if triage else None,
        triage.answer_text if triage else None,
        triage.fixed_in if triage else None,
        sent.embargo_until.isoformat() if sent.embargo_until else None,
        f"{address}{'findings' if sent.is_finding else 'patches'}/{sent.number}/",
    )
