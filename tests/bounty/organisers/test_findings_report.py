"""The organiser's report of what was found and mended."""

from __future__ import annotations

import csv
import io

from django.urls import reverse

from bounty.models import Competition, Submission
from bounty.moderation import triage
from tests.competition_history import put_under_embargo
from tests.pages import page


def lines(client, competition):
    reply = client.get(reverse("organise-findings-csv", args=[competition.slug]))
    assert reply.status_code == 200 and "attachment" in reply["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(reply.content.decode())))


def test_it_has_every_finding_and_patch_with_what_became_of_it(
    client,
    patch,
    finding,
    competition,
    alice,
):
    triage.triage_finding(finding, alice, "high", None)
    triage.answer_finding(finding, alice, "will_fix", "Next month.")
    client.force_login(alice)
    shown = page(client, "organise-findings-report", competition.slug)
    for said in ("women over 60", "children under 6", "severity: high", "Next month.", "still open", "<svg"):
        assert said in shown
    found, mended = lines(client, competition)
    assert (found["kind"], found["severity"], found["owner_answer"], found["open"]) == (
        "finding",
        "high",
        "will_fix",
        "yes",
    )
    assert float(found["loss_now"]) > float(found["loss_elsewhere_now"])
    assert (mended["kind"], mended["group"], mended["team"]) == (
        "patch",
        "children under 6",
        "Bob's Builders",
    )
    assert float(mended["loss_now"]) < float(mended["loss_before"])
    assert mended["address"].endswith(f"/c/{competition.slug}/patches/{patch.number}/")


def test_what_is_under_an_embargo_is_in_it_and_marked(client, finding, competition, alice):
    put_under_embargo(finding)
    client.force_login(alice)
    assert "hidden from the public" in page(client, "organise-findings-report", competition.slug)
    (found,) = lines(client, competition)
    assert found["embargo_until"]


def test_no_cell_of_a_stranger_becomes_a_formula(client, finding, competition, alice, bobs):
    Submission.objects.filter(pk=finding.pk).update(description="=HYPERLINK(1)", words="@SUM(1)")
    bobs.name = "+Bob"
    bobs.save()
    client.force_login(alice)
    (found,) = lines(client, competition)
    assert (found["description"], found["group"], found["team"]) == ("'=HYPERLINK(1)", "'@SUM(1)", "'+Bob")


def test_it_is_for_organisers_alone(client, finding, competition, bob, mallory, make):
    for name in ("organise-findings-report", "organise-findings-csv"):
        address = reverse(name, args=[competition.slug])
        client.logout()
        assert client.get(address).status_code == 302
        for other in (bob, mallory):
            client.force_login(other)
            assert client.get(address).status_code == 403
        assert client.get(reverse(name, args=[make(status="draft").competition.slug])).status_code == 404


def test_an_empty_one_says_what_will_fill_it(client, competition, make, alice):
    client.force_login(alice)
    assert "fills with the first" in page(client, "organise-findings-report", competition.slug)
    bare = make().competition
    bare.versions.all().delete()
    Competition.objects.filter(pk=bare.pk).update(
        status="preparing", layout_json={}, schema_json={}, loss_json={}, tables_json={}
    )
    assert "fills with the first" in page(client, "organise-findings-report", bare.slug)
    assert "Harms appear here" in page(client, "harms", bare.slug)
    page(client, "label-report", bare.slug, status=403)
