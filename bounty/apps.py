"""The Django application's configuration."""

from django.apps import AppConfig


class BountyConfig(AppConfig):
    """The one application: all models, template tags and commands."""

    name = "bounty"
    verbose_name = "Bias Bounty"

    def ready(self) -> None:
        # Here and not above: what registers needs models, and Django loads this module before them.
        from bounty import registrations  # noqa: F401
