"""The audit trail: what moderators and organisers change is kept by django-auditlog, with who and when."""

from auditlog.registry import auditlog

from bounty.models import (
    Ban,
    CertificationBlock,
    Competition,
    DeclaredGroup,
    Invitation,
    Participation,
    Role,
    Submission,
    Team,
    TeamMember,
)

# Bulky documents are left out: their digests and the artifact store say what they held.
auditlog.register(Competition, exclude_fields=["schema_json", "layout_json", "plan_json"])
auditlog.register(DeclaredGroup)
auditlog.register(CertificationBlock)
auditlog.register(Role)
auditlog.register(Ban)
auditlog.register(Participation)
# Whoever reads the trail must not learn a link that lets people in.
auditlog.register(Invitation, exclude_fields=["token"])
auditlog.register(Team, exclude_fields=["token"])
auditlog.register(TeamMember)
# Leases change with every heartbeat and say nothing about what a person did.
auditlog.register(Submission, exclude_fields=["lease_until", "stage", "queued_at", "started_at"])
