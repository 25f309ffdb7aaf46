"""A correction of the table, decided again: which entries pass, what findings say, and every list that follows.

Where a person's rows were deleted, what was decided before cannot be computed again: those entries are read as they
are written (their digests hold), and computing begins anew with the correction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bounty.core import artifacts
from bounty.hash_chain.encoding import digest, rule_from_json
from bounty.hash_chain.retest import retest_bits
from bounty.models import CertificationBlock, ChainEntry, Submission, Verdict
from bounty.models.stored import StoredFile
from bounty.verification.differences import Difference, same
from bounty.verification.ledger import Rotation
from bounty.verification.state import ReplayState
from bounty.verification.versions import Found, Listed, Recomputed
from evaluator.adjudication.patch import FindingCase, Tested, judge_finding, still_passes
from evaluator.decision_list.repairs import Head, Protected, replay_gaining_steps, replay_steps

State = Submission.State
RETIRED = CertificationBlock.State.RETIRED
PRACTICE = "practice"


def take(told: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    """Raises Difference where something else follows from the corrected table."""
    rows, base = told.competition.layout.rows, told.shared[0]
    told.take_table(number, data["table"])
    again = told.recomputed(number, data["rule"])
    changed = set() if data["closed"] else set(data["counts"])
    kept = _tested(told, again, data, changed)
    _budget(told, again, data, kept)
    if not data["erases"]:
        given = again.array(data["shared"]["versions"][0]["predictions"])
        present = artifacts.over_rows(told.competition, StoredFile.from_json(base.data["predictions"]))
        if not np.array_equal(given, present):
            raise Difference("base model", "it answers otherwise on the rows that are left", entry=number)
    _findings(told, again, data, kept, judged=PRACTICE in changed)
    told.take_shared(number, data, kept, same_base=False)
    own = {each["team"]: each for each in data["teams"]}
    expected = (
        {team for team, versions in told.teams.items() if versions} if PRACTICE in data["counts"] else set()
    )
    same("teams", sorted(own), sorted(expected), entry=number)
    for team in sorted(own):
        _team(told, again, own[team], gaining=not data["closed"])
    if rows != told.competition.layout.rows:
        same("rows", told.competition.layout.rows, _rows_left(told), entry=number)


def skim(told: ReplayState, entry: ChainEntry) -> None:
    """An entry from before a deletion, as it is written."""
    data = entry.data
    decided = data["decided"] if entry.kind == "start" else ()
    for each in (*decided, *([data] if entry.kind in ("verdict", "undecided") else ())):
        told.note(entry.number, each)
    if "table" in data:
        told.take_table(entry.number, data["table"])
    if entry.kind == "corrected":
        _standing(told, entry.number, data)
    elif entry.kind == "disqualified":
        told.end(entry.number, data)
    elif entry.kind == "rolled back":
        told.withdraw(data)
    if entry.kind == "start":
        told.budget.start(data["blocks"])
    elif "blocks" in data:
        told.budget.blocks = dict(data["blocks"])
    if data.get("query"):
        told.budget.queries.append((entry.number, data["submission"], data["query"]))
    if "rule" in data:
        told.newest_rule = data["rule"]
    _lists(told, entry.number, data)


def _lists(told: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    if "shared" in data:
        generation = data["shared"]["generation"]
        told.shared = [_as_written(number, generation, each) for each in data["shared"]["versions"]]
    for own in (*data.get("teams", ()), *([data["own"]] if "own" in data else ())):
        told.teams[own["team"]] = [_as_written(number, own["generation"], each) for each in own["versions"]]
    if data.get("version"):
        told.shared.append(_as_written(number, data["generation"], data["version"]))
    made = data.get("team_version")
    if made:
        own_versions = told.teams.setdefault(data["team"], [])
        if made["submission"] not in [each.submission for each in own_versions]:
            own_versions.append(_as_written(number, made["generation"], made))


def _as_written(number: int, generation: int, data: Mapping[str, Any]) -> Listed:
    return Listed(number, generation, data, (), np.empty(0))


def _tested(told: ReplayState, again: Recomputed, data: Mapping[str, Any], changed: set[str]) -> list[str]:
    """The submissions that stay in the list. Each whose block's rows changed was tested, and by the same test."""
    entered = [each.submission for each in told.shared[1:]]
    asked = {submission: query for _, submission, query in told.budget.queries if query["passed"]}
    expected = [
        each for each in entered if each in asked and f"certification-{asked[each]['block']}" in changed
    ]
    known = set(asked)
    named = [each["submission"] for each in data["tested"]]
    same("tested", [each for each in named if each in known], expected, entry=again.entry)
    for each in data["tested"]:
        submission = each["submission"]
        if submission in asked:
            query = asked[submission]
            found = [each["block"], each["level"]]
            same(
                "test",
                found,
                [query["block"], query["log_inverse_delta"]],
                entry=again.entry,
                submission=submission,
            )
        same(
            "passed again", each["kept"], _passes(told, again, each), entry=again.entry, submission=submission
        )
    lost = {each["submission"] for each in data["tested"] if not each["kept"]}
    same("dropped", set(data["dropped"]), lost, entry=again.entry)
    _standing(told, again.entry, data)
    return [each for each in entered if each not in lost]


def _standing(told: ReplayState, number: int, data: Mapping[str, Any]) -> None:
    for submission, sentence in data["dropped"].items():
        told.standing[submission].state = State.NOT_SHOWN
        told.standing[submission].sentence = sentence
        told.standing[submission].entry = number
    for each in data["findings"]:
        told.note(number, each)


def _passes(told: ReplayState, again: Recomputed, data: Mapping[str, Any]) -> bool:
    split = f"certification-{data['block']}"
    guarded = [Protected(f"submission:{each}", told.mask(again, each)) for each in data["guarded"]]
    return still_passes(
        Tested(
            Head(0, again.array(data["before"], data["submission"])),
            Head(0, again.array(data["after"], data["submission"])),
            [*again.declared(), *guarded],
            again.practice(),
            told.competition.layout.rows_of(split),
            artifacts.labels(told.competition, split),
            rule_from_json(again.rule),
            data["level"],
        )
    )


def _budget(told: ReplayState, again: Recomputed, data: Mapping[str, Any], kept: Sequence[str]) -> None:
    """No query was asked; what the tests gave away is charged."""
    bits = retest_bits([(each["block"], each["kept"]) for each in data["tested"]])
    expected = {
        key: block | {"extra_bits": block["extra_bits"] + bits.get(int(key), 0)}
        for key, block in told.budget.blocks.items()
    }
    rotation = None if data["closed"] else Rotation(told.competition, again.rule, len(kept))
    if data["closed"]:
        expected = {key: block | {"state": RETIRED} for key, block in expected.items()}
    told.budget.move(again.entry, data, expected, rotation)


def _findings(
    told: ReplayState, again: Recomputed, data: Mapping[str, Any], kept: Sequence[str], *, judged: bool
) -> None:
    """Findings in the order in which they were decided, each against the list as it then stood."""
    accepted = [told.standing[each].data["decided"] for each in kept]
    heads = _heads(again, data, kept) if judged else []
    told.counting = {}
    told.p_values = (
        _others(told, {each["submission"] for each in data["findings"]}) if judged else told.p_values
    )
    for each in data["findings"]:
        if judged:
            _finding(told, again, each, heads[sum(1 for at in accepted if at < each["decided"])])
        if each["counts"] and each["state"] == State.CONFIRMED:
            mask = told.mask(again, each["submission"], each["arrays"])
            told.counting[each["submission"]] = Found(each["team"], each["decided"], each["number"], mask)
        if each["p_value"] is not None:
            told.p_values.setdefault(each["team"], {})[each["submission"]] = each["p_value"]


def _heads(again: Recomputed, data: Mapping[str, Any], kept: Sequence[str]) -> list[Head]:
    given = data["shared"]["versions"]
    same("versions", [str(each["submission"] or "") for each in given], ["", *kept], entry=again.entry)
    base = again.array(given[0]["predictions"])
    steps = [again.step(each) for each in given[1:]]
    candidates = replay_steps(base, steps, again.declared(), again.practice())
    return [Head(0, base), *(each.as_head() for each in candidates)]


def _others(told: ReplayState, judged: set[str]) -> dict[int, dict[str, float]]:
    """p-values of findings that were told one and are not judged again: their rows are compared, too."""
    found: dict[int, dict[str, float]] = {}
    rows = Verdict.objects.filter(
        submission__competition=told.competition.pk, submission__patch_kind=Submission.PatchKind.NONE
    ).exclude(submission__pk__in=judged)
    for row in rows.select_related("submission"):
        known = told.standing.get(str(row.submission_id))
        measured = row.finding_feedback
        if known and measured and digest(row.practice) == known.data.get("practice"):
            found.setdefault(row.submission.team_id, {})[str(row.submission_id)] = measured.p_value
    return found


def _finding(told: ReplayState, again: Recomputed, data: Mapping[str, Any], head: Head) -> None:
    counted = list(told.counting.values())
    decision = judge_finding(
        FindingCase(
            mask=told.mask(again, data["submission"], data["arrays"]),
            head=head,
            practice=again.practice(),
            unit=artifacts.units(told.competition, PRACTICE),
            team_p_values=list(told.p_values.get(data["team"], {}).values()),
            earlier=[each.mask for each in counted],
            team_counted=sum(each.team == data["team"] for each in counted),
        )
    )
    again.same("state", data["state"], decision.state, data)
    again.same("practice", data["practice"], digest(decision.practice.to_json()), data)


def _team(told: ReplayState, again: Recomputed, data: Mapping[str, Any], *, gaining: bool) -> None:
    """A team's own model: what was in it and still gains."""
    before = told.teams.get(data["team"], [])
    steps = [again.step(each.data) for each in before]
    run = replay_gaining_steps if gaining else replay_steps
    candidates = run(told.shared[0].predictions, steps, again.declared(), again.practice())
    kept = [each.submission for each, found in zip(before, candidates, strict=True) if found is not None]
    same("the team's versions", [each["submission"] for each in data["versions"]], kept, entry=again.entry)
    told.take_team(again.entry, data, again.rule)


def _rows_left(told: ReplayState) -> int:
    return len(artifacts.array(told.competition.tables.kept[-1]))
