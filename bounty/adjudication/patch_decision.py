"""The decision on a patch by the rule that its competition opened with: the one place that chooses between rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bounty.ledger import allowance, blocks, present_block
from bounty.ledger.acceptance_rule import rule_of
from bounty.ledger.sampling import load_sampling
from bounty.models import LedgerQuery, Submission, TeamVersion
from bounty.shared_model import arrays, publish
from bounty.shared_model.group_wording import describe_place
from bounty.shared_model.practice_noise import noise_of, own_model_noise
from evaluator.adjudication import acceptance as present
from evaluator.adjudication import case as present_case
from evaluator.adjudication.own_model import extend_own_model
from evaluator.adjudication.rule_2026_11 import acceptance as rule_2026_11
from evaluator.decision_list.repairs import Step

if TYPE_CHECKING:
    from bounty.models import CertificationBlock

Decision = present_case.Decision | rule_2026_11.Decision
QueryResult = present_case.QueryResult | rule_2026_11.QueryResult


def decide_patch(
    submission: Submission, shared: arrays.CurrentList, step: Step, *, asks: bool = True
) -> Decision:
    """The decision on a patch against the shared model as it is. `asks`: False lets what passes the gate wait."""
    left = allowance.queries_left(submission.team, submission.author_id)
    if submission.competition.rule_version == 1:
        return rule_2026_11.judge_patch(_case_of_2026_11(submission, shared, step, left))
    return present.judge_patch(_case(submission, shared, step, left, asks))


def record_query(submission: Submission, block: CertificationBlock, query: QueryResult) -> int:
    """Write the answered query; returns the bits that its answer is charged for beside its place in the string."""
    answer: dict[str, Any] = {
        "number": query.number,
        "accepted_before": query.accepted_before,
        "log_inverse_delta": query.log_inverse_delta,
        "passed": query.passed,
    }
    if isinstance(query, rule_2026_11.QueryResult):
        answer["extra_bits"], bits = query.extra_bits, query.alarm_bits
    else:
        bits = 0
        answer |= {
            "symbol": query.symbol,
            "chance": query.chance,
            "log_probability": query.log_probability,
            "test": query.test,
            "bet_weight": query.bet_weight,
        }
    LedgerQuery.objects.create(block=block, submission=submission, **answer)
    return bits


def extend_team(submission: Submission, step: Step) -> TeamVersion | None:
    """The team's new version where the patch gains on practice rows, once a submission; else None."""
    team = submission.team
    taken = team.versions.current().filter(submission=submission).first()
    if taken is not None:
        return taken
    own, practice = arrays.load_team_list(team), arrays.load_practice(submission.competition)
    if submission.competition.rule_version == 1:
        candidate = rule_2026_11.team_candidate(own.head, own.published, step, own.protected, practice)
        told = None
    else:
        noise = own_model_noise(submission.competition, submission.pk, team.generation)
        arguments = (own.head, own.published, step, own.protected, practice, noise)
        candidate, told = extend_own_model(*arguments, own.newest.practice_loss) or (None, None)
    if candidate is None:
        return None
    return publish.publish_team_version(
        team,
        submission,
        (*own.newest.nodes, *candidate.added),
        candidate,
        number=len(own.versions),
        generation=team.generation,
        practice_loss=told,
    )


def _case(
    submission: Submission,
    shared: arrays.CurrentList,
    step: Step,
    queries_left: int,
    asks: bool,
) -> present_case.Case:
    competition, newest = submission.competition, shared.newest
    return present_case.Case(
        step=step,
        head=shared.head,
        published=shared.published,
        protected=shared.protected,
        practice=arrays.load_practice(competition),
        sampling=load_sampling(competition, "practice"),
        certification=present_block.load_certification(competition),
        noise=noise_of(competition, submission.pk, newest.generation, newest.number),
        rule=rule_of(competition),
        gate_chance=allowance.gate_chance_for(submission),
        cells=present_block.load_declared_cells(competition, competition.open_block()),
        queries_left=queries_left,
        asks=asks,
        place=describe_place(submission),
        names=shared.names,
    )


def _case_of_2026_11(
    submission: Submission, shared: arrays.CurrentList, step: Step, queries_left: int
) -> rule_2026_11.Case:
    competition = submission.competition
    return rule_2026_11.Case(
        step=step,
        head=shared.head,
        published=shared.published,
        protected=shared.protected,
        practice=arrays.load_practice(competition),
        certification=blocks.load_certification(competition),
        rule=rule_of(competition),
        queries_left=queries_left,
        place=describe_place(submission),
        names=shared.names,
    )
