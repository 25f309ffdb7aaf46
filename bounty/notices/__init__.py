"""Telling people what happened: on the site, by mail, by web hook.

`tell` writes rows with what they tell of, in one transaction; a worker of its own sends from those rows, so that a
broken mail server or receiver loses nothing and holds up nobody.
"""

from bounty.notices.bundling import Bundle
from bounty.notices.telling import tell
from bounty.notices.wording import Words

__all__ = ["Bundle", "Words", "tell"]
