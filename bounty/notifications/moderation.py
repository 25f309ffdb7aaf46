"""Notices of moderators' decisions, each written with the decision that it tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _

from bounty.core import localization
from bounty.models import Ban, Submission, TeamMember
from bounty.notifications import Words, notify_users
from bounty.permissions import conflicts
from bounty.permissions.moderators import moderators_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import User

    from bounty.models import Appeal, Triage

MODERATION, APPEAL, TRIAGE = "moderation", "appeal", "triage"


def notify_moderators(submission: Submission) -> None:
    """Writes the notice of a held submission to its moderators, less those with a conflict with its team."""
    competition = submission.competition
    out = conflicts.people_in_conflict(submission.team)
    notify_users(
        MODERATION,
        to=[user for user in moderators_of(competition) if user.pk not in out],
        competition=competition,
        subject=lambda: (
            _("#%(number)s of %(team)s waits for a moderator")
            % {"number": submission.number, "team": submission.team.name}
        ),
        body=submission.hold_reason,
        url=reverse("moderate-submission", args=[competition.slug, submission.pk]),
    )


def notify_released(submission: Submission) -> None:
    """Writes the notice of a release to the submission's team."""
    _notify_team(
        MODERATION,
        submission,
        lambda: _("#%(number)s was released by a moderator") % {"number": submission.number},
        lambda: _("It is judged as soon as it has been evaluated."),
    )


def notify_refused(submission: Submission, reason: str) -> None:
    """Writes the notice of a refusal, with its reason, to the submission's team."""
    said = {"number": submission.number}
    _notify_team(
        MODERATION,
        submission,
        lambda: _("#%(number)s was refused by a moderator") % said,
        lambda: _with_appeal(reason),
    )


def notify_disqualified(submission: Submission, reason: str) -> None:
    """Writes the notice of a disqualification, with its reason, to the submission's team."""
    said = {"number": submission.number}
    _notify_team(
        MODERATION,
        submission,
        lambda: _("#%(number)s was disqualified") % said,
        lambda: _with_appeal(reason),
    )


def notify_banned(ban: Ban) -> None:
    """Writes the notice of an exclusion, with its reason, to the excluded person."""
    notify_users(
        MODERATION,
        to=[ban.user],
        competition=ban.competition,
        subject=lambda: _("You can no longer submit to “%(title)s”") % {"title": ban.competition.title},
        body=lambda: _with_appeal(ban.reason),
        url=reverse("appeal-ban", args=[ban.competition.slug]),
    )


def notify_ban_lifted(ban: Ban) -> None:
    """Writes the notice of a lifted exclusion to the person."""
    notify_users(
        MODERATION,
        to=[ban.user],
        competition=ban.competition,
        subject=lambda: _("You can submit to “%(title)s” again") % {"title": ban.competition.title},
        body=lambda: _("A moderator took your exclusion back."),
        url=ban.competition.get_absolute_url(),
    )


def notify_answerers(appeal: Appeal, answerers: Iterable[int]) -> None:
    """Writes the notice of an appeal to the people who may answer it."""
    notify_users(
        APPEAL,
        to=get_user_model().objects.filter(pk__in=list(answerers)),
        competition=appeal.competition,
        subject=lambda: (
            _("%(team)s appeals against %(kind)s")
            % {"team": appeal.team or appeal.banned, "kind": appeal.get_kind_display()}
        ),
        body=appeal.text,
        url=appeal.get_absolute_url(),
    )


def notify_appeal_answered(appeal: Appeal) -> None:
    """Writes the notice of an appeal's answer to the team, or to the excluded person."""
    stands = appeal.state == appeal.State.UPHELD

    def subject() -> str:
        if stands:
            return _("Your appeal was answered: the decision stands")
        return _("Your appeal was answered: the decision was taken back")

    members = TeamMember.objects.users_of(appeal.team) if appeal.team else []
    to = [appeal.banned] if appeal.banned else members
    if appeal.submission:
        url = appeal.submission.get_absolute_url()
    else:
        url = reverse("appeal-ban", args=[appeal.competition.slug])
    notify_users(APPEAL, to=to, competition=appeal.competition, subject=subject, body=appeal.answer, url=url)


def notify_triaged(triage: Triage, organisers: Iterable[User]) -> None:
    """Writes the notice of a finding's severity and embargo to its team and to the organisers."""
    submission = triage.submission

    def subject() -> str:
        said = {"number": submission.number, "severity": triage.get_severity_display()}
        return _("Finding #%(number)s: severity %(severity)s") % said

    def body() -> str:
        if submission.embargo_until is None:
            return ""
        said = {"date": localization.format_time_with_zone(submission.embargo_until)}
        return _("It is hidden from the public until %(date)s.") % said

    _notify_team(TRIAGE, submission, subject, body)
    url = reverse("moderate-finding", args=[submission.competition.slug, submission.pk])
    notify_users(
        TRIAGE, to=organisers, competition=submission.competition, subject=subject, body=body, url=url
    )


def notify_owner_answered(triage: Triage) -> None:
    """Writes the notice of the organiser's answer on a finding to its team."""
    submission = triage.submission

    def subject() -> str:
        said = {"number": submission.number, "answer": triage.get_answer_display()}
        return _("The organiser on finding #%(number)s: %(answer)s") % said

    _notify_team(TRIAGE, submission, subject, triage.answer_text)


def _notify_team(kind: str, submission: Submission, subject: Words, body: Words) -> None:
    notify_users(
        kind,
        to=TeamMember.objects.users_of(submission.team),
        competition=submission.competition,
        subject=subject,
        body=body,
        url=submission.get_absolute_url(),
    )


def _with_appeal(reason: str) -> str:
    return reason + "\n\n" + _("You can appeal once, within 14 days; somebody else then decides.")
