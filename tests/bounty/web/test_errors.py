"""What Django refuses by itself is a page that says what to do."""

from __future__ import annotations

from django.test import Client


def test_who_opens_an_address_that_takes_a_form_is_told_so(client):
    response = client.get("/language/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "This address takes a form" in response.content.decode()


def test_a_program_gets_no_page(client):
    response = client.get("/language/", headers={"accept": "application/json"})
    assert (response.status_code, response.content) == (405, b"")


def test_a_form_without_its_token_says_what_to_do_and_writes_nothing(bob):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bob)
    response = browser.post("/account/tokens/", {"name": "mine", "scopes": "submit"})
    assert response.status_code == 403
    assert "Send it once more" in response.content.decode()
    assert not bob.api_tokens.exists()


def test_who_guesses_passwords_is_told_to_wait(client, bob):
    for _ in range(11):
        response = client.post("/accounts/login/", {"login": "bob", "password": "wrong"})
    assert response.status_code in (200, 403, 429)
    page = response.content.decode()
    assert "That was a little fast" in page or "Too many failed login attempts" in page


def test_who_changes_a_password_too_often_is_told_to_wait(client, bob):
    client.force_login(bob)
    for _ in range(10):
        response = client.post("/accounts/password/change/", {"oldpassword": "wrong"})
    assert response.status_code == 429
    assert "That was a little fast" in response.content.decode()
