"""The rows that pages read, against what the chain says they must hold."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from bounty import chain_rows, crediting
from bounty.chain_rows import digest
from bounty.models import BoardRow, Competition, LedgerQuery, Submission, TeamVersion, Verdict
from bounty.verifying.differences import Difference, same
from bounty.verifying.replaying import Replay, Standing

State = Submission.State
JUDGED = (State.ACCEPTED, State.CONFIRMED, State.NOT_SHOWN, State.HARMFUL, State.DISQUALIFIED)


def check(competition: Competition, replay: Replay) -> int:
    """How many board rows were compared. Raises Difference at the first row that says something else."""
    if not replay.shared:
        return 0
    table = chain_rows.table_of(competition)
    for name in table:
        if table[name] != replay.table.get(name):
            raise Difference(name, "it is not what the newest entry about it says")
    _verdicts(competition, replay)
    _queries(competition, replay)
    _versions(competition, replay)
    _team_versions(competition, replay)
    return _board(competition, replay)


def _verdicts(competition: Competition, replay: Replay) -> None:
    submissions = {str(each.pk): each for each in competition.submissions.all()}
    verdicts = {
        str(each.submission_id): each for each in Verdict.objects.filter(submission__competition=competition)
    }
    for key, known in sorted(replay.standing.items(), key=lambda item: item[1].entry):
        submission, verdict = submissions.get(key), verdicts.get(key)
        if submission is None:
            raise Difference("submission", "it is gone", entry=known.entry, submission=key)
        asked_again = _was_asked_again(submission, known)
        if not asked_again:
            same("state", submission.state, known.state, entry=known.entry, submission=key)
        if known.sentence is None:
            continue
        if verdict is None:
            raise Difference("verdict", "it is gone", entry=known.entry, submission=key)
        told: dict[str, tuple[Any, Any]] = {"sentence": (digest(verdict.sentence), known.sentence)}
        if "arrays" in known.data:
            outcome = submission.outcomes.order_by("-attempt").first()
            arrays = outcome.arrays if outcome else {}
            found = {name: chain_rows.stored_of(stored) for name, stored in arrays.items()}
            uploads = {name: stored["sha256"] for name, stored in submission.files.items()}
            told |= {
                "practice": (digest(verdict.practice), known.data["practice"]),
                "passed_gate": (verdict.passed_gate, known.data["passed_gate"]),
                "uploads": (uploads, known.data["uploads"]),
                "team": (submission.team_id, known.data["team"]),
            }
            if not asked_again:
                told["arrays"] = (found, known.data["arrays"])
        for name, (row, expected) in told.items():
            same(name, row, expected, entry=known.entry, submission=key)
    for key, submission in submissions.items():
        if submission.state in JUDGED and key not in replay.standing:
            raise Difference("state", f"{submission.state}, which no entry says", submission=key)


def _was_asked_again(submission: Submission, known: Standing) -> bool:
    """Whether it waits for another verdict, or ended without one; its last one still stands beside it."""
    return known.state == State.NOT_SHOWN and submission.state not in JUDGED


def _queries(competition: Competition, replay: Replay) -> None:
    asked = LedgerQuery.objects.filter(block__competition=competition).select_related("block")
    rows = {(each.block.number, each.number): each for each in asked}
    for entry, submission, query in replay.budget.queries:
        row = rows.get((query["block"], query["number"]))
        if row is None:
            raise Difference("query", "it is gone", entry=entry, submission=submission)
        same("query's submission", str(row.submission_id), submission, entry=entry)
        for name in ("accepted_before", "extra_bits", "log_inverse_delta", "passed"):
            found = getattr(row, name)
            same(f"query: {name}", found, query[name], entry=entry, submission=submission)
    for block in competition.blocks.all():
        known = replay.budget.blocks.get(str(block.number), {})
        for name, found in block.as_ledger_json().items():
            if found != known.get(name):
                raise Difference(f"ledger of block {block.number}: {name}", f"{found}, not {known.get(name)}")


def _versions(competition: Competition, replay: Replay) -> None:
    generation = replay.shared[-1].generation
    if competition.generation != generation:
        raise Difference("generation", f"{competition.generation}, not {generation}")
    rows = {row.number: row for row in competition.versions.filter(generation=generation)}
    for version in replay.shared:
        row = rows.pop(version.data["number"], None)
        where: dict[str, Any] = {"entry": version.entry, "submission": version.submission}
        if row is None:
            raise Difference(f"version {version.data['number']}", "it is gone", **where)
        _same_fields(f"version {row.number}", chain_rows.version_of(row), version.data, where)
    if rows:
        raise Difference("versions", f"no entry says version {min(rows)}")


def _team_versions(competition: Competition, replay: Replay) -> None:
    for team in competition.teams.order_by("pk"):
        known = replay.teams.get(team.pk, [])
        own = TeamVersion.objects.filter(team=team, generation=team.generation).order_by("number")
        rows = {row.number: row for row in own.select_related("submission")}
        for version in known:
            where: dict[str, Any] = {"entry": version.entry, "submission": version.submission}
            row = rows.pop(version.data["number"], None)
            name = f"{team}'s version {version.data['number']}"
            if row is None:
                raise Difference(name, "it is gone", **where)
            _same_fields(name, chain_rows.own_version(row), version.data, where)
        if rows:
            raise Difference(f"{team}'s versions", f"no entry says version {min(rows)}")


def _same_fields(
    name: str, found: Mapping[str, Any], expected: Mapping[str, Any], where: Mapping[str, Any]
) -> None:
    for field in found:
        same(f"{name}: {field}", found[field], expected.get(field), **where)


def _board(competition: Competition, replay: Replay) -> int:
    final = competition.final_opened_at is not None
    points, counts = _points(replay, final=final), _counts(replay)
    rows = list(BoardRow.objects.filter(competition=competition).select_related("team"))
    for row in rows:
        own = replay.teams.get(row.team_id, [])
        accepted, findings = counts[row.team_id]
        expected = {
            "points": points.get(row.team_id),
            "final": final,
            "accepted": accepted,
            "findings": findings,
            "team_loss": own[-1].data["practice_loss"] if own else None,
        }
        for name, value in expected.items():
            _same_number(f"board row of {row.team}: {name}", getattr(row, name), value)
        if row.submissions > competition.submissions.filter(team=row.team_id).count():
            raise Difference(f"board row of {row.team}: submissions", f"{row.submissions} are too many")
    missing = set(points) - {row.team_id for row in rows}
    if missing:
        raise Difference("board", f"team {min(missing)} has points and no row")
    if final:
        _intervals(competition, rows)
    return len(rows)


def _points(replay: Replay, *, final: bool) -> dict[int, float]:
    total: dict[int, float] = defaultdict(float)
    for version in replay.shared:
        for team, gained in version.data["final_credits" if final else "credits"].items():
            total[int(team)] += gained
    return total


def _counts(replay: Replay) -> dict[int, tuple[int, int]]:
    found = Counter((known.data["team"], known.state) for known in replay.standing.values())
    teams = {team for team, _ in found}
    return defaultdict(
        lambda: (0, 0), {team: (found[team, State.ACCEPTED], found[team, State.CONFIRMED]) for team in teams}
    )


def _intervals(competition: Competition, rows: list[BoardRow]) -> None:
    """Those that the close wrote. Provisional ones are drawn beside the verdicts, and stay while points do."""
    versions = competition.versions.filter(generation=competition.generation).order_by("number")
    found = crediting.intervals(competition, list(versions.select_related("submission")), final=True)
    for row in rows:
        low, high = found.get(row.team_id, (None, None))
        _same_number(f"board row of {row.team}: points_low", row.points_low, low)
        _same_number(f"board row of {row.team}: points_high", row.points_high, high)


def _same_number(field: str, found: Any, expected: Any) -> None:
    """Sums in a database may be added up in another order."""
    if found == expected:
        return
    close = isinstance(found, float) and isinstance(expected, float)
    if not close or not math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9):
        raise Difference(field, f"{found}, not {expected}")
