"""What is held before its evaluation has no clock on the moderator's pages."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bounty.models import Submission


def test_a_moderator_reads_that_no_clock_releases_it(world, alice, bobs):
    submission = world.submission(
        bobs, hold=Submission.Hold.HELD, hold_reason="5 failed", held_at=timezone.now()
    )
    Submission.objects.update(queued_at=None)
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("moderate-submission", args=[world.competition.slug, submission.pk]))
    text = page.content.decode()
    assert "It is not run before somebody decides." in text
    assert "48 hours" not in text
    assert client.get(f"/c/{world.competition.slug}/moderate/").status_code == 200
