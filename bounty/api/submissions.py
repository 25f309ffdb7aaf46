"""API of submissions: send one, follow it, take it back, ask again, fetch its files."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.responses import Status

from bounty.adjudication import finding_query
from bounty.api import files, pagination, problems, submission_body
from bounty.api.auth import ApiRequest
from bounty.api.operations import INSIDE, read_options, write_options
from bounty.api.pagination import Page
from bounty.api.problems import Problem
from bounty.api.schemas import submissions as schemas
from bounty.api.schemas.common import Part
from bounty.core.errors import Refusal
from bounty.models import Competition, Submission, Team
from bounty.people import teams
from bounty.permissions import rules, visibility
from bounty.permissions.lookup import submission_or_404, visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.submissions import file_download, idempotency
from bounty.submissions import submit as submissions_submit
from bounty.submissions.state_filters import STATE_FILTERS

router = Router(tags=["Submissions"])

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 200
KEY = {
    "in": "header",
    "name": KEY_HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    "description": "Any text of your own. Sending the same request with it again does not send twice (24 hours).",
}
State = Submission.State


class MineQuery(Page):
    """`?state=` as the filter of the page has it."""

    state: Literal["running", "held", "accepted", "not-shown", "harm", "failed", "other"] | None = None


@router.get(
    f"{INSIDE}/submissions",
    operation_id="listMySubmissions",
    **read_options(Part[schemas.ListedOut], 404, 422),
)
def list_my_submissions(
    request: ApiRequest, slug: str, page: Annotated[MineQuery, Query()]
) -> dict[str, Any]:
    """Your team's submissions, the newest first."""
    competition = visible_or_404(request, slug)
    team = teams.team_of(request.user, competition, membership_of_reader(request, competition))
    sent = Submission.objects.filter(team=team) if team else Submission.objects.none()
    if page.state:
        sent = sent.filter(state__in=STATE_FILTERS[page.state][1])
    found, after = pagination.paginate_rows(
        sent.select_related("verdict", "author", "team"), page, f"mine:{competition.pk}", "number"
    )
    for submission in found:
        submission.competition = competition
    return {"items": [schemas.submission_fields(submission) for submission in found], "next": after}


@router.post(
    f"{INSIDE}/submissions",
    operation_id="submit",
    **write_options(
        schemas.SubmissionOut,
        404,
        409,
        status=201,
        limit=submission_body.most_body_bytes,
        **submission_body.describe_body(header=KEY),
    ),
)
def submit(request: ApiRequest, slug: str) -> Status[schemas.SubmissionOut]:
    """Send a group and a patch. The same rules as the submit page has; nothing is kept of what is refused."""
    competition = visible_or_404(request, slug)
    fields = submission_body.read_fields(request)
    membership = membership_of_reader(request, competition)
    if refusal := rules.submit_refusal(request.user, competition, membership):
        raise Problem("not-allowed", refusal)
    team = teams.team_of(request.user, competition, membership)
    if team is None:
        raise Problem("conflict", _("Create or join a team in this competition before you submit."))
    key = request.headers.get(KEY_HEADER)
    made = (
        _once(request, competition, team, fields, key)
        if key
        else _send(request, competition, team, fields, None)
    )
    return Status(201, schemas.submission_out(reload_submission(made.pk, competition)))


def _once(
    request: ApiRequest, competition: Competition, team: Team, fields: dict[str, Any], key: str
) -> Submission:
    if len(key) > LONGEST_KEY or not key.isprintable():
        detail = _("The key may have %(most)d characters at most, all of them printable.") % {
            "most": LONGEST_KEY
        }
        raise Problem("invalid", detail, ({"parameter": KEY_HEADER, "detail": detail},))
    digest = idempotency.request_digest(request.path, fields, submission_body.uploaded_files(request))
    try:
        claim = idempotency.claim_key(request.user, key, digest, timezone.now())
        if claim.made is not None:
            return claim.made
        try:
            return _send(request, competition, team, fields, claim)
        except Exception:
            claim.release()
            raise
    except idempotency.KeyReusedError:
        raise Problem(
            "key-reused",
            _("You sent something else with this key. Choose a new key for a new submission."),
            ({"parameter": KEY_HEADER, "detail": _("It was used for another request.")},),
        ) from None
    except idempotency.RequestInProgressError:
        raise Problem(
            "in-progress", _("Ask again in a moment, with the same key."), headers=(("Retry-After", "1"),)
        ) from None


def _send(
    request: ApiRequest,
    competition: Competition,
    team: Team,
    fields: dict[str, Any],
    claim: idempotency.Claim | None,
) -> Submission:
    form = submission_body.bind_form(request, team, fields)
    if form.is_valid():
        try:
            return submissions_submit.create_submission(
                competition,
                team,
                request.user,
                form.to_new_submission(),
                on_created=claim.attach if claim else None,
            )
        except Refusal as refused:
            if not refused.field:
                raise
            form.refuse(refused)
    raise problems.form_problem(form)


@router.get(
    f"{INSIDE}/submissions/{{uuid:key}}",
    operation_id="getSubmission",
    **read_options(schemas.SubmissionOut | schemas.SummaryOut, 404, visitors=True),
)
def get_submission(request: HttpRequest, slug: str, key: UUID) -> schemas.SubmissionOut | schemas.SummaryOut:
    """All of it where it is yours or you judge there; for others a summary, once everybody may read of it."""
    submission = submission_or_404(request, slug, key, "bounty.see_summary")
    if visibility.reader_may_see_submission(request, "bounty.see_submission", submission):
        return schemas.submission_out(submission)
    return schemas.summary_out(
        submission, sees_source=visibility.reader_may_see_submission(request, "bounty.see_source", submission)
    )


@router.get(
    f"{INSIDE}/submissions/{{uuid:key}}/state",
    operation_id="getSubmissionState",
    **read_options(schemas.StateOut, 404),
)
def get_submission_state(request: ApiRequest, slug: str, key: UUID) -> schemas.StateOut:
    """Where it is on its way."""
    return schemas.state_out(submission_or_404(request, slug, key, "bounty.see_submission"))


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/withdraw",
    operation_id="withdraw",
    **write_options(schemas.SubmissionOut, 404, 409),
)
def withdraw(request: ApiRequest, slug: str, key: UUID) -> schemas.SubmissionOut:
    """Take it back while it runs. The quota is given back where no worker had begun."""
    submission = own_submission_or_404(request, slug, key)
    submissions_submit.withdraw_submission(submission)
    return schemas.submission_out(submission)


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/again",
    operation_id="askAgain",
    **write_options(schemas.SubmissionOut, 404, 409),
)
def ask_again(request: ApiRequest, slug: str, key: UUID) -> schemas.SubmissionOut:
    """Have one that is not shown yet judged again, where the model or the certification rows have changed."""
    submission = own_submission_or_404(request, slug, key)
    submissions_submit.request_rejudging(submission)
    return schemas.submission_out(submission)


@router.post(
    f"{INSIDE}/submissions/{{uuid:key}}/certify",
    operation_id="certifyFinding",
    **write_options(schemas.SubmissionOut, 404, 409),
)
def certify_finding(request: ApiRequest, slug: str, key: UUID) -> schemas.SubmissionOut:
    """Spend one certification query of the team on a finding that is worse on practice rows."""
    submission = own_submission_or_404(request, slug, key)
    finding_query.request_certification(submission)
    return schemas.submission_out(submission)


@router.get(
    f"{INSIDE}/submissions/{{uuid:key}}/files/{{part}}",
    operation_id="downloadFile",
    **read_options(
        None,
        404,
        422,
        503,
        visitors=True,
        **files.describe_file_answer("application/octet-stream", "text/plain"),
    ),
)
def download_file(
    request: HttpRequest, slug: str, key: UUID, part: Literal["group", "patch"]
) -> HttpResponse:
    """A submitted file, for those who may see the source."""
    return file_download.file_response(submission_or_404(request, slug, key, "bounty.see_source"), part)


def own_submission_or_404(request: ApiRequest, slug: str, key: UUID) -> Submission:
    """A submission of the caller's team. Moderators see it, but its team decides."""
    submission = submission_or_404(request, slug, key, "bounty.see_submission")
    if not rules.is_member(request.user, submission.team):
        raise Http404("only its team may do this")
    return submission


def reload_submission(pk: UUID, competition: Competition) -> Submission:
    """The submission with all rows that an answer reads."""
    found = Submission.objects.select_related("team", "author", "verdict").get(pk=pk)
    found.competition = competition
    return found
