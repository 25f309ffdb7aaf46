"""Roles and invitations of a competition, given and ended by its organisers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bounty.core.errors import Refusal
from bounty.models import Competition, Invitation, Role
from bounty.permissions import rules

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def give_role(competition: Competition, user: User, kind: str, by: User) -> None:
    """Give a person a role. Raises Refusal for a competitor or a second time, PermissionDenied for who does not
    organise.
    """
    rules.check_organiser(competition, by)
    if rules.is_competitor(user, competition) and not competition.rehearsal:
        raise Refusal(_("%(user)s is on a team here; who competes cannot judge.") % {"user": user})
    if user.pk == competition.organiser_id:
        raise Refusal(_("%(user)s made this competition and may do everything in it.") % {"user": user})
    try:
        with transaction.atomic():
            Role.objects.create(competition=competition, user=user, kind=kind)
    except IntegrityError:
        raise Refusal(_("%(user)s has that role already.") % {"user": user}) from None


def remove_role(competition: Competition, role: int, by: User) -> None:
    """Delete a role; one that is gone already is no error. Raises PermissionDenied."""
    rules.check_organiser(competition, by)
    # One by one: the audit log listens to a row's own deletion.
    for found in Role.objects.filter(competition=competition, pk=role):
        found.delete()


def end_invitation(competition: Competition, invitation: int, by: User) -> None:
    """Delete an invitation: nobody else comes in by it, who came stays. Raises PermissionDenied."""
    rules.check_organiser(competition, by)
    for found in Invitation.objects.filter(competition=competition, pk=invitation):
        found.delete()
