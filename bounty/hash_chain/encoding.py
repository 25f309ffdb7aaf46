"""JSON of the database's rows for the chain: small, with long values as their digests."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID

from bounty.hash_chain.query_seal import seal_query
from bounty.hash_chain.retest import Retest
from bounty.ledger.acceptance_rule import rule_of
from bounty.models import (
    CertificationBlock,
    Competition,
    Credit,
    ModelVersion,
    Outcome,
    Submission,
    Team,
    TeamVersion,
    Verdict,
)
from bounty.models.stored_files import StoredFile
from bounty.shared_model import arrays as version_arrays
from evaluator.adjudication.rule import Rule

Outcomes = Mapping[UUID, Outcome]


def canonical_json(value: Any) -> str:
    """Returns JSON with sorted keys and no spaces; a float as Python's repr, which comes back to the bit."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value: Any) -> str:
    """Returns the SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def table_json(competition: Competition) -> dict[str, Any]:
    """Returns the table, loss, base model and declared groups, which never change once the base is published.

    The columns' words do change, until the opening, and are left out.
    """
    return {
        "tables": competition.tables_json,
        "layout": competition.layout_json,
        "loss": competition.loss_json,
        "base": competition.base_json,
        "declared": [
            {"key": group.key, "mask": stored_file_json(group.stored_mask)}
            for group in competition.declared_groups.all()
        ],
    }


def rule_json(competition: Competition) -> dict[str, Any]:
    """Returns the acceptance rule and the settings of its tests: what decides beside the arrays."""
    rule = asdict(rule_of(competition))
    if competition.rule_version == 1:  # as its entries always were
        del rule["version"]
    else:
        rule |= {name: getattr(competition, name) for name in ("fixed_blocks", "unit_rows", "noise_scale")}
        # By how much a changed row's loss is supposed to move: what a block can still show depends on it.
        rule["loss_size"] = competition.plan.loss_size
    return {
        **rule,
        "delta": competition.delta,
        "tolerance": competition.tolerance,
        "smallest_group": competition.smallest_group,
        "target_gain": competition.target_gain,
    }


def version_of(recorded: Mapping[str, Any]) -> int:
    """Returns the version of a rule in an entry; entries from before versions are of version 1."""
    return int(recorded.get("version", 1))


def rule_from_json(recorded: Mapping[str, Any]) -> Rule:
    """Returns the rule that `rule_json` wrote into an entry."""
    known = {**recorded, "version": version_of(recorded)}
    return Rule(**{field.name: known[field.name] for field in fields(Rule)})


def blocks_json(competition: Competition) -> dict[str, Any]:
    """Returns each block's ledger and state, by its number; by the present rule with the retests of corrections."""
    return {str(block.number): block_json(competition, block) for block in competition.blocks.all()}


def block_json(competition: Competition, block: CertificationBlock) -> dict[str, Any]:
    """Returns one block's ledger and state."""
    told = {} if competition.rule_version == 1 else {"retests": block.retests_json}
    return block.as_ledger_json() | {"state": block.state} | told


def stored_file_json(stored: StoredFile) -> dict[str, Any]:
    """Returns a stored file's path and digest, with the table's correction where there was one."""
    # Of which rows, where the table was corrected before it was stored.
    corrected = {"table": stored.table} if stored.table else {}
    return {"path": stored.path, "sha256": stored.sha256} | corrected


def shared_model_json(competition: Competition) -> dict[str, Any]:
    """Returns the current generation of the shared model."""
    versions = competition.versions.current().order_by("number")
    return {
        "generation": competition.generation,
        "versions": versions_json(list(versions.select_related("submission"))),
    }


def versions_json(versions: Sequence[ModelVersion]) -> list[dict[str, Any]]:
    """Returns versions of the shared model, from few queries; they carry their submissions."""
    outcomes = version_arrays.newest_outcomes(
        [version.submission for version in versions if version.submission]
    )
    credited: dict[tuple[int, bool], dict[str, float]] = defaultdict(dict)
    for credit in Credit.objects.filter(version__in=[version.pk for version in versions]):
        credited[credit.version_id, credit.final][str(credit.team_id)] = credit.points
    return [
        _entered(version.submission, outcomes)
        | {
            "number": version.number,
            "nodes": digest(version.nodes_json),
            "predictions": stored_file_json(version.stored_predictions),
            "practice_loss": version.practice_loss,
            "explore_loss": version.explore_loss,
            "final_loss": version.final_loss,
            "groups": digest(version.groups),
            "note": digest(version.note),
            "credits": credited.get((version.pk, False), {}),
            "final_credits": credited.get((version.pk, True), {}),
        }
        for version in versions
    ]


def version_json(version: ModelVersion) -> dict[str, Any]:
    """Returns one version of the shared model."""
    return versions_json([version])[0]


def team_model_json(team: Team) -> dict[str, Any]:
    """Returns the current generation of a team's own model."""
    own = team.versions.current().order_by("number")
    return {
        "team": team.pk,
        "generation": team.generation,
        "versions": team_versions_json(list(own.select_related("submission"))),
    }


def team_versions_json(versions: Sequence[TeamVersion]) -> list[dict[str, Any]]:
    """Returns versions of a team's own model, from few queries; they carry their submissions."""
    outcomes = version_arrays.newest_outcomes(
        [version.submission for version in versions if version.submission]
    )
    return [
        _entered(version.submission, outcomes)
        | {
            "generation": version.generation,
            "number": version.number,
            "nodes": digest(version.nodes_json),
            "predictions": stored_file_json(version.stored_predictions),
            "practice_loss": version.practice_loss,
        }
        for version in versions
    ]


def team_version_json(version: TeamVersion) -> dict[str, Any]:
    """Returns one version of a team's own model."""
    return team_versions_json([version])[0]


def retest_json(retest: Retest) -> dict[str, Any]:
    """Returns an accepted entry's own test, run again, with the two versions that were certified.

    By the present rule the level is not told: it follows from the query's sealed chance.
    """
    told = {"level": retest.level} if retest.number is None else {"number": retest.number}
    return {
        "submission": str(retest.submission.pk),
        "block": retest.block,
        **told,
        "before": stored_file_json(retest.before.stored_predictions),
        "after": stored_file_json(retest.after.stored_predictions),
        "guarded": [str(each.pk) for each in retest.guarded],
        "kept": retest.kept,
    }


def _entered(submission: Submission | None, outcomes: Outcomes | None = None) -> dict[str, Any]:
    if submission is None:
        return {"submission": None, "team": None, "sent": None, "arrays": {}}
    outcome = (outcomes or {}).get(submission.pk) or version_arrays.newest_outcome(submission)
    return {
        "submission": str(submission.pk),
        "team": submission.team_id,
        "sent": submission.created_at.isoformat(),
        "arrays": arrays_json(outcome),
    }


def arrays_json(outcome: Outcome) -> dict[str, Any]:
    """Returns an outcome's stored arrays by their names."""
    return {name: stored_file_json(stored) for name, stored in outcome.stored_arrays.items()}


def decision_json(submission: Submission, found: Verdict, outcomes: Outcomes | None = None) -> dict[str, Any]:
    """Returns a submission and its verdict, with the digests of what the verdict was computed from."""
    return _entered(submission, outcomes) | {
        "number": submission.number,
        "finding": submission.is_finding,
        "state": submission.state,
        "decided": submission.decided_at.isoformat() if submission.decided_at else None,
        "uploads": {name: stored.sha256 for name, stored in submission.stored_files.items()},
        "practice": digest(found.practice),
        "sentence": digest(found.sentence),
        "passed_gate": found.passed_gate,
    }


def standing_json(found: Verdict) -> dict[str, Any]:
    """Returns a verdict as it stands, for the first entry and for corrections: no list or block it was judged on."""
    submission = found.submission
    arrays = submission.outcomes.exists()
    measured = found.finding_feedback
    known = (
        decision_json(submission, found) if arrays else {"submission": str(submission.pk), "finding": False}
    )
    return (
        known
        | confirmation_json(submission, found)
        | {
            "state": submission.state,
            "sentence": digest(found.sentence),
            "team": submission.team_id,
            "p_value": measured.p_value if measured else None,
            "counts": bool(measured and measured.counts),
        }
    )


def final_json(submission: Submission) -> dict[str, Any]:
    """Returns a finding as the close left it, with its test on final rows."""
    return {
        "submission": str(submission.pk),
        "state": submission.state,
        "sentence": digest(submission.verdict.sentence),
    } | confirmation_json(submission, submission.verdict)


def confirmation_json(submission: Submission, found: Verdict) -> dict[str, Any]:
    """Returns when a finding was confirmed, and its test on final rows; nothing where neither is."""
    said: dict[str, Any] = {"final": found.final} if found.final else {}
    return said | ({"confirmed": submission.confirmed_at.isoformat()} if submission.confirmed_at else {})


def query_json(submission: Submission) -> dict[str, Any]:
    """Returns the submission's newest certification query; by the present rule its symbol, the rest sealed."""
    query = submission.queries.select_related("block").order_by("-pk").first()
    assert query is not None  # noqa: S101 - it was booked in this transaction
    if query.symbol:
        return {
            "block": query.block.number,
            "number": query.number,
            "accepted_before": query.accepted_before,
            "symbol": query.symbol,
            "passed": query.passed,
            "sealed": seal_query(submission.competition, query.block.number, query, query.gap_test),
        } | ({"asked_against": query.asked_against} if query.asked_against else {})
    return {
        "block": query.block.number,
        "number": query.number,
        "accepted_before": query.accepted_before,
        "extra_bits": query.extra_bits,
        "log_inverse_delta": query.log_inverse_delta,
        "passed": query.passed,
    } | ({"gap_test": query.gap_test} if query.gap_test else {})
