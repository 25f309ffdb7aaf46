"""Opens competitions on a site, in a process of the site's settings (site.py starts it)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from bounty.competitions.base_models import FittedBase
from bounty.competitions.create import create_competition
from bounty.demo import people as demo_people
from bounty.demo import stage
from bounty.people import api_tokens
from tests.bad_slice_table import table_with_a_bad_slice

UNTAUGHT = "untaught"


def open_competitions(slugs: Sequence[str]) -> None:
    """Opens them with the demo's people, the last one listed first; prints an API token of somebody new."""
    people, table = demo_people.make_people(), table_with_a_bad_slice(4000)
    for slug in slugs:
        # Of the east this one's model is taught nothing.
        base = FittedBase(where="region != 'east'" if slug == UNTAUGHT else "")
        fields = {"slug": slug, "title": slug.title(), "label": "outcome", "seed": 0, "base": base}
        stage.open_with_teams(
            create_competition(table, organiser=people[demo_people.ORGANISER], **fields), people
        )
    nora = User.objects.create_user("nora", "nora@example.org", "correct horse battery")
    print(api_tokens.issue_token(nora, "notebook", ["submit"], timezone.now(), timedelta(days=1))[1])
