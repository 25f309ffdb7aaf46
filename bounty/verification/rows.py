"""Checks of the rows that pages read, against what the chain says they must hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from bounty.hash_chain import encoding
from bounty.hash_chain.encoding import digest
from bounty.models import BoardRow, Competition, Submission, Verdict
from bounty.shared_model import arrays as version_arrays
from bounty.verification import published
from bounty.verification.differences import Difference, require_close, require_equal
from bounty.verification.replay_state import NewestEntry, ReplayState

State = Submission.State
JUDGED = (*Submission.JUDGED, State.DISQUALIFIED)


def check_rows(competition: Competition, replay: ReplayState) -> int:
    """Returns how many board rows were compared. Raises Difference at the first row that says something else."""
    if not replay.shared:
        return 0
    table = encoding.table_json(competition)
    for name in table:
        if table[name] != replay.table.get(name):
            raise Difference(name, "it is not what the newest entry about it says")
    _check_verdicts(competition, replay)
    published.check_settings(competition, replay)
    published.check_queries(competition, replay)
    published.check_blocks(competition, replay)
    _check_versions(competition, replay)
    _check_team_versions(competition, replay)
    return _check_board(competition, replay)


def _check_verdicts(competition: Competition, replay: ReplayState) -> None:
    submissions = {str(each.pk): each for each in competition.submissions.all()}
    outcomes = version_arrays.newest_outcomes(submissions.values())
    verdicts = {
        str(each.submission_id): each for each in Verdict.objects.filter(submission__competition=competition)
    }
    for key, known in sorted(replay.standing.items(), key=lambda item: item[1].entry):
        submission, verdict = submissions.get(key), verdicts.get(key)
        if submission is None:
            raise Difference("submission", "it is gone", entry=known.entry, submission=key)
        asked_again = _was_asked_again(submission, known) and not (
            competition.is_closed and submission.is_running
        )
        if not asked_again:
            require_equal("state", submission.state, known.state, entry=known.entry, submission=key)
        if known.sentence is None:
            continue
        if verdict is None:
            raise Difference("verdict", "it is gone", entry=known.entry, submission=key)
        confirmed = submission.confirmed_at.isoformat() if submission.confirmed_at else None
        compared: dict[str, tuple[Any, Any]] = {
            "sentence": (digest(verdict.sentence), known.sentence),
            "confirmed": (confirmed, known.confirmed),
            "final": (verdict.final, known.final),
        }
        if "arrays" in known.data:
            outcome = outcomes.get(submission.pk)
            arrays = outcome.stored_arrays if outcome else {}
            found = {name: encoding.stored_file_json(stored) for name, stored in arrays.items()}
            uploads = {name: stored.sha256 for name, stored in submission.stored_files.items()}
            compared |= {
                "practice": (digest(verdict.practice), known.data["practice"]),
                "passed_gate": (verdict.passed_gate, known.data["passed_gate"]),
                "uploads": (uploads, known.data["uploads"]),
                "team": (submission.team_id, known.data["team"]),
                "number": (submission.number, known.data["number"]),
                "finding": (submission.is_finding, known.data["finding"]),
                "sent": (submission.created_at.isoformat(), known.data["sent"]),
            }
            if not asked_again:
                compared["arrays"] = (found, known.data["arrays"])
                decided = submission.decided_at.isoformat() if submission.decided_at else None
                compared["decided"] = (decided, known.data["decided"])
            compared |= _judged_against(verdict, known)
        for name, (row, expected) in compared.items():
            require_equal(name, row, expected, entry=known.entry, submission=key)
    for key, submission in submissions.items():
        if submission.state in JUDGED and key not in replay.standing:
            raise Difference("state", f"{submission.state}, which no entry says", submission=key)


def _judged_against(verdict: Verdict, known: NewestEntry) -> dict[str, tuple[Any, Any]]:
    """Returns the list and block of a verdict, where the newest entry is a verdict's own; others do not say it."""
    if "head" not in known.data:
        return {}
    return {
        "generation": (verdict.generation, known.data["generation"]),
        "head_number": (verdict.head_number, known.data["head"]),
        "block_number": (verdict.block_number, known.data["block"]),
        "queried": (verdict.queried, known.data["query"] is not None),
    }


def _was_asked_again(submission: Submission, known: NewestEntry) -> bool:
    """Whether it waits for another verdict, or ended without one; its last one still stands beside it."""
    return known.state == State.NOT_SHOWN and submission.state not in JUDGED


def _check_versions(competition: Competition, replay: ReplayState) -> None:
    """Raises Difference unless each version of every generation in the chain is as written.

    Pages and downloads name old versions, too.
    """
    if competition.generation != replay.shared[-1].generation:
        raise Difference("generation", f"{competition.generation}, not {replay.shared[-1].generation}")
    first = min(generation for generation, _ in replay.listed)
    rows = list(
        competition.versions.filter(generation__gte=first).select_related("submission").order_by("pk")
    )
    found = dict(
        zip(((row.generation, row.number) for row in rows), encoding.versions_json(rows), strict=True)
    )
    for key, version in sorted(replay.listed.items(), key=lambda item: (item[1].entry, item[0])):
        where: dict[str, Any] = {"entry": version.entry, "submission": version.submission}
        name = _version_name(key, replay.shared[-1].generation)
        if key not in found:
            raise Difference(name, "it is gone", **where)
        _same_fields(name, found.pop(key), version.data, where)
    if found:
        raise Difference(_version_name(min(found), replay.shared[-1].generation), "no entry says it")


def _version_name(key: tuple[int, int], present: int) -> str:
    generation, number = key
    return f"version {number}" + ("" if generation == present else f" of generation {generation}")


def _check_team_versions(competition: Competition, replay: ReplayState) -> None:
    for team in competition.teams.order_by("pk"):
        known = {key[1:]: each for key, each in replay.listed_own.items() if key[0] == team.pk}
        first = replay.began.get(team.pk, 1)
        own = list(team.versions.filter(generation__gte=first).select_related("submission").order_by("pk"))
        rows = dict(
            zip(((row.generation, row.number) for row in own), encoding.team_versions_json(own), strict=True)
        )
        for key, version in sorted(known.items()):
            where: dict[str, Any] = {"entry": version.entry, "submission": version.submission}
            name = f"{team}'s {_version_name(key, team.generation)}"
            if key not in rows:
                raise Difference(name, "it is gone", **where)
            _same_fields(name, rows.pop(key), version.data, where)
        if rows:
            raise Difference(f"{team}'s {_version_name(min(rows), team.generation)}", "no entry says it")
        present = [each for each in replay.teams.get(team.pk, ()) if each.generation == team.generation]
        if len(present) != len(replay.teams.get(team.pk, ())):
            raise Difference(
                f"{team}'s generation", f"{team.generation} is not the newest that an entry says"
            )


def _same_fields(
    name: str, found: Mapping[str, Any], expected: Mapping[str, Any], where: Mapping[str, Any]
) -> None:
    for field in found:
        if field == "note" and field not in expected:
            continue  # an entry from before notes were recorded
        require_equal(f"{name}: {field}", found[field], expected.get(field), **where)


def _check_board(competition: Competition, replay: ReplayState) -> int:
    final = competition.final_opened_at is not None
    points, counts = _sum_points(replay, final=final), _count_submissions(replay, final=final)
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
            require_close(f"board row of {row.team}: {name}", getattr(row, name), value)
        if row.submissions > competition.submissions.filter(team=row.team_id).count():
            raise Difference(f"board row of {row.team}: submissions", f"{row.submissions} are too many")
    missing = set(points) - {row.team_id for row in rows}
    if missing:
        raise Difference("board", f"team {min(missing)} has points and no row")
    published.check_intervals(competition, rows, final=final)
    return len(rows)


def _sum_points(replay: ReplayState, *, final: bool) -> dict[int, float]:
    total: dict[int, float] = defaultdict(float)
    for version in replay.shared:
        for team, gained in version.data["final_credits" if final else "credits"].items():
            total[int(team)] += gained
    return total


def _count_submissions(replay: ReplayState, *, final: bool) -> dict[int, tuple[int, int]]:
    findings = (State.CONFIRMED,) if final else Submission.SHOWN_FINDINGS
    found = Counter((known.data["team"], known.state) for known in replay.standing.values())
    teams = {team for team, _ in found}
    return defaultdict(
        lambda: (0, 0),
        {
            team: (found[team, State.ACCEPTED], sum(found[team, state] for state in findings))
            for team in teams
        },
    )
