"""The audit trail: registers the models whose changes django-auditlog writes down, and writes entries by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditlog.models import LogEntry
from auditlog.registry import auditlog

from bounty.models import (
    Ban,
    CannedReason,
    CertificationBlock,
    Competition,
    DeclaredGroup,
    Invitation,
    PanelRules,
    Participation,
    Prize,
    Role,
    Submission,
    Team,
    TeamMember,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

# Bulky documents are left out: their digests and the artifact store say what they held.
auditlog.register(Competition, exclude_fields=["schema_json", "layout_json", "plan_json"])
auditlog.register(DeclaredGroup)
auditlog.register(CertificationBlock)
auditlog.register(Role)
auditlog.register(Ban)
auditlog.register(Participation)
auditlog.register(PanelRules)
auditlog.register(CannedReason)
auditlog.register(Prize)
# Whoever reads the trail must not learn a link that lets people in.
auditlog.register(Invitation, exclude_fields=["token"])
auditlog.register(Team, exclude_fields=["token"])
auditlog.register(TeamMember)
# Leases change with every heartbeat and say nothing about what a person did.
auditlog.register(Submission, exclude_fields=["lease_until", "stage", "queued_at", "started_at"])


def record_change(
    instance: Model,
    by: User | None,
    changes: dict[str, list[str]],
    reason: str = "",
    action: int = LogEntry.Action.UPDATE,
) -> None:
    """Writes one entry by hand: {field: [before, after]}, its author (None: the platform), and the reason.

    Compare-and-set updates go past the model's save(), which is all that auditlog listens to.
    """
    LogEntry.objects.log_create(
        instance,
        force_log=True,
        action=action,
        changes={name: [str(old), str(new)] for name, (old, new) in changes.items()},
        actor=by,
        actor_email=by.email if by else None,
        additional_data={"reason": reason} if reason else None,
    )
