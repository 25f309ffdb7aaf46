"""The Django application."""

from django.apps import AppConfig


class BountyConfig(AppConfig):
    name = "bounty"
    verbose_name = "Bias Bounty"

    def ready(self) -> None:
        # Permissions exist once these rules are registered; models must be loaded before.
        from bounty import access, audit  # noqa: F401

        # The queue's own sections come before those that other parts add.
        from bounty.moderating import builtin  # noqa: F401
