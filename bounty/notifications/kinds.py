"""Kinds of notices: the default way of each, and the kinds that web hooks can hear."""

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
COMPETITION_HOOK_KINDS = (
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
class NoticeChoice:
    """A person's choice for one kind of notice: on the site or not, and when by mail."""

    on_site: bool
    mail: str


def notice_choices(users: Iterable[int], kind: str) -> dict[int, NoticeChoice]:
    """Each person's choice for a kind, by user id, the default where they have none."""
    wanted = dict.fromkeys(users, NoticeChoice(True, DEFAULT_MAIL[kind]))
    for row in NoticePreference.objects.filter(user__in=wanted, kind=kind):
        wanted[row.user_id] = NoticeChoice(row.on_site, row.mail)
    return wanted
