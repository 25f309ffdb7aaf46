"""The truth: what the database knows. Business rules live beside the stage that applies them."""

from bounty.models.board import BoardRow
from bounty.models.chain import ChainEntry
from bounty.models.competition import CertificationBlock, Competition, DeclaredGroup
from bounty.models.drafts import CompetitionDraft
from bounty.models.model import Credit, ModelVersion, TeamVersion
from bounty.models.people import Ban, Invitation, Participation, Role, Team, TeamMember
from bounty.models.results import Prize, TeamAnalysis
from bounty.models.submission import LedgerQuery, Outcome, Submission, Verdict

__all__ = [
    "Ban",
    "BoardRow",
    "CertificationBlock",
    "ChainEntry",
    "Competition",
    "CompetitionDraft",
    "Credit",
    "DeclaredGroup",
    "Invitation",
    "LedgerQuery",
    "ModelVersion",
    "Outcome",
    "Participation",
    "Prize",
    "Role",
    "Submission",
    "Team",
    "TeamAnalysis",
    "TeamMember",
    "TeamVersion",
    "Verdict",
]
