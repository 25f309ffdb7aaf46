"""The hash chain's log: every move of a competition's models, points or budget as an entry over the one before.

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
    blocks_json,
    canonical_json,
    decision_json,
    digest,
    final_json,
    query_json,
    retest_json,
    rule_json,
    shared_model_json,
    standing_json,
    table_json,
    team_model_json,
    team_version_json,
    version_json,
)
from bounty.hash_chain.query_seal import opened_queries
from bounty.hash_chain.retest import Retest
from bounty.ledger import allowance
from bounty.models import (
    ChainEntry,
    Competition,
    LedgerQuery,
    Submission,
    TableCorrection,
    Team,
    Verdict,
)

State = Submission.State


def genesis_digest(competition: Competition) -> str:
    """Returns the digest that the first entry holds as the previous one: it binds the chain to its competition."""
    return digest(str(competition.key))


def entry_digest(previous: str, number: int, kind: str, payload: str) -> str:
    """Returns an entry's digest: SHA-256 over the previous digest, number, kind and payload."""
    return hashlib.sha256("\n".join((previous, str(number), kind, payload)).encode()).hexdigest()


def append_entry(competition: Competition, kind: str, payload: Mapping[str, Any]) -> ChainEntry:
    """Writes the next entry. The caller holds the competition's lock, in the transaction of what is recorded."""
    newest = ChainEntry.objects.filter(competition=competition).order_by("-number").first()
    entry = next_entry(competition, newest, kind, payload)
    entry.save(force_insert=True)
    return entry


def next_entry(
    competition: Competition, newest: ChainEntry | None, kind: str, payload: Mapping[str, Any]
) -> ChainEntry:
    """Returns the entry after the newest one, not saved yet."""
    number = newest.number + 1 if newest else 0
    previous = newest.digest if newest else genesis_digest(competition)
    text = canonical_json(payload)
    return ChainEntry(
        competition=competition,
        number=number,
        kind=kind,
        payload=text,
        previous=previous,
        digest=entry_digest(previous, number, kind, text),
    )


# --- what is recorded --------------------------------------------------------------------------------------------
def start_chain(competition: Competition) -> None:
    """Writes the first entry: the competition's whole state. Before anything moves; later calls do nothing.

    For a new competition that is its base model; one that is older than its chain begins with what it has by then.
    """
    if ChainEntry.objects.filter(competition=competition).exists():
        return
    if not competition.versions.exists():
        return
    append_entry(
        competition,
        "start",
        {
            "table": table_json(competition),
            "rule": rule_json(competition),
            "blocks": blocks_json(competition),
            "shared": shared_model_json(competition),
            "teams": [team_model_json(team) for team in competition.teams.order_by("pk")],
            "decided": [standing_json(verdict) for verdict in _verdicts(competition)],
        },
    )


def record_verdict(submission: Submission, found: Verdict) -> None:
    """Writes a verdict. Called last in its transaction, for it reads the rows that were written."""
    asked = submission.queries.order_by("-pk").first() if found.queried else None
    left = allowance.queries_left(submission.team, submission.author_id, but=asked)
    append_entry(submission.competition, "verdict", verdict_json(submission, found, left, but=asked))


def verdict_json(
    submission: Submission,
    found: Verdict,
    queries_left: int,
    outcomes: Outcomes | None = None,
    but: LedgerQuery | None = None,
) -> dict[str, Any]:
    """Returns the entry of a verdict. `queries_left`: of the team's allowance, before its query, which is `but`."""
    competition = submission.competition
    payload = decision_json(submission, found, outcomes) | {
        "rule": rule_json(competition),
        "blocks": blocks_json(competition),
        "generation": found.generation,
        "head": found.head_number,
        "block": found.block_number,
        "query": query_json(submission) if found.queried else None,
        "queries_left": queries_left,
        "version": None,
        "team_version": team_version_json(found.team_version) if found.team_version else None,
    }
    if competition.rule_version != 1 and not submission.is_finding:
        # What decided beside arrays and rule: the author's gate, and whether what passed it had to wait.
        payload["gate_chance"] = allowance.gate_chance_for(submission, but=but)
        payload["asks"] = found.practice.get("reason") != "waiting"
    if competition.rule_version != 1 and submission.is_finding:
        payload["finding_number"] = found.practice["number"]  # j, which its level follows from
    if submission.state == State.ACCEPTED:
        made = competition.versions.current().get(submission=submission)
        payload["version"] = version_json(made)
    return payload


def record_finding_query(submission: Submission, queries_left: int) -> None:
    """Writes the certification query of a finding. `queries_left`: of the team's allowance, before it."""
    competition, query = submission.competition, query_json(submission)
    append_entry(
        competition,
        "finding asked",
        final_json(submission)
        | {
            "team": submission.team_id,
            "generation": submission.verdict.generation,
            "head": submission.verdict.head_number,
            "block": query["block"],
            "query": query,
            "queries_left": queries_left,
            "rule": rule_json(competition),
            "blocks": blocks_json(competition),
        },
    )


def record_undecided(submission: Submission) -> None:
    """Writes that a submission came too late: the competition closed before it could be judged."""
    found = Verdict.objects.get(submission=submission)
    append_entry(
        submission.competition,
        "undecided",
        {
            "submission": str(submission.pk),
            "team": submission.team_id,
            "state": submission.state,
            "sentence": digest(found.sentence),
        },
    )


def record_charge(submission: Submission) -> None:
    """Writes that a failure on secret rows was charged to the blocks as an extra bit."""
    competition = submission.competition
    append_entry(
        competition,
        "charge",
        {
            "submission": str(submission.pk),
            "team": submission.team_id,
            "state": submission.state,
            "rule": rule_json(competition),
            "blocks": blocks_json(competition),
        },
    )


def record_disqualification(submission: Submission, reason: str, by: str) -> None:
    """Writes a submission's disqualification, and the lists and points as they stand without it."""
    competition, team = submission.competition, Team.objects.get(pk=submission.team_id)
    append_entry(
        competition,
        "disqualified",
        {
            "submission": str(submission.pk),
            "team": submission.team_id,
            "reason": reason,
            "by": by,
            "rule": rule_json(competition),
            "shared": shared_model_json(competition),
            "own": team_model_json(team),
        },
    )


def record_rollback(
    competition: Competition, number: int, withdrawn: Iterable[Submission], reason: str, by: str
) -> None:
    """Writes the shared model's return to a version, and the submissions withdrawn by it."""
    sentences = Verdict.objects.in_bulk([each.pk for each in withdrawn], field_name="submission_id")
    append_entry(
        competition,
        "rolled back",
        {
            "to": number,
            "reason": reason,
            "by": by,
            "rule": rule_json(competition),
            "shared": shared_model_json(competition),
            "withdrawn": {str(pk): digest(found.sentence) for pk, found in sentences.items()},
        },
    )


def record_correction(
    made: TableCorrection, tested: Sequence[Retest], findings: Iterable[Submission], teams: Sequence[Team]
) -> None:
    """Writes a correction of the table: retests, findings judged again, and all lists on the new table."""
    competition = made.competition
    # A finding's confirmation falls; it is among the findings below.
    dropped = [each.submission.pk for each in tested if not (each.kept or each.submission.is_finding)]
    sentences = Verdict.objects.filter(submission__in=dropped)
    judged = Verdict.objects.filter(submission__in=list(findings)).select_related("submission")
    append_entry(
        competition,
        "corrected",
        {
            "number": made.number,
            "reason": made.reason,
            "by": made.by,
            "counts": made.counts,
            "erases": made.erases,
            "closed": competition.is_closed,
            "table": table_json(competition),
            "rule": rule_json(competition),
            "blocks": blocks_json(competition),
            "tested": [retest_json(each) for each in tested],
            "dropped": {str(each.submission_id): digest(each.sentence) for each in sentences},
            "findings": [
                standing_json(each)
                for each in judged.order_by("submission__decided_at", "submission__number")
            ],
            "shared": shared_model_json(competition),
            "teams": [team_model_json(team) for team in teams],
        },
    )


def record_close(competition: Competition, findings: Sequence[Submission] = ()) -> None:
    """Writes the opening of the final rows: findings tested on them, final losses and points; by the present rule also
    what each query was asked with.
    """
    told = {} if competition.rule_version == 1 else {"queries": opened_queries(competition)}
    tested = [final_json(each) for each in findings]
    append_entry(
        competition,
        "closed",
        {"final": competition.tables.labels["final"].sha256, "shared": shared_model_json(competition)}
        | ({"findings": tested} if tested else {})
        | told,
    )


def _verdicts(competition: Competition) -> Iterable[Verdict]:
    return (
        Verdict.objects.filter(submission__competition=competition)
        .select_related("submission__team")
        .order_by("submission__number")
    )
