"""Tokens: shown once, kept as a digest, bound to scopes and a time; and browsers with their session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from bounty.api import throttling
from bounty.core.errors import Refusal
from bounty.models import ApiToken, Submission
from bounty.people import api_tokens
from tests.bounty.api.script import Script, problem, token_of

FINDING = {"expression": "AGE < 6", "patch": "none"}


def test_the_token_itself_is_kept_nowhere(bob):
    token = token_of(bob)
    row = ApiToken.objects.get()
    assert token not in str(row.__dict__) and row.digest != token and token.startswith(row.prefix)


def test_bob_makes_a_token_and_sees_it_once(client, bob):
    client.force_login(bob)
    page = client.post("/account/tokens/", {"name": "laptop", "scopes": ["submit"], "lasts": "30"})
    token = page.context["made"]
    assert token in page.content.decode() and "no-store" in page["Cache-Control"]
    assert token not in client.get("/account/tokens/").content.decode()
    row = ApiToken.objects.get()
    assert row.scopes == ["read", "submit"]
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    assert Script(token).get("me").json()["username"] == "bob"


def test_reloading_the_page_makes_no_second_token(client, bob):
    client.force_login(bob)
    for _ in range(2):
        page = client.post("/account/tokens/", {"name": "laptop", "lasts": "30"})
    assert page.status_code == 422 and "already" in page.content.decode()
    assert ApiToken.objects.count() == 1


def test_a_token_needs_a_name_and_what_was_chosen_stays(client, bob):
    client.force_login(bob)
    page = client.post("/account/tokens/", {"name": "", "scopes": ["moderate"], "lasts": "7"})
    assert page.status_code == 422 and "Give it a name" in page.content.decode()
    assert 'value="moderate" id="id_scopes_1" checked' in page.content.decode().replace(
        '" checked', '" checked'
    )
    assert not ApiToken.objects.exists()


def test_nobody_makes_tokens_without_end(bob):
    for number in range(api_tokens.MOST):
        token_of(bob, name=f"t{number}")
    with pytest.raises(Refusal, match="Revoke one"):
        token_of(bob, name="one more")


def test_bob_revokes_a_token_and_it_is_refused_at_once(client, bob, script):
    reader = script(bob)
    client.force_login(bob)
    client.post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke/")
    problem(reader.get("me"), 401)


def test_mallory_cannot_revoke_bobs_token(client, bob, mallory, script):
    reader = script(bob)
    client.force_login(mallory)
    assert client.post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404
    assert reader.get("me").status_code == 200


def test_an_expired_token_says_that_it_expired(script, bob):
    reader = script(bob)
    ApiToken.objects.update(expires_at=timezone.now())
    told = problem(reader.get("me"), 401)
    assert told["type"].endswith("token-expired") and "new one" in told["detail"]


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer", "Basic Ym9iOmJvYg==", "Bearer bb_" + "x" * 500, "é"]
)
def test_a_wrong_token_is_refused_even_where_none_is_needed(script, header):
    problem(script().get("/board", Authorization=header), 401)


def test_a_token_of_somebody_who_was_shut_out_is_refused(script, bob):
    reader = script(bob)
    bob.is_active = False
    bob.save()
    problem(reader.get("me"), 401)


def test_a_token_to_read_does_not_submit(script, bob, bobs, sent):
    told = problem(script(bob, "read").post("/submissions", FINDING), 403)
    assert told["type"].endswith("scope-missing") and "submit" in told["detail"]
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("scope", "address"),
    [("moderate", "/submissions/00000000-0000-0000-0000-000000000000/release"), ("organise", "/phase")],
)
def test_each_scope_is_asked_for(script, alice, scope, address):
    told = problem(script(alice, "submit").post(address, {"do": "pause"}), 403)
    assert f"“{scope}”" in told["detail"]


def test_a_scope_gives_no_right_that_its_owner_has_not(script, bob, bobs):
    problem(script(bob, "organise").post("/phase", {"do": "pause"}), 403)


def test_when_it_was_used_is_noted_but_not_at_every_request(script, bob):
    reader = script(bob)
    reader.get("me")
    first = ApiToken.objects.get().last_used_at
    reader.get("me")
    assert first is not None and ApiToken.objects.get().last_used_at == first


# --- browsers ------------------------------------------------------------------------------------------------------
def test_a_session_reads(client, bob, bobs, competition):
    client.force_login(bob)
    assert client.get(f"/api/v1/competitions/{competition.slug}/team").json()["slug"] == "bobs-builders"


def test_a_session_changes_nothing_without_its_csrf_token(bob, bobs, competition, sent):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bob)
    address = f"/api/v1/competitions/{competition.slug}/submissions"
    told = problem(browser.post(address, FINDING, content_type="application/json"), 403)
    assert "CSRF" in told["detail"] and not Submission.objects.exists()


def test_a_session_submits_with_its_csrf_token(bob, bobs, competition, sent):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bob)
    browser.get(f"/c/{competition.slug}/submit/")
    token = browser.cookies["csrftoken"].value
    address = f"/api/v1/competitions/{competition.slug}/submissions"
    answer = browser.post(address, FINDING, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201 and Submission.objects.count() == 1


def test_a_script_with_a_token_needs_no_csrf_token(bob, bobs, competition, sent):
    strict = Client(enforce_csrf_checks=True)
    address = f"/api/v1/competitions/{competition.slug}/submissions"
    headers = {"Authorization": f"Bearer {token_of(bob)}"}
    assert strict.post(address, FINDING, content_type="application/json", headers=headers).status_code == 201


# --- throttles -----------------------------------------------------------------------------------------------------
@pytest.fixture
def still(monkeypatch):
    """The clock stands, so that no minute ends in the middle of a test."""
    monkeypatch.setattr(throttling.time, "time", lambda: 1_000_000_020.0)


def test_a_script_that_asks_too_often_is_told_how_long_to_wait(script, bob, charlie, monkeypatch, still):
    monkeypatch.setattr(throttling, "READS", 3)
    reader, other = script(bob), script(charlie)
    assert [reader.get("me").status_code for _ in range(3)] == [200, 200, 200]
    answer = reader.get("me")
    assert problem(answer, 429)["type"].endswith("too-many-requests")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert other.get("me").status_code == 200


def test_strangers_are_counted_by_their_address(script, monkeypatch, still):
    monkeypatch.setattr(throttling, "STRANGERS", 2)
    assert [script().get("/board").status_code for _ in range(3)] == [200, 200, 429]
    elsewhere = Client(REMOTE_ADDR="10.1.1.1")
    assert elsewhere.get(script().full("/board")).status_code == 200


def test_no_header_makes_a_stranger_another(script, monkeypatch, still):
    monkeypatch.setattr(throttling, "STRANGERS", 2)
    answers = [script().get("/board", **{"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(3)]
    assert answers == [200, 200, 429]


def test_who_guesses_tokens_is_stopped(script, monkeypatch, still):
    monkeypatch.setattr(throttling, "STRANGERS", 2)
    answers = [script().get("me", Authorization=f"Bearer bb_{n}").status_code for n in range(3)]
    assert answers == [401, 401, 429]


def test_without_a_cache_nobody_is_kept_out(script, bob, settings, monkeypatch, still):
    settings.CACHES = {
        "default": {
            "BACKEND": "bounty.core.cache.ForgivingRedisCache",
            "LOCATION": "unix:///nowhere/redis.sock",
        }
    }
    monkeypatch.setattr(throttling, "READS", 1)
    reader = script(bob)
    assert [reader.get("me").status_code for _ in range(3)] == [200, 200, 200]
    del caches["default"]


def test_a_token_for_submitting_leaves_nothing_behind_that_outlives_it(script, bob, bobs):
    lesser = script(bob, "submit")
    hook = {"url": "https://93.184.215.14/in", "kinds": ["verdict"]}
    assert problem(lesser.post("hooks", hook), 403)["type"].endswith("scope-missing")
    assert problem(lesser.ask("DELETE", f"tokens/{ApiToken.objects.get().pk}"), 403)
    assert script(bob, "account").post("hooks", hook).status_code == 201
