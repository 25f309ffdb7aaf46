"""The truth: what the database knows. Business rules live beside the stage that applies them."""

from bounty.models.api import ApiToken, IdempotencyKey
from bounty.models.board import BoardRow
from bounty.models.chain import ChainEntry
from bounty.models.community import AbuseReport, Post, Revision, Thread, WriteUp
from bounty.models.competition import CertificationBlock, Competition, DeclaredGroup
from bounty.models.corrections import TableCorrection
from bounty.models.drafts import CompetitionDraft
from bounty.models.dry_runs import DryRun
from bounty.models.labels import LabelReport
from bounty.models.model import Credit, ModelVersion, TeamVersion
from bounty.models.moderating import (
    Appeal,
    Assignment,
    CannedReason,
    Conflict,
    PanelRules,
    PrivateNote,
    Triage,
)
from bounty.models.notices import (
    Delivery,
    FeedToken,
    Follow,
    Notice,
    NoticeKind,
    NoticePreference,
    PhaseTold,
    WebHook,
)
from bounty.models.people import Ban, Invitation, Participation, Role, Team, TeamMember
from bounty.models.preferences import Preferences
from bounty.models.profiles import Certificate, Profile
from bounty.models.results import Prize, TeamAnalysis
from bounty.models.submission import LedgerQuery, Outcome, Submission, Verdict

__all__ = [
    "AbuseReport",
    "ApiToken",
    "Appeal",
    "Assignment",
    "Ban",
    "BoardRow",
    "CannedReason",
    "Certificate",
    "CertificationBlock",
    "ChainEntry",
    "Competition",
    "CompetitionDraft",
    "Conflict",
    "Credit",
    "DeclaredGroup",
    "Delivery",
    "DryRun",
    "FeedToken",
    "Follow",
    "IdempotencyKey",
    "Invitation",
    "LabelReport",
    "LedgerQuery",
    "ModelVersion",
    "Notice",
    "NoticeKind",
    "NoticePreference",
    "Outcome",
    "PanelRules",
    "Participation",
    "PhaseTold",
    "Post",
    "Preferences",
    "PrivateNote",
    "Prize",
    "Profile",
    "Revision",
    "Role",
    "Submission",
    "TableCorrection",
    "Team",
    "TeamAnalysis",
    "TeamMember",
    "TeamVersion",
    "Thread",
    "Triage",
    "Verdict",
    "WebHook",
    "WriteUp",
]
