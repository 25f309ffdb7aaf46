"""Replay of a correction of the table: retests, findings judged again, and every list that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bounty.adjudication.finding_decision import JudgedFinding, decide_finding
from bounty.core import artifacts
from bounty.hash_chain.encoding import digest, rule_from_json, version_of
from bounty.hash_chain.retest import Pattern, retest_bits, retest_patterns, retests_entry
from bounty.models import CertificationBlock, Submission, Verdict
from bounty.models.stored_files import StoredFile
from bounty.verification import finding_queries, present_rule
from bounty.verification.differences import Difference, require_equal
from bounty.verification.ledger import Rotation
from bounty.verification.replay_state import ReplayState
from bounty.verification.versions import Recomputation
from evaluator.adjudication.rule_2026_11.acceptance import Tested, still_passes
from evaluator.decision_list.repairs import Head, Protected, replay_steps

State = Submission.State
RETIRED = CertificationBlock.State.RETIRED
PRACTICE = "practice"
BOTH = ("before", "after")


def replay_correction(state: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    """Recomputes a correction. Raises Difference where something else follows from the corrected table."""
    rows, base = state.competition.layout.rows, state.shared[0]
    state.replay_table(number, data["table"])
    recomputation = state.recomputation(number, data["rule"])
    changed = set() if data["closed"] else set(data["counts"])
    kept = _replay_retests(state, recomputation, data, changed)
    _check_budget(state, recomputation, data, kept)
    if not data["erases"]:
        given = recomputation.array(data["shared"]["versions"][0]["predictions"])
        present = artifacts.read_over_present_rows(
            state.competition, StoredFile.from_json(base.data["predictions"])
        )
        if not np.array_equal(given, present):
            raise Difference("base model", "it answers otherwise on the rows that are left", entry=number)
    _replay_findings(state, recomputation, data, kept, judged=PRACTICE in changed)
    state.replay_shared(number, data, kept, same_base=False)
    own = {each["team"]: each for each in data["teams"]}
    expected = (
        {team for team, versions in state.teams.items() if versions} if PRACTICE in data["counts"] else set()
    )
    require_equal("teams", sorted(own), sorted(expected), entry=number)
    for team in sorted(own):
        _replay_team(state, recomputation, own[team], gaining=not data["closed"])
    if rows != state.competition.layout.rows:
        require_equal("rows", state.competition.layout.rows, _count_rows_left(state), entry=number)


def _replay_retests(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any], changed: set[str]
) -> list[str]:
    """Returns the submissions that stay in the list; each on changed rows was tested again, by the same test."""
    entered = [each.submission for each in state.shared[1:]]
    passed = {submission: query for _, submission, query in state.budget.queries if query["passed"]}
    confirmed = [
        key
        for key in sorted(passed, key=lambda key: (passed[key]["block"], passed[key]["number"]))
        if (known := state.standing.get(key)) and known.data["finding"] and known.state == State.CONFIRMED
    ]
    expected = [
        each
        for each in (*entered, *confirmed)
        if each in passed and f"certification-{passed[each]['block']}" in changed
    ]
    if version_of(recomputation.rule) != 1:
        expected.sort(key=lambda each: (passed[each]["block"], passed[each]["number"]))
    named = [each["submission"] for each in data["tested"]]
    require_equal("tested", [each for each in named if each in passed], expected, entry=recomputation.entry)
    told: list[Mapping[str, Any]] = []
    for each in data["tested"]:
        submission = each["submission"]
        if submission in passed:
            query = passed[submission]
            name = "log_inverse_delta" if "level" in each else "number"
            found = [each["block"], each["level"] if "level" in each else each["number"]]
            expected_test = [query["block"], query[name]]
            require_equal("test", found, expected_test, entry=recomputation.entry, submission=submission)
        before = [other["kept"] for other in told if other["block"] == each["block"]]
        passes_again = finding_queries.passes_again if submission in confirmed else _passes_again
        passes = passes_again(state, recomputation, each, before)
        require_equal("passed again", each["kept"], passes, entry=recomputation.entry, submission=submission)
        told.append(each)
    failed = {each["submission"] for each in data["tested"] if not each["kept"]}
    lost = failed - set(confirmed)
    require_equal("dropped", set(data["dropped"]), lost, entry=recomputation.entry)
    said = {each["submission"]: each["state"] for each in data["findings"]}
    for each in confirmed:
        if each in failed:
            require_equal("confirmation", said.get(each) == State.CONFIRMED, False, entry=recomputation.entry)
    state.note_correction(recomputation.entry, data)
    return [each for each in entered if each not in lost]


def _passes_again(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any], kept: Sequence[bool]
) -> bool:
    """`kept`: whether each entry of its block before it passed again."""
    split = f"certification-{data['block']}"
    guarded = [
        Protected(f"submission:{each}", state.load_mask(recomputation, each)) for each in data["guarded"]
    ]
    before, after = (Head(0, recomputation.array(data[name], data["submission"])) for name in BOTH)
    protected = [*recomputation.declared(), *guarded]
    if version_of(recomputation.rule) != 1:
        level = present_rule.retest_level(state, recomputation, data, kept)
        return present_rule.passes_again(state, recomputation, data, (before, after), protected, level)
    return still_passes(
        Tested(
            before,
            after,
            protected,
            recomputation.practice(),
            state.competition.layout.rows_of(split),
            artifacts.read_labels(state.competition, split),
            rule_from_json(recomputation.rule),
            data["level"],
        )
    )


def _check_budget(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any], kept: Sequence[str]
) -> None:
    """Raises Difference unless the blocks hold what the retests told; no query was asked."""
    if version_of(recomputation.rule) == 1:
        bits = retest_bits([(each["block"], each["kept"]) for each in data["tested"]])
        expected = {
            key: block | {"extra_bits": block["extra_bits"] + bits.get(int(key), 0)}
            for key, block in state.budget.blocks.items()
        }
    else:
        patterns = retest_patterns([(each["block"], each["number"], each["kept"]) for each in data["tested"]])
        expected = {
            key: block | {"retests": _retests(data["number"], block, patterns.get(int(key)))}
            for key, block in state.budget.blocks.items()
        }
    rotation = (
        None if data["closed"] else Rotation(state.competition, recomputation.rule, len(kept), state.budget)
    )
    if data["closed"]:
        expected = {key: block | {"state": RETIRED} for key, block in expected.items()}
    state.budget.check_blocks(recomputation.entry, data, expected, rotation)


def _retests(number: int, block: Mapping[str, Any], pattern: Pattern | None) -> list[Any]:
    """Returns the retests of a block after this correction."""
    return [*block["retests"], *([retests_entry(number, block["queries"], pattern)] if pattern else [])]


def _replay_findings(
    state: ReplayState,
    recomputation: Recomputation,
    data: Mapping[str, Any],
    kept: Sequence[str],
    *,
    judged: bool,
) -> None:
    """Recomputes findings in the order in which they were decided, each against the list as it then stood."""
    accepted = [state.standing[each].data["decided"] for each in kept]
    heads = _replay_heads(recomputation, data, kept) if judged else []
    state.counting = {}
    state.p_values = (
        _other_p_values(state, {each["submission"] for each in data["findings"]})
        if judged
        else state.p_values
    )
    for each in data["findings"]:
        if judged:
            number = sum(1 for at in accepted if at < each["decided"])
            version = (data["shared"]["generation"], number)
            _replay_finding(state, recomputation, each, heads[number], version)
        if each["counts"] and each["state"] in Submission.SHOWN_FINDINGS:
            state.count_finding(recomputation, each)
        if each["p_value"] is not None:
            state.p_values.setdefault(each["team"], {})[each["submission"]] = each["p_value"]


def _replay_heads(recomputation: Recomputation, data: Mapping[str, Any], kept: Sequence[str]) -> list[Head]:
    given = data["shared"]["versions"]
    require_equal(
        "versions", [str(each["submission"] or "") for each in given], ["", *kept], entry=recomputation.entry
    )
    base = recomputation.array(given[0]["predictions"])
    steps = [recomputation.load_step(each) for each in given[1:]]
    candidates = replay_steps(base, steps, recomputation.declared(), recomputation.practice())
    return [Head(0, base), *(each.as_head() for each in candidates)]


def _other_p_values(state: ReplayState, judged: set[str]) -> dict[int, dict[str, float]]:
    """Returns the p-values of findings that are not judged again: their rows are compared, too."""
    found: dict[int, dict[str, float]] = {}
    rows = Verdict.objects.filter(
        submission__competition=state.competition.pk, submission__patch_kind=Submission.PatchKind.NONE
    ).exclude(submission__pk__in=judged)
    for row in rows.select_related("submission"):
        known = state.standing.get(str(row.submission_id))
        measured = row.finding_feedback
        if known and measured and digest(row.practice) == known.data.get("practice"):
            found.setdefault(row.submission.team_id, {})[str(row.submission_id)] = measured.p_value
    return found


def _replay_finding(
    state: ReplayState,
    recomputation: Recomputation,
    data: Mapping[str, Any],
    head: Head,
    version: tuple[int, int],
) -> None:
    """`version`: the head's generation and number."""
    decision = decide_finding(
        state.competition,
        JudgedFinding(
            submission=data["submission"],
            team=data["team"],
            mask=state.load_mask(recomputation, data["submission"], data["arrays"]),
            head=head,
            generation=version[0],
            version=version[1],
            counted=[(each.team, each.mask) for each in state.counting.values()],
            p_values=list(state.p_values.get(data["team"], {}).values()),
        ),
        recomputation.practice(),
    )
    # What was confirmed by rows that nobody has seen stays so, whatever practice rows say now.
    expected = State.CONFIRMED if "confirmed" in data else decision.state
    recomputation.require_equal("state", data["state"], expected, data)
    recomputation.require_equal("practice", data["practice"], digest(decision.practice.to_json()), data)
    if decision.practice.number is not None:
        numbers = state.finding_numbers.setdefault(data["team"], {})
        numbers[data["submission"]] = decision.practice.number


def _replay_team(
    state: ReplayState, recomputation: Recomputation, data: Mapping[str, Any], *, gaining: bool
) -> None:
    """Recomputes a team's own model: what was in it and still gains."""
    before = state.teams.get(data["team"], [])
    listed = [each.data for each in before]
    candidates = state.own_candidates(recomputation, data["generation"], listed, gaining=gaining)
    kept = [each.submission for each, found in zip(before, candidates, strict=True) if found is not None]
    require_equal(
        "the team's versions",
        [each["submission"] for each in data["versions"]],
        kept,
        entry=recomputation.entry,
    )
    state.replay_team(recomputation.entry, data, recomputation.rule)


def _count_rows_left(state: ReplayState) -> int:
    return len(artifacts.read_array(state.competition.tables.kept[-1]))
