"""The Django application."""

from django.apps import AppConfig


class BountyConfig(AppConfig):
    name = "bounty"
    verbose_name = "Bias Bounty"

    def ready(self) -> None:
        # Here and not above: what registers needs models, and Django loads this module before them.
        from bounty import registrations  # noqa: F401
