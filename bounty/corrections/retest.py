"""Retests of accepted entries and new judgements of findings after a correction (docs/science.md).

No query is asked: each accepted entry has its own test again on its block's corrected rows. By the rule of 2026-11 at
the level that it had; by the present one at a level that also pays for what this correction and those since told of
the entries before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from bounty.adjudication import replay
from bounty.adjudication.finding_decision import JudgedFinding, decide_finding
from bounty.core import artifacts, audit
from bounty.corrections import findings
from bounty.hash_chain.retest import Retest, retest_bits, retest_patterns, retests_entry
from bounty.ledger import allowance, present_block
from bounty.ledger.acceptance_rule import rule_of
from bounty.models import CertificationBlock, Competition, LedgerQuery, ModelVersion, Submission, Verdict
from bounty.notifications import events
from bounty.shared_model import arrays
from bounty.shared_model.group_wording import describe_place
from evaluator.adjudication.rule_2026_11 import acceptance as rule_2026_11
from evaluator.decision_list.repairs import Head, Protected

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Submission.State


def retest_entries(
    competition: Competition, entered: Sequence[ModelVersion], changed: Collection[str]
) -> list[Retest]:
    """The retests of the entries whose block's rows changed, in the list's order.

    The table is corrected already.
    """
    queries = LedgerQuery.objects.filter(submission__versions__in=entered, passed=True).select_related(
        "block"
    )
    asked = {query.submission_id: query for query in queries.order_by("pk")}
    versions = _VersionHistory(competition)
    entries = [(each, asked[each.pk]) for each in map(replay.submission_of, entered) if each.pk in asked]
    if competition.rule_version != 1:
        # In the order of their queries, confirmed findings among them: a level pays for what is told of entries before,
        # and would not hold if it also turned on entries that came later.
        entries += [(query.submission, query) for query in findings.confirming_queries(competition)]
        entries.sort(key=lambda entry: (entry[1].block.number, entry[1].number))
    found: list[Retest] = []
    for submission, query in entries:
        if query.block.split not in changed:
            continue
        before = [each.kept for each in found if each.block == query.block.number]
        if submission.is_finding:
            found.append(findings.retest_finding(competition, query, before))
        else:
            found.append(_retest(competition, submission, query, versions, before))
    return found


def record_pattern(
    competition: Competition, block: CertificationBlock, tested: Sequence[Retest], correction: int
) -> None:
    """Set on the block what its retests told: bits by the rule of 2026-11, else their pattern. The caller saves."""
    if competition.rule_version == 1:
        bits = retest_bits([(each.block, each.kept) for each in tested])
        block.extra_bits += bits.get(block.number, 0)
        return
    patterns = retest_patterns(
        [(each.block, each.number, each.kept) for each in tested if each.number is not None]
    )
    if pattern := patterns.get(block.number):
        block.retests_json = [*block.retests_json, retests_entry(correction, block.queries, pattern)]


class _VersionHistory:
    """All versions of all generations, read once."""

    def __init__(self, competition: Competition) -> None:
        rows = competition.versions.select_related("submission").order_by("generation", "number")
        self.lists: dict[int, list[ModelVersion]] = defaultdict(list)
        for row in rows:
            self.lists[row.generation].append(row)
        self.competition = competition
        self._masks: dict[str, NDArray[Any]] = {}
        self._verdicts = dict(
            Verdict.objects.filter(submission__competition=competition).values_list(
                "submission", "generation"
            )
        )

    def masks(self, accepted: Sequence[Submission]) -> dict[str, NDArray[Any]]:
        """The group masks of the submissions by key, each of shape (rows,) and read once."""
        fresh = [each for each in accepted if each.key not in self._masks]
        if fresh:
            self._masks |= arrays.load_masks(self.competition, fresh)
        return self._masks

    def certified(self, submission: Submission) -> tuple[list[ModelVersion], ModelVersion]:
        """The list that a submission was accepted into, and its version; the oldest where that is not known."""
        generations = [self._verdicts.get(submission.pk, 0), *self.lists]
        for generation in generations:
            own = self.lists.get(generation, [])
            for place, version in enumerate(own):
                if version.submission_id == submission.pk:
                    return own[:place], version
        raise LookupError(f"{submission} is in no list")


def _retest(
    competition: Competition,
    submission: Submission,
    query: LedgerQuery,
    versions: _VersionHistory,
    before: Sequence[bool],
) -> Retest:
    """The retest of a query's entry; `before`: whether each entry of its block before it in the list was kept."""
    earlier, after = versions.certified(submission)
    guarded = tuple(replay.submission_of(version) for version in earlier[1:])
    masks = versions.masks(guarded)
    protected = [
        *arrays.load_declared_groups(competition),
        *(Protected(each.key, masks[each.key]) for each in guarded),
    ]
    heads = _head(competition, earlier[-1]), _head(competition, after)
    block = query.block.number
    if competition.rule_version == 1:
        level = query.log_inverse_delta
        kept = rule_2026_11.still_passes(
            rule_2026_11.Tested(
                *heads,
                protected,
                arrays.load_practice(competition),
                competition.layout.rows_of(query.block.split),
                artifacts.read_labels(competition, query.block.split),
                rule_of(competition),
                level,
            )
        )
        return Retest(submission, block, level, earlier[-1], after, guarded, kept)
    level = present_block.block_ledger(competition, query.block).retest_level(query.number, before)
    test = present_block.stored_test(query)
    practice, rule = arrays.load_practice(competition), rule_of(competition)
    kept = present_block.still_passes(competition, query.block, heads, protected, practice, rule, test, level)
    return Retest(submission, block, level, earlier[-1], after, guarded, kept, query.number)


def _head(competition: Competition, version: ModelVersion) -> Head:
    return Head(
        len(version.nodes_json), artifacts.read_over_present_rows(competition, version.stored_predictions)
    )


def withdraw_entry(retest: Retest, number: int, reason: str, by: User) -> bool:
    """Move an entry that no longer passes to not shown; False where it moved on meanwhile."""
    submission = retest.submission
    if not submission.move(State.ACCEPTED, State.NOT_SHOWN, moderator_reason=reason):
        return False
    why = f"after correction {number} of the table it no longer passes the test that it was accepted by"
    sentence = f"Not shown yet: {why}: {reason}"
    Verdict.objects.filter(submission=submission).update(sentence=sentence)
    events.notify_verdict(submission, sentence)
    audit.record_change(submission, by, {"state": [State.ACCEPTED, State.NOT_SHOWN]}, reason)
    return True


# --- findings ----------------------------------------------------------------------------------------------------
def rejudge_findings(
    competition: Competition, versions: Sequence[ModelVersion], number: int
) -> list[Submission]:
    """Judge each finding again against the list as it stood when it was decided; returns all of them.

    In the order in which they were decided, for each finding counts against the later ones of its team and those that
    overlap it. `versions` is the corrected list. Their dates stay: the first finder is still the first.
    """
    found = list(judged_findings(competition).order_by("decided_at", "number"))
    masks, judged = arrays.load_masks(competition, found), {submission.pk for submission in found}
    p_values: dict[int, list[float]] = defaultdict(list)
    for other in Verdict.objects.filter(
        submission__competition=competition, submission__patch_kind=Submission.PatchKind.NONE
    ).exclude(submission__in=judged):
        if measured := other.finding_feedback:
            p_values[other.submission.team_id].append(measured.p_value)
    counted: list[tuple[int, NDArray[Any]]] = []
    for submission in found:
        submission.competition = competition
        mask = masks[submission.key]
        head = head_number_at(
            [replay.submission_of(version).decided_at for version in versions[1:]], submission
        )
        decision = decide_finding(
            competition,
            JudgedFinding(
                submission=submission.pk,
                team=submission.team_id,
                mask=mask,
                head=_head(competition, versions[head]),
                generation=competition.generation,
                version=versions[head].number,
                counted=counted,
                p_values=p_values[submission.team_id],
                place=describe_place(submission),
            ),
        )
        p_values[submission.team_id].append(decision.practice.p_value)
        if decision.state in Submission.SHOWN_FINDINGS and decision.practice.counts:
            counted.append((submission.team_id, mask))
        sentence = f"{decision.sentence} Judged again after correction {number} of the table."
        if submission.confirmed_at is not None:
            # Rows that nobody has seen confirmed it, and did so again: what practice rows say takes nothing back.
            sentence = submission.verdict.sentence
        elif submission.state != decision.state:
            submission.move(submission.state, decision.state)
            events.notify_verdict(submission, sentence)
        Verdict.objects.filter(submission=submission).update(
            practice=decision.practice.to_json(),
            sentence=sentence,
            generation=competition.generation,
            head_number=versions[head].number,
        )
        allowance.count_verdict_told(submission)  # figures with noise of their own are told again
    return found


def head_number_at(accepted: Sequence[datetime | None], finding: Submission) -> int:
    """The number of the version that was the head when a finding was decided."""
    return sum(1 for at in accepted if at and finding.decided_at and at < finding.decided_at)


def judged_findings(competition: Competition) -> Any:
    """The competition's findings that have a p-value, whatever it showed."""
    return competition.submissions.filter(
        patch_kind=Submission.PatchKind.NONE,
        state__in=(*Submission.SHOWN_FINDINGS, State.NOT_SHOWN),
        verdict__practice__has_key="p_value",
    ).select_related("team", "verdict")
