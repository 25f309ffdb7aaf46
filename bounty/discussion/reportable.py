"""What can be reported, and what a moderator's decision then does to it. Other parts register what they let write."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.discussion import permissions
from bounty.models import Competition, LabelReport, Post, Profile, Submission, Team, WriteUp
from bounty.people import profiles
from bounty.permissions import rules, visibility

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import Model

    Person = User | AnonymousUser


@dataclass(frozen=True)
class Kind:
    """One kind of thing that a person wrote. `remedy` takes it away, and `does` says what that means."""

    name: str  # in addresses
    model: type[Model]
    label: Any
    does: Any
    find: Callable[[Competition, str], Any]
    seen_by: Callable[[Person, Any, Competition], bool]
    says: Callable[[Any], str]
    url: Callable[[Any], str]
    author: Callable[[Any], User | None]
    team: Callable[[Any], Team | None]
    remedy: Callable[[Any, str, User], None]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let something be reported; called at import. The last of a name counts."""
    _kinds[kind.name] = kind


def named(name: str) -> Kind | None:
    return _kinds.get(name)


def of(content_type: ContentType) -> Kind | None:
    """How things of that model are reported."""
    model = content_type.model_class()
    return next((kind for kind in _kinds.values() if kind.model is model), None)


# --- what this site lets people write --------------------------------------------------------------------------------
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
    from bounty.discussion import moderate  # deciding reads this registry

    moderate.hide(written, why, by)


def _rename_team(team: Team, why: str, by: User) -> None:
    from bounty.core import audit

    # Drawn, so that nobody can have taken the name before; the address says the old one, so it goes too.
    mark = secrets.token_hex(3)
    before, after = team.name, f"Team {mark}"
    Team.objects.filter(pk=team.pk).update(name=after, slug=f"team-{mark}")
    audit.record(team, by, {"name": [before, after]}, why)


def _blank_description(submission: Submission, why: str, by: User) -> None:
    from bounty.core import audit

    Submission.objects.filter(pk=submission.pk).update(description="")
    audit.record(submission, by, {"description": [submission.description, ""]}, why)


def _blank_reason(report: LabelReport, why: str, by: User) -> None:
    from bounty.core import audit

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


def in_competition(user: Person, competition: Competition, name: str, key: str) -> tuple[Kind, Any] | None:
    """What an address names, where this person sees it; None otherwise."""
    kind = named(name)
    if kind is None or not rules.can_view(user, competition):
        return None
    target = kind.find(competition, key)
    if target is None or not kind.seen_by(user, target, competition):
        return None
    return kind, target
