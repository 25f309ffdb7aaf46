"""Notifications: notices on the site, by mail and by web hook.

`notify_users` writes rows with what they tell of, in one transaction; a worker of its own sends from those rows, so
that a broken mail server or receiver loses nothing and holds up nobody.

`tell` writes rows with what they tell of, in one transaction; a worker of its own sends from those rows, so that a
broken mail server or receiver loses nothing and holds up nobody.
"""

from bounty.notifications.grouping import NoticeBundle
from bounty.notifications.send import notify_users
from bounty.notifications.wording import Words

__all__ = ["NoticeBundle", "Words", "notify_users"]
