"""Permission rules of the discussion: refusals in words for who may write, change, decide and read.

Beside bounty.permissions.rules, which it asks.

write              who may view the competition and is not banned from it
announce           organisers
change, take back  its author, where the thread is not locked and no moderator hid it; nobody banned changes anything
accept an answer   who asked, and organisers
pin, lock, hide    who may moderate there, never about what they wrote themselves or where they have a conflict
write up           members of the team who may write
read               who may view the competition; what is held or hidden: its author and who serves there
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bounty.models import Ban, Competition, Post, Team, TeamMember, Thread
from bounty.models.discussion import AuthoredText
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from bounty.models.memberships import Membership

    Person = User | AnonymousUser

State = AuthoredText.State


def write_refusal(user: Person, competition: Competition, membership: Membership | None = None) -> str:
    """Why this person cannot write here; "" when they can."""
    if not (user.is_authenticated and user.is_active):
        return _("Log in to write.")
    if not rules.can_view(user, competition, membership):
        return _("This competition is open by invitation.")
    ban = Ban.objects.filter(competition=competition, user=user).first()
    if ban is not None:
        return _("A moderator has excluded you from this competition: %(why)s") % {"why": ban.reason}
    return ""


def start_refusal(user: Person, competition: Competition, kind: str) -> str:
    """Why this person cannot start a thread of that kind; "" when they can. Announcements are for organisers."""
    if refusal := write_refusal(user, competition):
        return refusal
    if kind == Thread.Kind.ANNOUNCEMENT and not rules.is_organiser(user, competition):
        return _("Only organisers make announcements.")
    return ""


def reply_refusal(user: Person, thread: Thread, membership: Membership | None = None) -> str:
    """Why this person cannot answer in the thread; "" when they can."""
    if refusal := write_refusal(user, thread.competition, membership):
        return refusal
    if thread.locked and rules.moderation_refusal(user, thread.competition, membership):
        return _("A moderator has locked this thread; nobody answers here any more.")
    return ""


def change_refusal(user: Person, post: Post) -> str:
    """Why this person cannot edit or delete the post; "" when they can."""
    if not user.is_authenticated or user.pk != post.author_id:
        return _("Only its author can change it.")
    if refusal := reply_refusal(user, post.thread):
        return refusal
    return written_refusal(post)


def written_refusal(written: AuthoredText) -> str:
    """Why nobody can change a text in its present state; "" when its author can."""
    if written.state == State.HIDDEN:
        return _("A moderator has hidden it: %(why)s") % {"why": written.reason}
    if written.state == State.DELETED:
        return _("It was deleted.")
    return ""


def accept_refusal(user: Person, thread: Thread, membership: Membership | None = None) -> str:
    """Why this person cannot accept an answer in the thread; "" when they can."""
    if thread.kind != Thread.Kind.QUESTION:
        return _("Only a question has an accepted answer.")
    if refusal := write_refusal(user, thread.competition, membership):
        return refusal
    if user.pk != thread.author_id and not rules.is_organiser(user, thread.competition, membership):
        return _("Only who asked, and organisers, accept an answer.")
    return ""


def decide_refusal(
    user: Person,
    competition: Competition,
    author: User | None,
    team: Team | None = None,
    membership: Membership | None = None,
) -> str:
    """Why this person cannot decide about what somebody wrote: hide, restore, answer a report; "" when they can."""
    if refusal := rules.moderation_refusal(user, competition, membership):
        return refusal
    if author is not None and user.pk == author.pk:
        return _("You wrote it; somebody else has to decide.")
    if team is None and author is not None:
        member = (
            TeamMember.objects.filter(competition=competition, user=author).select_related("team").first()
        )
        team = member.team if member else None
        if team is not None:
            team.competition = competition
    return rules.decision_refusal(user, competition, team, membership)


def write_up_refusal(user: Person, team: Team, membership: Membership | None = None) -> str:
    """Why this person cannot write the team's write-up; "" when they can."""
    if refusal := write_refusal(user, team.competition, membership):
        return refusal
    if not rules.is_member(user, team):
        return _("Only the team's members write it.")
    write_up = getattr(team, "write_up", None)
    if write_up is not None and write_up.state == State.HIDDEN:
        return written_refusal(write_up)
    return ""


def can_read(
    user: Person, written: AuthoredText, competition: Competition, membership: Membership | None = None
) -> bool:
    """Whether a text is shown to this person, who may view the competition."""
    if written.state == State.SHOWN:
        return True
    if not user.is_authenticated:
        return False
    if written.state in (State.HELD, State.HIDDEN) and user.pk == written.author_id:
        return True
    return user.is_superuser or rules.serves_competition(user, competition, membership)
