"""The database models of the site, in one application. Business rules live in the packages that apply them."""

from bounty.models.api_tokens import ApiToken, IdempotencyKey
from bounty.models.competition import CertificationBlock, Competition, DeclaredGroup
from bounty.models.competition_drafts import CompetitionDraft
from bounty.models.corrections import TableCorrection
from bounty.models.discussion import AbuseReport, Post, Revision, Thread, WriteUp
from bounty.models.dry_runs import DryRun
from bounty.models.hash_chain import ChainEntry
from bounty.models.label_reports import LabelReport
from bounty.models.leaderboard import BoardRow
from bounty.models.moderation import (
    Appeal,
    Assignment,
    CannedReason,
    Conflict,
    PanelRules,
    PrivateNote,
    Triage,
)
from bounty.models.notifications import (
    Delivery,
    FeedToken,
    Follow,
    Notice,
    NoticeKind,
    NoticePreference,
    PhaseTold,
    WebHook,
)
from bounty.models.participation import Ban, Invitation, Participation, Role, Team, TeamMember
from bounty.models.preferences import Preferences
from bounty.models.prizes_and_analysis import Prize, TeamAnalysis
from bounty.models.profiles import Certificate, Profile
from bounty.models.submission import LedgerQuery, Outcome, Submission, Verdict
from bounty.models.versions import Credit, ModelVersion, TeamVersion

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
