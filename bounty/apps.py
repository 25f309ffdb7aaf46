"""The Django application."""

from django.apps import AppConfig


class BountyConfig(AppConfig):
    name = "bounty"
    verbose_name = "Bias Bounty"
