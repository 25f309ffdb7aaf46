"""The Django application."""

from django.apps import AppConfig


class BountyConfig(AppConfig):
    name = "bounty"
    verbose_name = "Bias Bounty"

    def ready(self) -> None:
        # Permissions exist once these rules are registered; models must be loaded before.
        # The moderators' queue: its own sections, then those that other parts add.
        from bounty.core import audit  # noqa: F401
        from bounty.discussion import queue_sections as discussion_queue_sections  # noqa: F401
        from bounty.moderation import queue_sections  # noqa: F401
        from bounty.permissions import registry  # noqa: F401
