"""Telling people what happened: on the site, by mail, by web hook.

`tell` writes rows with what they tell of, in one transaction; a worker of its own sends from those rows, so that a
broken mail server or receiver loses nothing and holds up nobody.
"""

from bounty.notifications.grouping import Bundle
from bounty.notifications.send import tell
from bounty.notifications.wording import Words

__all__ = ["Bundle", "Words", "tell"]
