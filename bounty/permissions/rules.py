"""Who may do what: every view, form and admin page asks here, by `user.has_perm("bounty.X", object)`.

On nothing yet:
    make_competition     superusers; who has Django's "can add competition"; everybody where the site is open to it
On a competition:
    view_competition     everybody once a public one was opened; those invited, entered or serving
    enter_competition    who may view it, does not judge there and is not banned
    submit               who accepted the terms of an open one, does not judge there and is not banned
    download_model       organisers; who may view it once the policy opened the model, or after the close
    organise             organisers
    moderate             organisers and moderators who are on no team there
In a rehearsal who judges may also compete: everything there is thrown away.
On a submission:
    see_submission       its team, moderators and organisers who are on no team there: everything about it
    see_summary          as above; who may view the competition once it was accepted or confirmed, and no
                         embargo hides it (told, is_embargoed: every public list of submissions asks these)
    see_source           as see_submission, but nobody with a conflict with the team; everybody after the close,
                         where accepted sources are shown
    withdraw_submission  its team, while it runs
On a team:
    see_team             who may view its competition

Django grants a superuser every permission without asking. What must hold for superusers too (a judge does not
compete, a competitor does not judge, a banned person does not submit, nobody decides about a team with which they
have a conflict) is asked through `submit_refusal`, `moderation_refusal` and `decision_refusal`, which also say why.
bounty.permissions.registry registers the table above under its names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.models import Ban, Competition, Participation, Role, Submission, Team, TeamMember, WebHook
from bounty.permissions import conflicts, memberships

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

    Person = User | AnonymousUser

# What strangers may read about: the group in words and the description, never the source.
SUMMARISED = (Submission.State.ACCEPTED, Submission.State.CONFIRMED)


def is_embargoed(submission: Submission, now: datetime | None = None) -> bool:
    """A moderator keeps it from the public until a date; its team and those who serve see it all the same."""
    until = submission.embargo_until
    return until is not None and until > (now or timezone.now())


def told(rows: QuerySet[Submission], now: datetime | None = None) -> QuerySet[Submission]:
    """Of these submissions, what strangers may read about: accepted or confirmed, and under no embargo."""
    return not_embargoed(rows.filter(state__in=SUMMARISED), now)


def not_embargoed(rows: QuerySet[Submission], now: datetime | None = None) -> QuerySet[Submission]:
    """Of these submissions, those that no embargo hides; for public counts over all that was sent."""
    return rows.exclude(embargo_until__gt=now or timezone.now())


def is_told(submission: Submission, now: datetime | None = None) -> bool:
    """Whether strangers who may view the competition may read about this one (as `told`)."""
    return submission.state in SUMMARISED and not is_embargoed(submission, now)


def is_somebody(user: Person) -> TypeGuard[User]:
    """Logged in, and not switched off."""
    return user.is_authenticated and user.is_active


def is_organiser(user: Person, competition: Competition) -> bool:
    if not is_somebody(user):
        return False
    if user.pk == competition.organiser_id:
        return True
    if (known := memberships.bound(user, competition)) is not None:
        return Role.Kind.ORGANISER in known.roles
    return Role.objects.filter(competition=competition, user=user, kind=Role.Kind.ORGANISER).exists()


def check_organiser(competition: Competition, by: Person) -> None:
    """Raises PermissionDenied for who is neither an organiser here nor a superuser."""
    if not (by.is_superuser or is_organiser(by, competition)):
        raise PermissionDenied(_("Only this competition's organisers can do this."))


def keeps_hook(user: Person, hook: WebHook) -> bool:
    """A web hook belongs to its owner, a competition's to all its organisers."""
    if hook.competition is not None:
        return is_organiser(user, hook.competition)
    return is_somebody(user) and user.pk == hook.owner_id


def duties(user: Person, competition: Competition) -> set[str]:
    """The roles that this person has there, in one query at most; a superuser may do what an organiser may."""
    if not is_somebody(user):
        return set()
    if user.is_superuser or user.pk == competition.organiser_id:
        return {Role.Kind.ORGANISER, Role.Kind.MODERATOR}
    if (known := memberships.bound(user, competition)) is not None:
        return set(known.roles)
    return set(Role.objects.filter(competition=competition, user=user).values_list("kind", flat=True))


def is_judge(user: Person, competition: Competition) -> bool:
    """An organiser or a moderator: decides about others here, so does not compete here."""
    if not is_somebody(user):
        return False
    if user.pk == competition.organiser_id:
        return True
    if (known := memberships.bound(user, competition)) is not None:
        return bool(known.roles)
    return Role.objects.filter(competition=competition, user=user).exists()


def is_competitor(user: Person, competition: Competition) -> bool:
    if not is_somebody(user):
        return False
    if (known := memberships.bound(user, competition)) is not None:
        return known.team is not None
    return TeamMember.objects.filter(competition=competition, user=user).exists()


def is_member(user: Person, team: Team) -> bool:
    return is_somebody(user) and TeamMember.objects.filter(team=team, user=user).exists()


def is_in_team_of(user: Person, submission: Submission) -> bool:
    """Whether it is their own team's."""
    if not is_somebody(user):
        return False
    if (known := memberships.bound(user, submission.competition)) is not None:
        return known.team == submission.team_id
    return TeamMember.objects.filter(team=submission.team_id, user=user).exists()


def is_participant(user: Person, competition: Competition) -> bool:
    """Entered and accepted the terms."""
    if not is_somebody(user):
        return False
    if (known := memberships.bound(user, competition)) is not None:
        return known.accepted_terms
    return Participation.objects.filter(
        competition=competition, user=user, accepted_terms_at__isnull=False
    ).exists()


def can_view(user: Person, competition: Competition) -> bool:
    if (known := memberships.bound(user, competition)) is not None:
        return memberships.may_view(user, competition, known)
    return Competition.objects.visible_to(user).filter(pk=competition.pk).exists()


def _judge_or_banned(user: User, competition: Competition) -> str:
    if is_judge(user, competition) and not competition.rehearsal:
        return _("You organise or moderate this competition, so you cannot compete in it.")
    ban = Ban.objects.filter(competition=competition, user=user).first()
    if ban is not None:
        return _("A moderator has excluded you from this competition: %(reason)s") % {"reason": ban.reason}
    return ""


def entry_refusal(user: Person, competition: Competition) -> str:
    """Why this person cannot enter the competition, in words for them; "" when they can."""
    if not is_somebody(user):
        return _("Log in to enter this competition.")
    if not can_view(user, competition):
        return _("This competition is open by invitation.")
    if competition.is_closed:
        return _("This competition is closed.")
    if not is_judge(user, competition) and (why := newcomer_refusal(competition)):
        return why
    return _judge_or_banned(user, competition)


def newcomer_refusal(competition: Competition) -> str:
    """Why nobody else comes into a rehearsal: the real one was made, and rows that are public here are secret there."""
    if competition.rehearsal and competition.copies.exclude(competition=None).exists():
        return _("This rehearsal is over: the real competition was made from it.")
    return ""


def submit_refusal(user: Person, competition: Competition) -> str:
    """Why this person cannot submit to the competition now, in words for them; "" when they can."""
    if not is_somebody(user):
        return _("Log in to submit.")
    if refusal := _judge_or_banned(user, competition):
        return refusal
    if not is_participant(user, competition):
        return _("Enter the competition and accept its terms before you submit.")
    if competition.status == Competition.Status.PAUSED:
        return _("The competition is paused; submissions open again when the organiser resumes it.")
    if competition.is_closed:
        return _("This competition is closed.")
    if not competition.is_open:
        return _("This competition is not open yet.")
    return ""


def moderation_refusal(user: Person, competition: Competition) -> str:
    """Why this person cannot moderate the competition, in words for them; "" when they can."""
    if not is_somebody(user):
        return _("Log in to moderate.")
    if not (user.is_superuser or is_judge(user, competition)):
        return _("Only this competition's organisers and moderators can do this.")
    if is_competitor(user, competition) and not competition.rehearsal:
        return _("You are on a team in this competition, so you cannot moderate it.")
    return ""


def decision_refusal(user: Person, competition: Competition, team: Team | None) -> str:
    """Why this person cannot decide about that team's work, in words for them; "" when they can."""
    if why := moderation_refusal(user, competition):
        return why
    return conflicts.refusal(user, team) if is_somebody(user) else ""


def serves(user: Person, competition: Competition) -> bool:
    """Judges there and does not compete: who came into a team all the same sees of others what rivals see."""
    return is_judge(user, competition) and (competition.rehearsal or not is_competitor(user, competition))


def can_make_competition(user: Person) -> bool:
    """Superusers, whom one of them gave the permission, and everybody where BOUNTY_OPEN_ORGANISING says so."""
    return is_somebody(user) and (settings.OPEN_ORGANISING or user.has_perm("bounty.add_competition"))
