"""The kinds of notices: how each is heard where a person has chosen nothing, and who can hear it by web hook."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bounty.models.notifications import NoticeKind, NoticePreference

Mail = NoticePreference.Mail

# By mail where a person has chosen nothing: at once what asks them to act, once a day what can wait.
DEFAULT_MAIL: dict[str, str] = {
    NoticeKind.VERDICT: Mail.DAILY,
    NoticeKind.MODERATION: Mail.NOW,
    NoticeKind.ANNOUNCEMENT: Mail.NOW,
    NoticeKind.REPLY: Mail.DAILY,
    NoticeKind.PHASE: Mail.NOW,
    NoticeKind.ACCEPTED: Mail.DAILY,
    NoticeKind.TEAM: Mail.NOW,
    NoticeKind.APPEAL: Mail.NOW,
    NoticeKind.TRIAGE: Mail.NOW,
    NoticeKind.LABEL_REPORT: Mail.DAILY,
    NoticeKind.HOOK: Mail.NOW,
}

# What a competition's own web hook can hear; what concerns one person only is not among it.
FOR_COMPETITIONS = (
    NoticeKind.VERDICT,
    NoticeKind.MODERATION,
    NoticeKind.ANNOUNCEMENT,
    NoticeKind.REPLY,
    NoticeKind.PHASE,
    NoticeKind.ACCEPTED,
    NoticeKind.APPEAL,
    NoticeKind.TRIAGE,
    NoticeKind.LABEL_REPORT,
)


@dataclass(frozen=True)
class Choice:
    """How one person hears of one kind."""

    on_site: bool
    mail: str


def choices_of(users: Iterable[int], kind: str) -> dict[int, Choice]:
    """Each person's choice for a kind, by user id, the default where they have none."""
    wanted = dict.fromkeys(users, Choice(True, DEFAULT_MAIL[kind]))
    for row in NoticePreference.objects.filter(user__in=wanted, kind=kind):
        wanted[row.user_id] = Choice(row.on_site, row.mail)
    return wanted
