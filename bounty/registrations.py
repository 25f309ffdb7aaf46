"""Imports of every module that registers something: the audit trail, permissions, the moderators' queue, reports.

Imported once, from AppConfig.ready: their models must be loaded before.
"""

from __future__ import annotations

from bounty.core import audit
from bounty.discussion import queue_sections as discussion_queue_sections
from bounty.discussion import reportable_kinds
from bounty.moderation import queue_sections
from bounty.permissions import registry

# Each registers at its import.
__all__ = ["audit", "discussion_queue_sections", "queue_sections", "registry", "reportable_kinds"]
