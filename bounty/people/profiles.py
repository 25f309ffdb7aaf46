"""Profiles: a person's page for one reader, its visibility, and changes of its text.

A page shows only what its reader may read anyway: competitions that the reader may view, findings and patches that are
told, write-ups that are shown. Without any of that there is no page, so that nobody makes one to advertise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from bounty.core import audit
from bounty.core.errors import Refusal
from bounty.models import Competition, NoticeKind, Profile, Submission, Team, WriteUp
from bounty.models.discussion import AuthoredText
from bounty.notifications import notify_users
from bounty.permissions import visibility
from bounty.submissions import screening

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

Visibility = Profile.Visibility
MOST_CHARACTERS = 2000
# Newest first; the boards have all.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Contribution:
    """A confirmed finding or an accepted patch, and the number of people in its team."""

    submission: Submission
    members: int
    own: bool  # this person sent it


@dataclass(frozen=True)
class ProfilePage:
    """One person's page for one reader."""

    person: User
    profile: Profile
    patches: Sequence[Contribution]
    findings: Sequence[Contribution]
    write_ups: Sequence[WriteUp]
    competitions: Sequence[Competition]
    mine: bool


def profile_of(user: User) -> Profile:
    """The person's profile; an unsaved one that nobody sees where they have said nothing."""
    return getattr(user, "profile", None) or Profile(user=user)


def can_see_profile(reader: Person, profile: Profile) -> bool:
    """Whether the person lets this reader see their page. Superusers look after the site, so they do."""
    if reader.is_authenticated and (reader.pk == profile.user_id or reader.is_superuser):
        return True
    if profile.visibility == Visibility.MEMBERS:
        return reader.is_authenticated and reader.is_active
    return profile.visibility == Visibility.EVERYBODY


def visible_profiles(reader: Person, people: Iterable[User]) -> dict[int, Profile]:
    """Profiles of these people that this reader may see, by person, in one query."""
    rows = Profile.objects.filter(user__in=[person.pk for person in people], user__is_active=True)
    return {row.user_id: row for row in rows.select_related("user") if can_see_profile(reader, row)}


def profile_page(reader: Person, username: str) -> ProfilePage | None:
    """The person's page; None where there is none for this reader, which says nothing about whether they exist."""
    people = get_user_model().objects.select_related("profile")
    person = people.filter(username=username, is_active=True).first()
    if person is None:
        return None
    profile, mine = profile_of(person), reader.pk == person.pk
    if not can_see_profile(reader, profile):
        return None
    seen = Competition.objects.visible_to(reader).filter(rehearsal=False).values("pk")
    competitions = _competitions(person, seen)
    if not competitions and not mine:
        return None
    told = _contributions(person, seen)
    return ProfilePage(
        person,
        profile,
        [each for each in told if not each.submission.is_finding],
        [each for each in told if each.submission.is_finding],
        list(_write_ups(person, seen)),
        competitions,
        mine,
    )


def _competitions(person: User, seen: QuerySet[Competition, Any]) -> list[Competition]:
    part = Q(teams__members__user=person) | Q(roles__user=person) | Q(organiser=person)
    return list(Competition.objects.filter(part, pk__in=seen).distinct().order_by("-created_at"))


def _contributions(person: User, seen: QuerySet[Competition, Any]) -> list[Contribution]:
    of_person = Q(author=person) | Q(team__in=Team.objects.filter(members__user=person))
    rows = visibility.publicly_visible(Submission.objects.filter(of_person, competition__in=seen))
    found = list(rows.select_related("team", "competition").order_by("-decided_at", "-number")[:MOST_SHOWN])
    sizes = dict(
        Team.objects.filter(pk__in={row.team_id for row in found})
        .annotate(people=Count("members"))
        .values_list("pk", "people")
    )
    return [Contribution(row, sizes.get(row.team_id, 0), row.author_id == person.pk) for row in found]


def _write_ups(person: User, seen: QuerySet[Competition, Any]) -> QuerySet[WriteUp]:
    written = Q(author=person) | Q(team__in=Team.objects.filter(members__user=person))
    rows = WriteUp.objects.filter(written, competition__in=seen, state=AuthoredText.State.SHOWN)
    return rows.select_related("team", "competition")


def change_profile(user: User, bio: str, visibility: str) -> Profile:
    """Writes the person's text and visibility. Raises Refusal with what to change."""
    bio = bio.strip()
    if len(bio) > MOST_CHARACTERS:
        raise Refusal(_("At most %(most)d characters.") % {"most": MOST_CHARACTERS})
    if screening.is_abusive(bio):
        raise Refusal(_("It has words of contempt or threats; say it in others."))
    if visibility not in Visibility:
        raise Refusal(_("Choose who may see the page."))
    profile, _made = Profile.objects.get_or_create(user=user)
    if bio != profile.bio:
        profile.taken_away = ""
    profile.bio, profile.visibility = bio, visibility
    profile.save()
    return profile


def remove_bio(profile: Profile, why: str, by: User) -> None:
    """Removes a profile's text, a moderator's answer to a report: the person reads why and may write another one."""
    before = profile.bio
    Profile.objects.filter(pk=profile.pk).update(bio="", taken_away=why[:500])
    audit.record_change(profile, by, {"bio": [before, ""]}, why)
    notify_users(
        NoticeKind.MODERATION,
        to=[profile.user],
        competition=None,
        subject=lambda: _("A moderator has taken the text of your page away"),
        body=why,
        url=profile.get_absolute_url(),
    )


def reporting_competition(reader: Person, page: ProfilePage) -> Competition | None:
    """The competition whose moderators get a report about the page; None where it cannot be reported."""
    return page.competitions[0] if page.competitions and not page.mine and page.profile.bio else None
