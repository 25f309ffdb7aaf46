"""Allowances of people: submissions of a day, certification queries, failures and noised verdicts.

What is sent counts for its author, in whatever team of the competition, and for the team that it is sent for. A team
has used as much as whichever is most: what was sent for it, or what one of its members sent for any team. So nobody
gains by leaving a team, by founding another, or by passing members through one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q, QuerySet, Sum

from bounty.models import Competition, LedgerQuery, Participation, Submission, Team, TeamMember
from evaluator.adjudication.gate import gate_after
from evaluator.adjudication.planner import share_of_team

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from bounty.models import DryRun

DAY = timedelta(hours=24)
# Withdrawing gives quota back, but sending and withdrawing for ever must not keep the workers busy.
SENT_PER_QUOTA = 3


@dataclass(frozen=True)
class _Used:
    """So much was used in one submission of this team, by this author."""

    team: int
    author: int
    amount: int = 1


def _people_of(team: Team, author: int | None) -> set[int]:
    """Ids of the team's members, and of the author of what is asked about, who may have left it."""
    members = set(TeamMember.objects.filter(team=team).values_list("user", flat=True))
    return members if author is None else members | {author}


def _most_used(used: Iterable[_Used], team: Team, people: set[int]) -> int:
    """The most that the team, or one of these people in any team, has used."""
    by_team, by_person = 0, Counter[int]()
    for each in used:
        by_team += each.amount if each.team == team.pk else 0
        by_person[each.author] += each.amount
    return max([by_team, *(by_person[person] for person in people)])


# --- submissions of a day -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class DailyQuota:
    """The submissions that a team may still send now; `possible_from` where it may send none."""

    left: int
    possible_from: datetime | None = None
    of_member: bool = False  # used up by what a member sent for another team


def daily_quota(team: Team, now: datetime) -> DailyQuota:
    """The team's quota of 24 hours."""
    competition, people = team.competition, _people_of(team, None)
    rows = Submission.objects.filter(competition=competition, created_at__gte=now - DAY)
    sent = list(rows.filter(Q(team=team) | Q(author__in=people)).order_by("created_at"))
    most = competition.submissions_per_day
    by_team = _quota_of([each for each in sent if each.team_id == team.pk], most)
    by_members = [_quota_of([each for each in sent if each.author_id == person], most) for person in people]
    later = [each.possible_from for each in by_members if each.possible_from is not None]
    if by_team.possible_from is None and later:
        return DailyQuota(0, max(later), of_member=True)
    possible = (
        None if by_team.possible_from is None else max(by_team.possible_from, *later, by_team.possible_from)
    )
    return DailyQuota(min(each.left for each in (by_team, *by_members)), possible)


def _quota_of(sent: Sequence[Submission], most: int) -> DailyQuota:
    """What is left of a quota after these submissions of 24 hours, oldest first."""
    counted = sum(not each.quota_returned for each in sent)
    if counted < most and len(sent) < SENT_PER_QUOTA * most:
        return DailyQuota(most - counted)
    return DailyQuota(0, sent[0].created_at + DAY if sent else None)


# --- certification queries ----------------------------------------------------------------------------------------
def refused_allowed(competition: Competition) -> int | None:
    """The refused queries that a team may have: its share of what the blocks can answer at the target gain, as the
    plan said before the opening. None for no such bound.
    """
    capacity = competition.plan.capacity
    if competition.rule_version == 1 or capacity is None:
        return None
    return share_of_team(capacity)


def queries_left(team: Team, author: int | None = None, but: LedgerQuery | None = None) -> int:
    """How many certification queries the team may still ask, as if `but` had not been asked; below 0 where it was
    allowed more before.

    By the rule of 2026-11 a failure on secret rows publishes a bit and counts as one.
    """
    competition, people = team.competition, _people_of(team, author)
    asked = _asked_by(team, people, but)
    used = _used(asked)
    if competition.rule_version == 1:
        used += _failures_of(team, people)
    left = competition.queries_per_team - _most_used(used, team, people)
    if (most := refused_allowed(competition)) is None:
        return left
    return min(left, most - _most_used(_used(_refused(asked)), team, people))


def _asked_by(team: Team, people: set[int], but: LedgerQuery | None) -> QuerySet[LedgerQuery]:
    """The queries of the team, and of these people in any team, without `but`."""
    asked = LedgerQuery.objects.filter(submission__competition=team.competition_id)
    asked = asked.filter(Q(submission__team=team) | Q(submission__author__in=people))
    return asked if but is None else asked.exclude(pk=but.pk)


def _refused(asked: QuerySet[LedgerQuery]) -> QuerySet[LedgerQuery]:
    """Those that were not accepted, harm seen among them."""
    return asked.exclude(symbol=LedgerQuery.Symbol.ACCEPTED)


def _used(asked: QuerySet[LedgerQuery]) -> list[_Used]:
    counted = asked.order_by().values_list("submission__team", "submission__author").annotate(Count("pk"))
    return [_Used(*row) for row in counted]


def gate_chance_for(submission: Submission, but: LedgerQuery | None = None) -> float:
    """The predicted chance below which no query of this submission is asked, as if `but` had not been asked.

    It rises with each refused query (harm seen among them) of whoever had most refused, team or person, and stays.
    """
    competition = submission.competition
    if competition.rule_version == 1:
        return competition.gate_chance
    people = _people_of(submission.team, submission.author_id)
    refused = _used(_refused(_asked_by(submission.team, people, but)))
    return gate_after(_most_used(refused, submission.team, people), competition.gate_chance)


# --- failures and verdicts ----------------------------------------------------------------------------------------
def count_failures_on_secret(team: Team) -> int:
    """How many submissions of the team, or of one of its members in any team, failed on secret rows alone (rule of
    2026-11).
    """
    people = _people_of(team, None)
    return _most_used(_failures_of(team, people), team, people)


def _failures_of(team: Team, people: set[int]) -> list[_Used]:
    failed = Submission.objects.filter(competition=team.competition_id, failed_on_secret_rows=True)
    failed = failed.filter(Q(team=team) | Q(author__in=people))
    return [_Used(*row) for row in failed.order_by().values_list("team", "author").annotate(Count("pk"))]


def verdicts_left(team: Team, author: int | None = None) -> int | None:
    """How many noised verdicts the team may still be told, those on their way counted as told; None for any number,
    where figures have no noise.
    """
    competition = team.competition
    if competition.rule_version == 1 or not competition.noise_scale:
        return None
    people = _people_of(team, author)
    rows = Submission.objects.filter(competition=competition).filter(Q(team=team) | Q(author__in=people))
    told = rows.order_by().values_list("team", "author").annotate(Sum("verdicts_told"))
    coming = rows.filter(state__in=Submission.RUNNING).order_by().values_list("team", "author")
    used = [_Used(*row) for row in (*told, *coming.annotate(Count("pk")))]
    return max(0, competition.verdicts_per_person - _most_used(used, team, people))


def count_verdict_told(submission: Submission) -> None:
    """Write that one more verdict was told of the submission, where its figures have noise."""
    competition = submission.competition
    if competition.rule_version == 1 or not competition.noise_scale:
        return
    Submission.objects.filter(pk=submission.pk).update(verdicts_told=F("verdicts_told") + 1)


def practice_left(competition: Competition, person: User) -> int | None:
    """How many results of practice after the close this person may still be told: they share the ceiling of their own
    submissions' verdicts. None for any number, where figures have no noise.
    """
    if competition.rule_version == 1 or not competition.noise_scale:
        return None
    sent = Submission.objects.filter(competition=competition, author=person)
    told = sent.aggregate(told=Sum("verdicts_told", default=0))["told"]
    entered = Participation.objects.filter(competition=competition, user=person)
    told += sum(entered.values_list("measured_dry_runs", flat=True))
    return max(0, competition.verdicts_per_person - told)


def count_practice_told(run: DryRun) -> None:
    """Write that the result of one practice run was told to its author: the run itself is deleted after a day."""
    entered = Participation.objects.filter(competition=run.competition_id, user=run.author_id)
    entered.update(measured_dry_runs=F("measured_dry_runs") + 1)
