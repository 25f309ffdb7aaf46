"""The six kinds of writing that can be reported: posts, write-ups, team names, descriptions, profiles, label
reports.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core import audit
from bounty.discussion import moderate, permissions
from bounty.discussion.reportable import ReportableKind, register_kind
from bounty.models import Competition, LabelReport, Post, Profile, Submission, Team, WriteUp
from bounty.people import profiles
from bounty.permissions import visibility

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def _read_uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


def _profiles(competition: Competition) -> QuerySet[Profile]:
    """Of those who take part or serve there: other moderators would have nothing to do with them."""
    inside = (
        Q(user__memberships__competition=competition)
        | Q(user__bounty_roles__competition=competition)
        | Q(user__organised=competition)
    )
    return Profile.objects.select_related("user").filter(inside).distinct()


def _post_text(post: Post) -> str:
    return f"{post.thread.title}\n\n{post.text}" if post.number == 1 else post.text


def _rename_team(team: Team, why: str, by: User) -> None:
    # Drawn, so that nobody can have taken the name before; the address says the old one, so it goes too.
    mark = secrets.token_hex(3)
    before, after = team.name, f"Team {mark}"
    Team.objects.filter(pk=team.pk).update(name=after, slug=f"team-{mark}")
    audit.record_change(team, by, {"name": [before, after]}, why)


def _blank_description(submission: Submission, why: str, by: User) -> None:
    Submission.objects.filter(pk=submission.pk).update(description="")
    audit.record_change(submission, by, {"description": [submission.description, ""]}, why)


def _blank_reason(report: LabelReport, why: str, by: User) -> None:
    LabelReport.objects.filter(pk=report.pk).update(reason="")
    audit.record_change(report, by, {"reason": [report.reason, ""]}, why)


KINDS = (
    ReportableKind(
        "post",
        Post,
        gettext_lazy("a post"),
        gettext_lazy("The post is hidden; its author is told why."),
        rows=lambda competition: Post.objects.select_related("thread__competition", "author").filter(
            thread__competition=competition
        ),
        says=_post_text,
        remedy=moderate.hide_text,
        author=lambda post: post.author,
        seen_by=permissions.can_read,
    ),
    ReportableKind(
        "write-up",
        WriteUp,
        gettext_lazy("a write-up"),
        gettext_lazy("The write-up is hidden; its author is told why."),
        rows=lambda competition: competition.write_ups.select_related("competition", "team", "author"),
        says=lambda written: f"{written.title}\n\n{written.text}",
        remedy=moderate.hide_text,
        author=lambda written: written.author,
        team=lambda written: written.team,
        seen_by=permissions.can_read,
    ),
    ReportableKind(
        "team",
        Team,
        gettext_lazy("a team's name"),
        gettext_lazy("The team gets a neutral name; its members can choose another one."),
        rows=lambda competition: competition.teams.select_related("competition"),
        says=lambda team: team.name,
        remedy=_rename_team,
        team=lambda team: team,
    ),
    ReportableKind(
        "submission",
        Submission,
        gettext_lazy("a submission's description"),
        gettext_lazy("The description is emptied; the submission itself stays as it is."),
        rows=lambda competition: competition.submissions.select_related(
            "competition", "team__competition", "author"
        ),
        says=lambda submission: submission.description or _("(no description)"),
        remedy=_blank_description,
        author=lambda submission: submission.author,
        team=lambda submission: submission.team,
        seen_by=lambda user, submission, _competition: visibility.may_see_submission(
            user, "bounty.see_summary", submission
        ),
        read_key=_read_uuid,
    ),
    ReportableKind(
        "profile",
        Profile,
        gettext_lazy("what a person says of themselves"),
        gettext_lazy("The text is taken away; the person is told why and can write another one."),
        rows=_profiles,
        says=lambda profile: profile.bio,
        remedy=profiles.remove_bio,
        author=lambda profile: profile.user,
        seen_by=lambda user, profile, _competition: profiles.can_see_profile(user, profile),
    ),
    ReportableKind(
        "label",
        LabelReport,
        gettext_lazy("a report of a wrong label"),
        gettext_lazy("Its text is emptied; the report itself waits for the organiser as before."),
        rows=lambda competition: competition.label_reports.select_related("competition", "reporter"),
        says=lambda report: report.reason,
        remedy=_blank_reason,
        author=lambda report: report.reporter,
        url=lambda report: f"{reverse('labels', args=[report.competition.slug])}#report-{report.pk}",
    ),
)
for _kind in KINDS:
    register_kind(_kind)
