"""The six kinds of things that people write here, registered so that they can be reported."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core import audit
from bounty.discussion import moderate, permissions
from bounty.discussion.reportable import Kind, register
from bounty.models import Competition, LabelReport, Post, Profile, Submission, Team, WriteUp
from bounty.people import profiles
from bounty.permissions import visibility

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def _number(key: str) -> int:
    """A primary key from an address; 0, which no row has, where it is none."""
    return int(key) if key.isdecimal() and len(key) < 19 else 0


def _post(competition: Competition, key: str) -> Post | None:
    rows = Post.objects.select_related("thread__competition", "author")
    return rows.filter(thread__competition=competition, pk=_number(key)).first()


def _write_up(competition: Competition, key: str) -> WriteUp | None:
    rows = WriteUp.objects.select_related("competition", "team", "author")
    return rows.filter(competition=competition, pk=_number(key)).first()


def _team(competition: Competition, key: str) -> Team | None:
    rows = Team.objects.select_related("competition")
    return rows.filter(competition=competition, pk=_number(key)).first()


def _submission(competition: Competition, key: str) -> Submission | None:
    try:
        number = UUID(key)
    except ValueError:
        return None
    rows = Submission.objects.select_related("competition", "team__competition", "author")
    return rows.filter(competition=competition, pk=number).first()


def _profile(competition: Competition, key: str) -> Profile | None:
    """Of somebody who takes part or serves there: other moderators would have nothing to do with them."""
    rows = Profile.objects.select_related("user").filter(pk=_number(key))
    inside = (
        Q(user__memberships__competition=competition)
        | Q(user__bounty_roles__competition=competition)
        | Q(user__organised=competition)
    )
    return rows.filter(inside).distinct().first()


def _label_report(competition: Competition, key: str) -> LabelReport | None:
    rows = LabelReport.objects.select_related("competition", "reporter")
    return rows.filter(competition=competition, pk=_number(key)).first()


def _hide(written: Post | WriteUp, why: str, by: User) -> None:
    moderate.hide(written, why, by)


def _rename_team(team: Team, why: str, by: User) -> None:
    # Drawn, so that nobody can have taken the name before; the address says the old one, so it goes too.
    mark = secrets.token_hex(3)
    before, after = team.name, f"Team {mark}"
    Team.objects.filter(pk=team.pk).update(name=after, slug=f"team-{mark}")
    audit.record(team, by, {"name": [before, after]}, why)


def _blank_description(submission: Submission, why: str, by: User) -> None:
    Submission.objects.filter(pk=submission.pk).update(description="")
    audit.record(submission, by, {"description": [submission.description, ""]}, why)


def _blank_reason(report: LabelReport, why: str, by: User) -> None:
    LabelReport.objects.filter(pk=report.pk).update(reason="")
    audit.record(report, by, {"reason": [report.reason, ""]}, why)


def _take_bio_away(profile: Profile, why: str, by: User) -> None:
    profiles.take_away(profile, why, by)


register(
    Kind(
        name="post",
        model=Post,
        label=gettext_lazy("a post"),
        does=gettext_lazy("The post is hidden; its author is told why."),
        find=_post,
        seen_by=permissions.sees,
        says=lambda post: f"{post.thread.title}\n\n{post.text}" if post.number == 1 else post.text,
        url=lambda post: post.get_absolute_url(),
        author=lambda post: post.author,
        team=lambda post: None,
        remedy=_hide,
    )
)
register(
    Kind(
        name="write-up",
        model=WriteUp,
        label=gettext_lazy("a write-up"),
        does=gettext_lazy("The write-up is hidden; its author is told why."),
        find=_write_up,
        seen_by=permissions.sees,
        says=lambda written: f"{written.title}\n\n{written.text}",
        url=lambda written: written.get_absolute_url(),
        author=lambda written: written.author,
        team=lambda written: written.team,
        remedy=_hide,
    )
)
register(
    Kind(
        name="team",
        model=Team,
        label=gettext_lazy("a team's name"),
        does=gettext_lazy("The team gets a neutral name; its members can choose another one."),
        find=_team,
        seen_by=lambda user, team, competition: True,
        says=lambda team: team.name,
        url=lambda team: team.get_absolute_url(),
        author=lambda team: None,
        team=lambda team: team,
        remedy=_rename_team,
    )
)
register(
    Kind(
        name="submission",
        model=Submission,
        label=gettext_lazy("a submission's description"),
        does=gettext_lazy("The description is emptied; the submission itself stays as it is."),
        find=_submission,
        seen_by=lambda user, submission, competition: visibility.may_see(
            user, "bounty.see_summary", submission
        ),
        says=lambda submission: submission.description or _("(no description)"),
        url=lambda submission: submission.get_absolute_url(),
        author=lambda submission: submission.author,
        team=lambda submission: submission.team,
        remedy=_blank_description,
    )
)
register(
    Kind(
        name="profile",
        model=Profile,
        label=gettext_lazy("what a person says of themselves"),
        does=gettext_lazy("The text is taken away; the person is told why and can write another one."),
        find=_profile,
        seen_by=lambda user, profile, competition: profiles.sees(user, profile),
        says=lambda profile: profile.bio,
        url=lambda profile: profile.get_absolute_url(),
        author=lambda profile: profile.user,
        team=lambda profile: None,
        remedy=_take_bio_away,
    )
)
register(
    Kind(
        name="label",
        model=LabelReport,
        label=gettext_lazy("a report of a wrong label"),
        does=gettext_lazy("Its text is emptied; the report itself waits for the organiser as before."),
        find=_label_report,
        seen_by=lambda user, report, competition: True,
        says=lambda report: report.reason,
        url=lambda report: f"{reverse('labels', args=[report.competition.slug])}#report-{report.pk}",
        author=lambda report: report.reporter,
        team=lambda report: None,
        remedy=_blank_reason,
    )
)
