"""API of dry runs: trying a submission on public rows, in the site's sandbox, at no cost; then sending it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.api import pagination, problems, submission_body
from bounty.api import submissions as sent
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, read_options, write_options
from bounty.api.pagination import PageQuery
from bounty.api.problems import Problem
from bounty.api.schemas import submissions as schemas
from bounty.api.schemas.common import IntervalOut, Part, interval_out
from bounty.core.errors import Refusal
from bounty.dry_runs import start
from bounty.dry_runs.results import DryRunResult
from bounty.models import Competition, DryRun, Team
from bounty.people import teams
from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.submissions import queue_position

if TYPE_CHECKING:
    from django.db.models import QuerySet

router = Router(tags=["Dry runs"])


class ResultOut(Schema):
    """On explore rows, after the close on practice rows. Mean losses from 0 to 1 with their 95% intervals."""

    rows: int
    of_rows: int
    smallest: int = Field(description="A submission's group must have so many rows.")
    before: IntervalOut | None = Field(description="The present model's loss in the group.")
    outside: IntervalOut | None = Field(description="Its loss everywhere else.")
    gap: IntervalOut | None
    after: IntervalOut | None = Field(description="The patch's loss in the group; null for a finding.")
    better: int = Field(description="Rows that the patch answers better than the present model.")
    worse: int
    gains: str = Field(description="clearly, perhaps or no")


class DryRunOut(Schema):
    id: UUID
    state: str = Field(description="queued, running, done, failed or error")
    state_words: str
    running: bool
    stage: str
    attempt: int
    created_at: datetime
    ended_at: datetime | None
    group_kind: str
    expression: str
    words: str
    patch_kind: str
    learner: str
    description: str
    notices: list[str]
    result: ResultOut | None
    failure: schemas.FailureOut | None = Field(
        description="Why it could not be run, with the whole traceback."
    )
    reproduces: UUID | None = Field(description="The failed submission that it runs again.")
    url: str


@router.get(f"{INSIDE}/dry-runs", operation_id="listDryRuns", **read_options(Part[DryRunOut], 404, 422))
def list_dry_runs(request: ApiRequest, slug: str, page: PageQuery) -> dict[str, Any]:
    """Yours of the last day, the newest first."""
    competition = visible_or_404(request, slug)
    part, after = pagination.paginate_rows(
        _own_dry_runs(request, competition), page, f"dry-runs:{competition.pk}", "created_at", "pk"
    )
    return {"items": [_dry_run_out(run, competition) for run in part], "next": after}


@router.post(
    f"{INSIDE}/dry-runs",
    operation_id="startDryRun",
    **write_options(
        DryRunOut,
        404,
        409,
        status=201,
        limit=submission_body.most_body_bytes,
        **submission_body.describe_body(),
    ),
)
def start_dry_run(request: ApiRequest, slug: str) -> Status[DryRunOut]:
    """Run a group and a patch on public rows; nothing of it is judged. Takes what a submission takes. One at a time."""
    competition = visible_or_404(request, slug)
    fields = submission_body.read_fields(request)
    form = submission_body.bind_form(request, _team(request, competition), fields)
    if form.is_valid():
        try:
            run = start.start_dry_run(competition, request.user, form.to_new_submission())
            return Status(201, _dry_run_out(run, competition))
        except Refusal as refused:
            if not refused.field:
                raise
            form.refuse(refused)
    raise problems.form_problem(form)


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/dry-run",
    operation_id="dryRunAgain",
    **write_options(DryRunOut, 404, 409, status=201),
)
def dry_run_again(request: ApiRequest, slug: str, key: UUID) -> Status[DryRunOut]:
    """Run a failed submission of your team again, dry, from its files."""
    submission = sent.own_submission_or_404(request, slug, key)
    return Status(
        201, _dry_run_out(start.reproduce_failure(submission, request.user), submission.competition)
    )


@router.get(f"{INSIDE}/dry-runs/{{uuid:key}}", operation_id="getDryRun", **read_options(DryRunOut, 404))
def get_dry_run(request: ApiRequest, slug: str, key: UUID) -> DryRunOut:
    """Where it is, and what came of it. Gone after a day."""
    competition = visible_or_404(request, slug)
    return _dry_run_out(_dry_run_or_404(request, competition, key), competition)


@router.post(
    f"{INSIDE}/dry-runs/{{uuid:key}}/submit",
    operation_id="submitDryRun",
    **write_options(schemas.SubmissionOut, 404, 409, 503, status=201),
)
def submit_dry_run(request: ApiRequest, slug: str, key: UUID) -> Status[schemas.SubmissionOut]:
    """Send what was tried as a submission, with everything kept."""
    competition = visible_or_404(request, slug)
    run = _dry_run_or_404(request, competition, key)
    team = _team(request, competition)
    made = start.submit_dry_run(run, team, request.user)
    return Status(201, schemas.submission_out(sent.reload_submission(made.pk, competition)))


def _team(request: ApiRequest, competition: Competition) -> Team:
    membership = membership_of_reader(request, competition)
    if refusal := rules.submit_refusal(request.user, competition, membership):
        raise Problem("not-allowed", refusal)
    team = teams.team_of(request.user, competition, membership)
    if team is None:
        raise Problem("conflict", _("Create or join a team in this competition before you submit."))
    return team


def _own_dry_runs(request: ApiRequest, competition: Competition) -> QuerySet[DryRun]:
    return DryRun.objects.filter(competition=competition, author=request.user)


def _dry_run_or_404(request: ApiRequest, competition: Competition, key: UUID) -> DryRun:
    """The dry run, for its author; to all others it does not exist."""
    run = get_object_or_404(_own_dry_runs(request, competition), pk=key)
    run.competition = competition
    return run


def _dry_run_out(run: DryRun, competition: Competition) -> DryRunOut:
    run.competition = competition
    return DryRunOut(
        id=run.pk,
        state=run.state,
        state_words=str(run.get_state_display()),
        running=run.is_running,
        stage=run.stage,
        attempt=run.attempt,
        created_at=run.created_at,
        ended_at=run.ended_at,
        group_kind=run.group_kind,
        expression=run.expression,
        words=run.words,
        patch_kind=run.patch_kind,
        learner=run.learner,
        description=run.description,
        notices=[str(notice) for notice in run.notices],
        result=_result(run) if run.state == DryRun.State.DONE else None,
        failure=_failure(run) if run.state == DryRun.State.FAILED else None,
        reproduces=run.reproduces_id,
        url=run.get_absolute_url(),
    )


def _result(run: DryRun) -> ResultOut:
    found = DryRunResult.from_json(run.result)
    return ResultOut(
        rows=found.rows,
        of_rows=found.of_rows,
        smallest=run.competition.smallest_group,
        before=interval_out(found.before),
        outside=interval_out(found.outside),
        gap=interval_out(found.gap),
        after=interval_out(found.after),
        better=found.better,
        worse=found.worse,
        gains=found.gains,
    )


def _failure(run: DryRun) -> schemas.FailureOut:
    known = queue_position.FAILURES.get(run.error_class)
    return schemas.FailureOut(
        error_class=run.error_class,
        title=str(known.title) if known else "",
        cause=str(known.cause) if known else "",
        advice=str(known.advice) if known else "",
        detail=run.error_detail,
    )
