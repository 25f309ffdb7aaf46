"""Signing up, logging in and out, and finding back in after a lost password."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils.html import escape

PASSWORD = "correct horse battery"


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_somebody_signs_up_and_is_logged_in(client, db):
    phrase = "a long enough phrase"
    data = {"username": "grace", "email": "g@example.org", "password1": phrase, "password2": phrase}
    assert client.post("/accounts/signup/", data).status_code == 302
    assert User.objects.get(username="grace").email == "g@example.org"
    assert is_logged_in(client)


def test_a_weak_password_is_refused_beside_its_field_and_the_rest_is_kept(client, db):
    data = {"username": "grace", "email": "g@example.org", "password1": "12345", "password2": "12345"}
    text = client.post("/accounts/signup/", data).content.decode()
    assert "too short" in text
    assert 'value="grace"' in text
    assert not User.objects.exists()


def test_a_taken_name_is_refused(client, bob):
    phrase = "a long enough phrase"
    data = {"username": "bob", "email": "new@example.org", "password1": phrase, "password2": phrase}
    assert "already exists" in client.post("/accounts/signup/", data).content.decode()


@pytest.mark.parametrize("name", ["bob", "bob@example.org"])
def test_bob_logs_in_by_name_or_address(client, bob, name):
    client.post("/accounts/login/", {"login": name, "password": PASSWORD})
    assert is_logged_in(client)


def test_after_the_log_in_bob_is_where_he_wanted_to_be(client, bob, competition):
    wanted = f"/c/{competition.slug}/submit/"
    assert client.get(wanted).url == f"/accounts/login/?next={wanted}"
    response = client.post("/accounts/login/", {"login": "bob", "password": PASSWORD, "next": wanted})
    assert response.url == wanted


def test_the_log_in_leads_to_no_other_site(client, bob):
    data = {"login": "bob", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post("/accounts/login/", data).url == "/"


def test_a_wrong_password_is_refused_without_saying_what_was_wrong(client, bob):
    wrong = client.post("/accounts/login/", {"login": "bob", "password": "wrong"}).content.decode()
    unknown = client.post("/accounts/login/", {"login": "nobody", "password": "wrong"}).content.decode()
    said = re.compile(r'role="alert">(.*?)</', re.DOTALL)
    assert said.findall(wrong) == said.findall(unknown) != []
    assert not is_logged_in(client)


def test_opening_the_log_out_page_logs_nobody_out(client, bob):
    client.force_login(bob)
    client.get("/accounts/logout/")
    assert is_logged_in(client)
    client.post("/accounts/logout/")
    assert not is_logged_in(client)


def test_bob_finds_back_in_by_mail(client, bob):
    client.post("/accounts/password/reset/", {"email": bob.email})
    [letter] = mail.outbox
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+)", str(letter.body)).group(1)
    form = client.get(link).url
    phrase = "another long phrase"
    client.post(form, {"password1": phrase, "password2": phrase})
    bob.refresh_from_db()
    assert bob.check_password(phrase)
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_a_reset_does_not_tell_who_has_an_account(client, db, bob):
    known = client.post("/accounts/password/reset/", {"email": bob.email})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


@pytest.mark.parametrize("page", ["login", "signup", "password/reset"])
def test_the_pages_stand_in_the_sites_frame(client, db, page):
    text = client.get(f"/accounts/{page}/").content.decode()
    assert 'id="content"' in text
    assert "csrfmiddlewaretoken" in text


@pytest.mark.parametrize("page", ["email", "password/change", "logout"])
def test_ones_own_pages_stand_in_the_sites_frame(client, bob, page):
    client.force_login(bob)
    assert 'id="content"' in client.get(f"/accounts/{page}/").content.decode()


def test_bobs_account_leads_to_his_team_and_what_it_sent(client, world, bob, bobs):
    world.submission(bobs)
    client.force_login(bob)
    text = client.get("/account/").content.decode()
    assert world.competition.title in text and escape(bobs.name) in text
    assert f'href="/c/{world.competition.slug}/submissions/">1</a>' in text
    assert "What you look after" not in text


def test_alices_account_names_what_she_organises(client, competition, alice):
    client.force_login(alice)
    text = client.get("/account/").content.decode()
    assert "as organiser" in text and "appear here" in text


def test_an_account_is_ones_own(client, db):
    assert client.get("/account/").status_code == 302


def test_a_new_password_can_be_kept_by_a_password_manager(client, bob):
    """It needs the name beside the password."""
    client.force_login(bob)
    assert 'autocomplete="username"' in client.get("/accounts/password/change/").content.decode()


def test_bob_adds_a_second_address_and_makes_it_his_main_one(client, bob):
    client.force_login(bob)
    client.post("/accounts/email/", {"action_add": "", "email": "bob@example.net"})
    text = client.get("/accounts/email/").content.decode()
    assert "bob@example.net" in text and "Make it the main address" in text


@pytest.mark.parametrize("page", ["login", "signup", "password/reset"])
def test_a_form_without_the_csrf_token_is_refused(db, page):
    assert Client(enforce_csrf_checks=True).post(f"/accounts/{page}/", {}).status_code == 403
