"""Views of a team's submissions, of one submission and of what may be done with it. Strangers get 404."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from bounty.adjudication import explanation, finding_query
from bounty.adjudication.feedback import VerdictFeedback
from bounty.charts.gain import draw_gain, win_counts_of
from bounty.models import Competition, LedgerQuery, Submission, Verdict
from bounty.people import teams
from bounty.permissions import rules, visibility
from bounty.permissions.lookup import submission_or_404, visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.submissions import file_download, queue_position, status, submit
from bounty.submissions.state_filters import STATE_FILTERS
from bounty.web import fragment_cache
from bounty.web.refusals import refusal_as_message
from bounty.web.requests import PersonRequest
from evaluator.adjudication.noised_feedback import NoisedFeedback

PER_PAGE = 25
State = Submission.State


# What a row of the list needs; a wide row is slow to read, and there are many.
LISTED = (
    "number", "state", "words", "description", "created_at", "error_class", "hold_reason", "moderator_reason",
    "team_id", "verdict__sentence",
)  # fmt: skip


@login_required
@require_GET
def own_submissions(request: PersonRequest, slug: str) -> HttpResponse:
    """The team's submissions, newest first."""
    competition = visible_or_404(request, slug)
    team = teams.team_of(request.user, competition, membership_of_reader(request, competition))
    chosen = request.GET.get("state", "")
    sent = Submission.objects.filter(team=team) if team else Submission.objects.none()
    total = sent.count()
    if chosen in STATE_FILTERS:
        sent = sent.filter(state__in=STATE_FILTERS[chosen][1])
    pages = Paginator(sent.select_related("verdict").only(*LISTED).order_by("-number"), PER_PAGE)
    if chosen not in STATE_FILTERS:
        pages.count = total  # it need not be counted twice
    page = pages.get_page(request.GET.get("page"))
    context = {
        "competition": competition,
        "team": team,
        "page": page,
        "table": _table(competition, list(page.object_list)),
        "total": total,
        "filters": [(key, words) for key, (words, _states) in STATE_FILTERS.items()],
        "chosen": chosen if chosen in STATE_FILTERS else "",
    }
    return render(request, "submissions/mine.html", context)


def _table(competition: Competition, listed: list[Submission]) -> str:
    """The rows as HTML, cached under what they say; "" where there are none."""
    if not listed:
        return ""
    rows = [(submission, queue_position.status_line(submission)) for submission in listed]

    def render_part() -> str:
        return render_to_string("submissions/table.html", {"competition": competition, "rows": rows})

    says = [(s.pk, s.number, s.state, s.words, s.description, short) for s, short in rows]
    return fragment_cache.cached_by_value("own submissions", (competition.slug, says), render_part)


@never_cache
@require_GET
def submission_detail(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """A submission: everything for those it belongs to; for others, once accepted, the group in words."""
    submission = submission_or_404(request, slug, key, "bounty.see_summary")
    if not visibility.reader_may_see_submission(request, "bounty.see_submission", submission):
        context = {
            "competition": submission.competition,
            "submission": submission,
            "may_see_source": visibility.reader_may_see_submission(request, "bounty.see_source", submission),
        }
        return render(request, "submissions/summary.html", context)
    return render(request, "submissions/show.html", _context(request, submission))


@never_cache
@require_GET
def poll_submission(request: HttpRequest, slug: str, key: UUID) -> HttpResponse:
    """The fragment that a page polls: the next poll, and the content again only where something changed."""
    submission = submission_or_404(request, slug, key, "bounty.see_submission")
    context = _context(request, submission)
    context["changed"] = request.GET.get("seen") != context["fingerprint"]
    return render(request, "submissions/poll.html", context)


def _context(request: HttpRequest, submission: Submission) -> dict[str, object]:
    polls = request.GET.get("n", "0")
    count = min(int(polls), 10_000) if polls.isdecimal() and len(polls) < 6 else 0
    verdict = getattr(submission, "verdict", None)
    where = status.progress_of(submission, timezone.now())
    own = rules.is_in_team_of(request.user, submission, membership_of_reader(request, submission.competition))
    return {
        "competition": submission.competition,
        "submission": submission,
        "verdict": verdict,
        "failure": queue_position.explain_failure(submission),
        "waiting": where,
        "fingerprint": queue_position.status_fingerprint(submission, where.mark if where else None),
        "next_poll": count + 1,
        "delay": queue_position.poll_delay(count),
        # What a person has to look at is not polled for: that may take days.
        "polls": where is not None and not where.ended,
        "may_withdraw": submission.is_running and (own or request.user.is_superuser),
        "again_refusal": submit.rejudging_refusal(submission)
        if submission.state == State.NOT_SHOWN
        else None,
        "may_ask": own,
        "certify_refusal": finding_query.certification_refusal(submission)
        if submission.state == State.WORSE
        else None,
        "may_see_source": visibility.reader_may_see_submission(request, "bounty.see_source", submission),
        "decided": _decided(submission, verdict),
    }


def _decided(submission: Submission, verdict: Verdict | None) -> str:
    """The HTML of a verdict's page beyond its sentence, cached under all that was written with the verdict."""
    if verdict is None or submission.state == State.JUDGING or not verdict.practice:
        return ""

    def render_part() -> str:
        return render_to_string("submissions/_decided.html", _told(submission, verdict))

    competition = submission.competition
    written = (verdict.pk, verdict.practice, verdict.queried, verdict.block_number, submission.state)
    return fragment_cache.cached_by_value(
        "verdict", (submission.pk, *written, competition.generation, competition.status), render_part
    )


def _told(submission: Submission, verdict: Verdict) -> dict[str, object]:
    query = _query(submission) if verdict.queried else None
    told = verdict.feedback
    won = win_counts_of(told, is_zero_one=submission.competition.loss.is_zero_one)
    return {
        "competition": submission.competition,
        "submission": submission,
        "verdict": verdict,
        "feedback": VerdictFeedback.for_verdict(submission, verdict),
        "query": query,
        "paragraph": explanation.verdict_paragraph(submission, verdict, query),
        "won": won,
        "noise": told.scale if isinstance(told, NoisedFeedback) else 0,
        "gain": draw_gain(won) if won else None,
    }


def _query(submission: Submission) -> LedgerQuery | None:
    return submission.queries.select_related("block").order_by("asked_at").last()


def _of_own_team(request: PersonRequest, slug: str, key: UUID) -> Submission:
    """A submission that the reader's team may decide about; moderators see it but do not."""
    submission = submission_or_404(request, slug, key, "bounty.see_submission")
    if teams.team_of(request.user, submission.competition) != submission.team:
        raise Http404("only its team may do this")
    return submission


@login_required
@require_POST
def withdraw_submission(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """Withdraw a submission of one's team."""
    submission = _of_own_team(request, slug, key)
    with refusal_as_message(request):
        submit.withdraw_submission(submission)
        messages.success(request, _("#%(number)d is withdrawn.") % {"number": submission.number})
    return redirect(submission)


@login_required
@require_POST
def resubmit(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """Have it judged again, against the present model or the next block of certification rows."""
    submission = _of_own_team(request, slug, key)
    with refusal_as_message(request):
        submit.request_rejudging(submission)
    return redirect(submission)


@login_required
@require_POST
def certify_finding(request: PersonRequest, slug: str, key: UUID) -> HttpResponse:
    """Spend one of the team's certification queries on a finding."""
    submission = _of_own_team(request, slug, key)
    with refusal_as_message(request):
        finding_query.request_certification(submission)
        messages.success(request, _("The certification rows are asked. The answer will stand here."))
    return redirect(submission)


@require_GET
def download_file(request: HttpRequest, slug: str, key: UUID, part: str) -> HttpResponse:
    """A submitted file, always as a download: a browser must never run or show what a stranger sent."""
    submission = submission_or_404(request, slug, key, "bounty.see_source")
    return file_download.file_response(submission, part)
