"""Permission rules: predicates and refusals, asked by views, forms and admin pages as `user.has_perm("bounty.X",
object)`.

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
                         embargo hides it (visibility.publicly_visible, which every public list of submissions asks)
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
from django.utils.translation import gettext as _

from bounty.models import Ban, Competition, Role, Submission, Team, TeamMember, WebHook
from bounty.models.competition import is_visible_to
from bounty.models.memberships import Membership
from bounty.permissions import conflicts
from bounty.permissions.memberships import membership_or_load

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser


def is_active_user(user: Person) -> TypeGuard[User]:
    """Whether they are logged in and their account is active."""
    return user.is_authenticated and user.is_active


def is_organiser(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they organise the competition: its maker, and all with the role."""
    known = membership_or_load(user, competition, membership)
    return Role.Kind.ORGANISER in known.roles


def may_organise(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they organise the competition, or administer the site."""
    return (user.is_active and user.is_superuser) or is_organiser(user, competition, membership)


def check_organiser(competition: Competition, by: Person, membership: Membership | None = None) -> None:
    """Raises PermissionDenied for everybody but the competition's organisers and superusers."""
    if not may_organise(by, competition, membership):
        raise PermissionDenied(_("Only this competition's organisers can do this."))


def may_change_hook(user: Person, hook: WebHook) -> bool:
    """Whether the web hook is theirs: its owner's, and of a competition's each organiser's."""
    if hook.competition is not None:
        return is_organiser(user, hook.competition)
    return is_active_user(user) and user.pk == hook.owner_id


def competition_roles(
    user: Person, competition: Competition, membership: Membership | None = None
) -> frozenset[str]:
    """The roles that they have in the competition; its maker and a superuser have both."""
    if is_active_user(user) and (user.is_superuser or user.pk == competition.organiser_id):
        return frozenset(Role.Kind.values)
    return membership_or_load(user, competition, membership).roles


def is_judge(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they are an organiser or a moderator: those who decide about others there do not compete there."""
    return bool(membership_or_load(user, competition, membership).roles)


def is_competitor(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they are on a team in the competition."""
    return membership_or_load(user, competition, membership).team_id is not None


def is_member(user: Person, team: Team) -> bool:
    """Whether they are on the team."""
    return is_active_user(user) and TeamMember.objects.filter(team=team, user=user).exists()


def is_in_team_of(user: Person, submission: Submission, membership: Membership | None = None) -> bool:
    """Whether the submission is their own team's."""
    return membership_or_load(user, submission.competition, membership).team_id == submission.team_id


def is_participant(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they entered the competition and accepted its terms."""
    return membership_or_load(user, competition, membership).accepted_terms


def can_view(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they see the competition (bounty/models/competition.py says who does)."""
    if competition.is_publicly_visible:
        return True
    return is_visible_to(competition, user, membership_or_load(user, competition, membership))


def can_download_model(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they may download the model: organisers and superusers, and who may view it once it is open to them."""
    known = membership_or_load(user, competition, membership)
    if may_organise(user, competition, known):
        return True
    return (competition.open_model or competition.is_closed) and can_view(user, competition, known)


def _judge_or_banned(user: User, competition: Competition, membership: Membership) -> str:
    if is_judge(user, competition, membership) and not competition.rehearsal:
        return _("You organise or moderate this competition, so you cannot compete in it.")
    ban = Ban.objects.filter(competition=competition, user=user).first()
    if ban is not None:
        return _("A moderator has excluded you from this competition: %(reason)s") % {"reason": ban.reason}
    return ""


def entry_refusal(user: Person, competition: Competition, membership: Membership | None = None) -> str:
    """The reason why this person cannot enter the competition, in words for them; "" when they can."""
    if not is_active_user(user):
        return _("Log in to enter this competition.")
    known = membership_or_load(user, competition, membership)
    if not can_view(user, competition, known):
        return _("This competition is open by invitation.")
    if competition.is_closed:
        return _("This competition is closed.")
    if not is_judge(user, competition, known) and (why := newcomer_refusal(competition)):
        return why
    return _judge_or_banned(user, competition, known)


def newcomer_refusal(competition: Competition) -> str:
    """The reason why nobody else comes into a rehearsal: the real one was made, and rows that are public here are
    secret there.
    """
    if competition.rehearsal and competition.copies.exclude(competition=None).exists():
        return _("This rehearsal is over: the real competition was made from it.")
    return ""


def submit_refusal(user: Person, competition: Competition, membership: Membership | None = None) -> str:
    """The reason why this person cannot submit to the competition now, in words for them; "" when they can."""
    if not is_active_user(user):
        return _("Log in to submit.")
    known = membership_or_load(user, competition, membership)
    if refusal := _judge_or_banned(user, competition, known):
        return refusal
    if not is_participant(user, competition, known):
        return _("Enter the competition and accept its terms before you submit.")
    if competition.status == Competition.Status.PAUSED:
        return _("The competition is paused; submissions open again when the organiser resumes it.")
    if competition.is_closed:
        return _("This competition is closed.")
    if not competition.is_open:
        return _("This competition is not open yet.")
    return ""


def moderation_refusal(user: Person, competition: Competition, membership: Membership | None = None) -> str:
    """The reason why this person cannot moderate the competition, in words for them; "" when they can."""
    if not is_active_user(user):
        return _("Log in to moderate.")
    known = membership_or_load(user, competition, membership)
    if not (user.is_superuser or is_judge(user, competition, known)):
        return _("Only this competition's organisers and moderators can do this.")
    if is_competitor(user, competition, known) and not competition.rehearsal:
        return _("You are on a team in this competition, so you cannot moderate it.")
    return ""


def decision_refusal(
    user: Person, competition: Competition, team: Team | None, membership: Membership | None = None
) -> str:
    """The reason why this person cannot decide about that team's work, in words for them; "" when they can."""
    if why := moderation_refusal(user, competition, membership):
        return why
    return conflicts.conflict_refusal(user, team) if is_active_user(user) else ""


def serves_competition(user: Person, competition: Competition, membership: Membership | None = None) -> bool:
    """Whether they judge there and do not compete: a judge who came into a team all the same sees of others what
    rivals see.
    """
    known = membership_or_load(user, competition, membership)
    if not is_judge(user, competition, known):
        return False
    return competition.rehearsal or not is_competitor(user, competition, known)


def can_make_competition(user: Person) -> bool:
    """Whether they may make one: superusers, holders of the permission, everybody where BOUNTY_OPEN_ORGANISING says
    so.
    """
    return is_active_user(user) and (settings.OPEN_ORGANISING or user.has_perm("bounty.add_competition"))
