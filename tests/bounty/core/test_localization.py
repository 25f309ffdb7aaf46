"""Times in the reader's zone, pages and mails in the reader's language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.template import Context, Template
from django.test import Client
from django.utils import timezone, translation

from bounty.core import localization
from bounty.models import Preferences
from bounty.templatetags.bounty_tags import relative, when

AT = datetime(2026, 1, 15, 12, 30, tzinfo=UTC)


def _first_page(client: Client, world) -> str:
    return client.get(f"/c/{world.competition.slug}/").content.decode()


def test_times_are_in_utc_where_nobody_says_otherwise():
    assert localization.format_time_with_zone(AT) == "15 January 2026, 12:30 UTC"


def test_times_name_the_zone_they_are_in():
    with timezone.override("America/New_York"):
        assert localization.format_time_with_zone(AT) == "15 January 2026, 07:30 America/New York"
        assert "07:30 America/New York" in when(AT)
        assert 'datetime="2026-01-15T12:30:00+00:00"' in when(AT)


def test_a_day_is_said_in_the_readers_language_and_zone():
    late = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    assert localization.format_date(late) == "3 March 2026"
    assert localization.format_short_date(late) == "3 Mar"
    with translation.override("es"), timezone.override("Europe/Madrid"):
        assert localization.format_date(late) == "4 de marzo de 2026"
        assert localization.format_short_date(late) == "4 Mar"


def test_a_date_is_that_day_in_every_zone():
    with timezone.override("Asia/Tokyo"):
        assert localization.format_date(date(2026, 3, 3)) == "3 March 2026"


def test_a_template_writes_days_the_same_way():
    with translation.override("es"):
        text = Template("{% load bounty_tags %}{{ at|day }}").render(Context({"at": AT}))
    assert text == "15 de enero de 2026"


@pytest.mark.parametrize(
    ("ago", "english", "spanish"),
    [
        (timedelta(seconds=5), "just now", "ahora mismo"),
        (timedelta(minutes=1), "1 minute ago", "hace 1 minuto"),
        (timedelta(hours=30), "30 hours ago", "hace 30 horas"),
        (timedelta(days=-12), "in 12 days", "dentro de 12 días"),
        (timedelta(days=800), "2 years ago", "hace 2 años"),
    ],
)
def test_relative_times_are_said_in_the_readers_language(ago, english, spanish):
    assert relative(AT - ago, AT) == english
    with translation.override("es"):
        assert relative(AT - ago, AT) == spanish


def test_the_cookie_of_the_browser_names_the_zone(world, client):
    world.competition.closes_at = timezone.now() + timedelta(days=9)
    world.competition.save()
    client.cookies[localization.COOKIE] = "Asia/Tokyo"
    assert "Asia/Tokyo" in _first_page(client, world)


@pytest.mark.parametrize("name", ["Nowhere/Else", "../../etc/passwd", "/etc/localtime", "x" * 5000, ""])
def test_a_zone_that_nobody_knows_is_utc(world, client, name):
    world.competition.closes_at = timezone.now() + timedelta(days=9)
    world.competition.save()
    client.cookies[localization.COOKIE] = name
    response = client.get(f"/c/{world.competition.slug}/")
    assert response.status_code == 200
    assert " UTC" in response.content.decode()


def test_no_zone_outlives_its_request(world, client):
    client.cookies[localization.COOKIE] = "Asia/Tokyo"
    _first_page(client, world)
    assert timezone.get_current_timezone_name() == "UTC"


def test_what_the_account_chose_wins_over_the_browser(world, client, bob):
    client.force_login(bob)
    answer = client.post("/account/preferences/", {"language": "", "zone": "Europe/Madrid"}, follow=True)
    assert "Your choices are kept." in answer.content.decode()
    client.cookies[localization.COOKIE] = "Asia/Tokyo"
    world.competition.closes_at = timezone.now() + timedelta(days=9)
    world.competition.save()
    page = _first_page(client, world)
    assert "Europe/Madrid" in page
    assert 'data-zone="chosen"' in page


def test_what_the_account_chose_comes_along_to_another_browser(client, bob):
    Preferences.objects.create(user=bob, language="es", zone="Europe/Madrid")
    client.post("/accounts/login/", {"login": "bob", "password": "correct horse battery"})
    page = client.get("/account/preferences/").content.decode()
    assert '<html lang="es" data-zone="chosen">' in page


def test_a_zone_that_is_not_offered_is_refused_and_nothing_is_kept(client, bob):
    client.force_login(bob)
    answer = client.post("/account/preferences/", {"language": "tlh", "zone": "Moon/Crater"})
    assert answer.status_code == 422
    assert not Preferences.objects.exclude(zone="", language="").exists()


def test_preferences_are_ones_own(client):
    assert client.get("/account/preferences/").status_code == 302


def test_the_language_chooser_keeps_the_page_and_the_account_remembers(world, client, bob):
    client.force_login(bob)
    page = f"/c/{world.competition.slug}/board/?page=1"
    answer = client.post("/language/", {"language": "es", "next": page})
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert '<html lang="es"' in client.get(page).content.decode()
    assert Preferences.objects.get(user=bob).language == "es"


def test_strangers_choose_a_language_too_and_nothing_is_written(world, client):
    client.post("/language/", {"language": "es", "next": "/"})
    assert '<html lang="es"' in client.get("/").content.decode()
    assert not Preferences.objects.exists()


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"]
)
def test_the_language_chooser_leads_nowhere_else(client, target):
    answer = client.post("/language/", {"language": "es", "next": target})
    assert "elsewhere" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]


def test_an_unknown_language_changes_nothing(client, bob):
    client.force_login(bob)
    client.post("/language/", {"language": "tlh", "next": "/"})
    assert '<html lang="en"' in client.get("/").content.decode()
    assert not Preferences.objects.exclude(language="").exists()


def test_a_get_changes_no_language(client):
    assert client.get("/language/?language=es").status_code == 405


def test_a_template_prints_times_in_the_zone_of_the_reader(bob):
    Preferences.objects.create(user=bob, zone="Europe/Madrid", language="es")
    template = Template("{% load bounty_tags %}{% when at %}")
    with localization.override_locale_for(bob):
        assert "15 de enero de 2026, 13:30 Europe/Madrid" in template.render(Context({"at": AT}))


def test_who_never_chose_is_written_to_as_their_browser_last_spoke(client, bob):
    client.cookies[localization.COOKIE] = "Asia/Tokyo"
    client.post(
        "/accounts/login/",
        {"login": "bob", "password": "correct horse battery"},
        headers={"accept-language": "es-MX,es;q=0.9"},
    )
    with localization.override_locale_for(bob):
        assert translation.get_language() == "es"
        assert timezone.get_current_timezone_name() == "Asia/Tokyo"
    assert not mail.outbox
