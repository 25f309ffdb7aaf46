"""Settings of the site with the bare page beside its own."""

from bounty.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare_site"
