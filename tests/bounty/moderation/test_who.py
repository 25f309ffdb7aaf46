"""Every page of the panel, for everybody who must not see or use it; and what pages show of hostile files."""

from __future__ import annotations

import io
import zipfile
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bounty.core import artifacts
from bounty.models import Appeal, Assignment, Conflict, PrivateNote, Role
from bounty.moderation import overlap, source_files
from tests.bounty.moderation.queue_pages import CHILDREN, State, address
from tests.pages import log_in
from tests.world import new_team

PAGES = ("", "submissions/{held}/", "findings/", "findings/{finding}/", "conflicts/", "rules/", "appeals/1/")
FORMS = (
    ("", {"do": "release", "item": "held:{held}"}),
    ("submissions/{held}/", {"do": "release"}),
    ("submissions/{held}/", {"do": "refuse", "reason": "x"}),
    ("submissions/{held}/", {"do": "ban", "reason": "x", "sure": "1"}),
    ("findings/{finding}/", {"do": "triage", "severity": "low", "embargo_until": "2099-01-01"}),
    ("findings/{finding}/", {"do": "answer", "answer": "acknowledged"}),
    ("assign/", {"section": "held", "item": "{held}", "to": "me"}),
    ("notes/", {"section": "held", "item": "{held}", "text": "x"}),
    ("conflicts/", {"team": "bobs-builders"}),
    ("rules/", {"do": "days", "embargo_days": "3"}),
)


@pytest.fixture
def competing_moderator(competition, charlies, charlie):
    """Charlie is on a team and was made a moderator all the same."""
    Role.objects.create(competition=competition, user=charlie, kind=Role.Kind.MODERATOR)
    return charlie


@pytest.fixture
def competing_superuser(charlies, charlie):
    charlie.is_superuser = charlie.is_staff = True
    charlie.save()
    return charlie


@pytest.fixture(params=["mallory", "bob", "competing_moderator", "competing_superuser"])
def outsider(request):
    return request.getfixturevalue(request.param)


def filled(value, waiting, finding):
    return value.format(held=waiting.pk, finding=finding.pk)


def test_no_outsider_sees_a_page(waiting, finding, outsider):
    client = log_in(outsider)
    for page in PAGES:
        response = client.get(address(waiting.competition, filled(page, waiting, finding)))
        assert response.status_code == 403, page
        words = "You are on a team" if outsider.username == "charlie" else "Only this competition"
        assert words in response.content.decode()


def test_no_outsider_decides_anything(waiting, finding, outsider):
    client = log_in(outsider)
    for page, form in FORMS:
        data = {name: filled(value, waiting, finding) for name, value in form.items()}
        response = client.post(address(waiting.competition, filled(page, waiting, finding)), data)
        assert response.status_code == 403, (page, form)
    waiting.refresh_from_db()
    finding.refresh_from_db()
    assert waiting.state == State.HELD and finding.embargo_until is None
    for model in (Assignment, PrivateNote, Conflict, Appeal):
        assert not model.objects.exists()


def test_visitors_are_asked_to_log_in(waiting, finding):
    for page in PAGES:
        at = address(waiting.competition, filled(page, waiting, finding))
        response = Client().get(at)
        assert response.status_code == 302 and "/accounts/login/" in response.url


def test_an_invisible_competition_has_no_panel(make, mallory):
    hidden = make(visibility="invitation").competition
    assert log_in(mallory).get(address(hidden)).status_code == 404


def test_a_moderator_of_another_competition_is_nobody_here(competition, make, mallory):
    Role.objects.create(competition=make().competition, user=mallory, kind=Role.Kind.MODERATOR)
    assert log_in(mallory).get(address(competition)).status_code == 403


def test_a_superuser_who_does_not_compete_moderates(waiting, mallory):
    mallory.is_superuser = True
    mallory.save()
    assert log_in(mallory).get(address(waiting.competition)).status_code == 200


def test_what_does_not_exist_is_not_found(competition, mona):
    client = log_in(mona)
    for page in (f"submissions/{uuid4()}/", f"findings/{uuid4()}/", "appeals/99/"):
        assert client.get(address(competition, page)).status_code == 404
    nonsense = {"section": "held", "item": "\x00", "text": "x", "to": "me"}
    assert client.post(address(competition, "notes/"), nonsense).status_code == 404
    assert client.post(address(competition, "assign/"), nonsense).status_code == 404


def test_another_competitions_submission_is_not_shown_here(make, waiting, mona):
    other = make().competition
    Role.objects.create(competition=other, user=mona, kind=Role.Kind.MODERATOR)
    assert log_in(mona).get(address(other, f"submissions/{waiting.pk}/")).status_code == 404


# --- one submission -----------------------------------------------------------------------------------------------
def test_the_page_says_all_that_a_decision_needs(waiting, world, bobs, mona):
    world.submission(bobs, state=State.REFUSED, moderator_reason="Too narrow the first time.")
    page = log_in(mona).get(address(waiting.competition, f"submissions/{waiting.pk}/")).content.decode()
    for words in (
        "AGE &lt; 6",
        "A moderator looks at every submission here.",
        "What releasing does:",
        "of the public rows",
        "Overlap with known groups",
        "Too narrow the first time.",
        "Released by itself",
        "Points at somebody",
    ):
        assert words in page, words


def test_the_page_asks_as_many_queries_for_many_as_for_few(
    waiting, world, bobs, charlies, mona, django_assert_num_queries
):
    client, at = log_in(mona), address(waiting.competition, f"submissions/{waiting.pk}/")
    for name in ("AGE < 9", "AGE < 12"):
        world.evaluated(charlies, name, state=State.CONFIRMED, words="some")
        world.submission(bobs, state=State.REFUSED, moderator_reason="No.")
    client.get(at)
    with CaptureQueriesContext(connection) as few:
        client.get(at)
    for age in range(13, 19):
        world.evaluated(charlies, f"AGE < {age}", state=State.CONFIRMED, words="some")
        world.submission(bobs, state=State.REFUSED, moderator_reason="No.")
    with django_assert_num_queries(len(few)):
        client.get(at)
    assert len(few) < 50


def test_mona_releases_on_the_page(waiting, mona):
    at = address(waiting.competition, f"submissions/{waiting.pk}/")
    assert log_in(mona).post(at, {"do": "release"}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.hold == "released"


def test_a_refusal_without_a_reason_and_a_ban_without_the_tick_change_nothing(waiting, mona):
    client, at = log_in(mona), address(waiting.competition, f"submissions/{waiting.pk}/")
    assert "Say why" in client.post(at, {"do": "refuse", "reason": " "}).content.decode()
    unsure = client.post(at, {"do": "ban", "reason": "I typed this."})
    assert unsure.status_code == 422 and "I typed this." in unsure.content.decode()
    assert client.post(at, {"do": "nothing"}).status_code == 422
    waiting.refresh_from_db()
    assert waiting.state == State.HELD and not waiting.competition.bans.exists()


def test_the_overlap_is_jaccards_index_on_public_rows(make, mona, bob):
    world = make(declared={"under twelve": "AGE < 12"})
    team = new_team(world.competition, bob, "B")
    submission = world.evaluated(team, CHILDREN)
    public = world.layout.public
    small, under = world.mask(CHILDREN)[:public], world.mask("AGE < 12")[:public]
    (found,) = overlap.find_overlaps(submission, small)
    assert (found.name, found.rows, found.both) == ("under twelve", under.sum(), small.sum())
    assert found.jaccard == pytest.approx(small.sum() / under.sum())


# --- submitted files ----------------------------------------------------------------------------------------------
def with_file(submission, name: str, content: bytes):
    suffix = name[name.rindex(".") :]
    stored = artifacts.artifact_store().write_bytes(f"submissions/{submission.pk}/group{suffix}", content)
    submission.files = {"group": {**stored.to_json(), "size": len(content), "filename": name}}
    submission.save()
    return submission


def test_code_is_shown_as_text_and_never_as_a_page(waiting, mona):
    with_file(waiting, "<i>.py", b"# <script>alert(1)</script> \xe2\x80\xae\ndef group(X): ...\n")
    page = log_in(mona).get(address(waiting.competition, f"submissions/{waiting.pk}/")).content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page and "<i>.py" not in page
    assert "\u202e" not in page and "\\u202e" in page


def test_a_zip_is_listed_and_read_no_further_than_is_shown(waiting):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("group.py", "x" * 5_000_000)
        archive.writestr("weights.bin", b"0")
    (source,) = source_files.read_source_files(with_file(waiting, "sent.zip", packed.getvalue()))
    assert [name for name, _size in source.members] == ["group.py", "weights.bin"]
    assert source.cut and len(source.text) == source_files.MOST_CHARACTERS


def test_a_broken_zip_and_a_lost_file_are_told(waiting):
    (broken,) = source_files.read_source_files(with_file(waiting, "sent.zip", b"PK\x03\x04nonsense"))
    assert "cannot be read" in broken.problem
    (artifacts.artifact_store().root / waiting.files["group"]["path"]).unlink()
    (lost,) = source_files.read_source_files(waiting)
    assert "gone" in lost.problem
