"""The chain of a competition: everything that moved its models, points or budget, each entry over the one before.

An entry is written in the transaction of what it records, under the competition's lock. Together with the stored
arrays the entries say enough to decide everything again (bounty.verification); nothing is ever read from here to
decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bounty.hash_chain.encoding import (
    Outcomes,
    blocks_of,
    canonical,
    decided_of,
    digest,
    own_version,
    query_of,
    retest_of,
    rule_json,
    shared_of,
    standing_of,
    table_of,
    team_of,
    version_of,
)
from bounty.hash_chain.retest import Retest
from bounty.ledger import blocks
from bounty.models import ChainEntry, Competition, Submission, TableCorrection, Team, Verdict

State = Submission.State


def first_previous(competition: Competition) -> str:
    """What the first entry holds as the digest before it: it binds the chain to its competition."""
    return digest(str(competition.key))


def digest_of(previous: str, number: int, kind: str, payload: str) -> str:
    """An entry's digest."""
    return hashlib.sha256("\n".join((previous, str(number), kind, payload)).encode()).hexdigest()


def append(competition: Competition, kind: str, payload: Mapping[str, Any]) -> ChainEntry:
    """Write the next entry. The caller holds the competition's lock, in the transaction of what is recorded."""
    newest = ChainEntry.objects.filter(competition=competition).order_by("-number").first()
    entry = following(competition, newest, kind, payload)
    entry.save(force_insert=True)
    return entry


def following(
    competition: Competition, newest: ChainEntry | None, kind: str, payload: Mapping[str, Any]
) -> ChainEntry:
    """The entry after the newest one, which is not saved yet."""
    number = newest.number + 1 if newest else 0
    previous = newest.digest if newest else first_previous(competition)
    text = canonical(payload)
    return ChainEntry(
        competition=competition,
        number=number,
        kind=kind,
        payload=text,
        previous=previous,
        digest=digest_of(previous, number, kind, text),
    )


# --- what is recorded --------------------------------------------------------------------------------------------
def begin(competition: Competition) -> None:
    """The first entry: how everything stands. Before anything moves; later calls do nothing.

    For a new competition that is its base model; one that is older than its chain begins with what it has by then.
    """
    if ChainEntry.objects.filter(competition=competition).exists():
        return
    if not competition.versions.exists():
        return
    append(
        competition,
        "start",
        {
            "table": table_of(competition),
            "rule": rule_json(competition),
            "blocks": blocks_of(competition),
            "shared": shared_of(competition),
            "teams": [team_of(team) for team in competition.teams.order_by("pk")],
            "decided": [standing_of(verdict) for verdict in _verdicts(competition)],
        },
    )


def verdict(submission: Submission, found: Verdict) -> None:
    """A patch or finding was decided. Called last in its transaction, so that the rows say what was written."""
    competition = submission.competition
    left = competition.queries_per_team - blocks.allowance_used(submission.team)
    append(competition, "verdict", of_verdict(submission, found, left + int(found.queried)))


def of_verdict(
    submission: Submission, found: Verdict, queries_left: int, outcomes: Outcomes | None = None
) -> dict[str, Any]:
    """What an entry says of a verdict. `queries_left`: of the team's allowance, before it asked."""
    competition = submission.competition
    payload = decided_of(submission, found, outcomes) | {
        "rule": rule_json(competition),
        "blocks": blocks_of(competition),
        "generation": found.generation,
        "head": found.head_number,
        "block": found.block_number,
        "query": query_of(submission) if found.queried else None,
        "queries_left": queries_left,
        "version": None,
        "team_version": own_version(found.team_version) if found.team_version else None,
    }
    if submission.state == State.ACCEPTED:
        made = competition.versions.current().get(submission=submission)
        payload["version"] = version_of(made)
    return payload


def undecided(submission: Submission) -> None:
    """It came too late: the competition closed before it could be judged."""
    found = Verdict.objects.get(submission=submission)
    append(
        submission.competition,
        "undecided",
        {
            "submission": str(submission.pk),
            "team": submission.team_id,
            "state": submission.state,
            "sentence": digest(found.sentence),
        },
    )


def charged(submission: Submission) -> None:
    """A failure on secret rows was charged to the blocks as an extra bit."""
    competition = submission.competition
    append(
        competition,
        "charge",
        {
            "submission": str(submission.pk),
            "team": submission.team_id,
            "state": submission.state,
            "rule": rule_json(competition),
            "blocks": blocks_of(competition),
        },
    )


def rebuilt(submission: Submission, reason: str, by: str) -> None:
    """A submission was disqualified; the lists and points as they stand without it."""
    competition, team = submission.competition, Team.objects.get(pk=submission.team_id)
    append(
        competition,
        "disqualified",
        {
            "submission": str(submission.pk),
            "team": submission.team_id,
            "reason": reason,
            "by": by,
            "rule": rule_json(competition),
            "shared": shared_of(competition),
            "own": team_of(team),
        },
    )


def rolled_back(
    competition: Competition, number: int, withdrawn: Iterable[Submission], reason: str, by: str
) -> None:
    """The shared model went back to a version; the submissions accepted after it no longer count."""
    sentences = Verdict.objects.in_bulk([each.pk for each in withdrawn], field_name="submission_id")
    append(
        competition,
        "rolled back",
        {
            "to": number,
            "reason": reason,
            "by": by,
            "rule": rule_json(competition),
            "shared": shared_of(competition),
            "withdrawn": {str(pk): digest(found.sentence) for pk, found in sentences.items()},
        },
    )


def corrected(
    made: TableCorrection, tested: Sequence[Retest], findings: Iterable[Submission], teams: Sequence[Team]
) -> None:
    """The table was corrected: what was tested and judged again, and how everything stands on the new table."""
    competition = made.competition
    dropped = [each.submission.pk for each in tested if not each.kept]
    sentences = Verdict.objects.filter(submission__in=dropped)
    judged = Verdict.objects.filter(submission__in=list(findings)).select_related("submission")
    append(
        competition,
        "corrected",
        {
            "number": made.number,
            "reason": made.reason,
            "by": made.by,
            "counts": made.counts,
            "erases": made.erases,
            "closed": competition.is_closed,
            "table": table_of(competition),
            "rule": rule_json(competition),
            "blocks": blocks_of(competition),
            "tested": [retest_of(each) for each in tested],
            "dropped": {str(each.submission_id): digest(each.sentence) for each in sentences},
            "findings": [
                standing_of(each) for each in judged.order_by("submission__decided_at", "submission__number")
            ],
            "shared": shared_of(competition),
            "teams": [team_of(team) for team in teams],
        },
    )


def closed(competition: Competition) -> None:
    """The final rows were opened: final losses and points."""
    append(
        competition,
        "closed",
        {"final": competition.tables.labels["final"].sha256, "shared": shared_of(competition)},
    )


def _verdicts(competition: Competition) -> Iterable[Verdict]:
    return (
        Verdict.objects.filter(submission__competition=competition)
        .select_related("submission__team")
        .order_by("submission__number")
    )
