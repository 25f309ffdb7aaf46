"""The board and the prizes as CSV: for whom, when, and that no cell is a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from bounty.models import BoardRow, Competition, Participation, Prize, Role
from bounty.scoring import csv_export
from tests.competition_history import NOON, add_final_places
from tests.pages import log_in, staff
from tests.world import new_team, new_user

NASTY = '=HYPERLINK("https://example.org";"click")'


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def board_of(competition: Competition, person=None) -> tuple[int, str]:
    client = Client()
    if person is not None:
        client.force_login(person)
    response = client.get(f"/c/{competition.slug}/board.csv")
    return response.status_code, response.content.decode()


def export(client: Client, what: str, *competitions: Competition):
    data = {"action": what, "_selected_action": [competition.pk for competition in competitions]}
    return client.post(reverse("admin:bounty_competition_changelist"), data, follow=True)


@pytest.fixture
def closed(make):
    competition = make(status="closed", final_opened_at=NOON).competition
    Prize.objects.create(competition=competition, amount=Decimal("100.00"), currency="EUR")
    return competition


# --- cells ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "  @"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert csv_export.escape_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("text", ["Ada", "a=b", "2 - 1", "'quoted'", ""])
def test_other_text_stays_as_it_is(text):
    assert csv_export.escape_cell(text) == text


def test_a_negative_number_stays_a_number():
    assert [csv_export.escape_cell(value) for value in (-4.5, -3, Decimal("-1.20"), None)] == [
        "-4.5",
        "-3",
        "-1.20",
        "",
    ]


# --- the board --------------------------------------------------------------------------------------------------
def test_everybody_may_take_the_public_board_home(competition):
    add_final_places(competition, ada=30.0, ben=-4.25, cleo=None)
    BoardRow.objects.update(final=False)
    status, text = board_of(competition)
    assert status == 200
    rows = read(text)
    assert [(row["rank"], row["team"], row["points"]) for row in rows] == [
        ("1", "Ada", "30.0"),
        ("2", "Ben", "-4.25"),
        ("", "Cleo", ""),
    ]
    assert {row["points_are"] for row in rows} == {"provisional"}


def test_a_team_s_name_is_no_formula_and_stays_one_cell(competition, bob):
    new = new_team(competition, bob, NASTY)
    BoardRow.objects.create(competition=competition, team=new, points=1.0)
    (row,) = read(board_of(competition)[1])
    assert row["team"] == f"'{NASTY}"


def test_the_file_is_a_csv_to_save(competition):
    response = Client().get(f"/c/{competition.slug}/board.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{competition.slug}-board.csv"'


def test_a_private_board_does_not_exist_for_strangers(make, mallory, bob):
    competition = make(visibility="invitation").competition
    Participation.objects.create(competition=competition, user=bob, invited=True)
    assert [board_of(competition, person)[0] for person in (None, mallory, bob)] == [404, 404, 200]


def test_a_draft_s_board_does_not_exist_for_strangers(make, mallory):
    assert board_of(make(status="draft").competition, mallory)[0] == 404


# --- the prizes -------------------------------------------------------------------------------------------------
def test_the_organiser_exports_the_prizes_after_the_close(closed, alice):
    add_final_places(closed, ada=30.0, ben=10.0)
    response = export(log_in(staff(alice)), "export_prizes", closed)
    assert response["Content-Type"].startswith("text/csv")
    rows = [
        (row["team"], row["members"], row["prize"], row["currency"])
        for row in read(response.content.decode())
    ]
    assert rows == [("Ada", "ada", "75", "EUR"), ("Ben", "ben", "25", "EUR")]


def test_prizes_are_not_exported_before_the_close(competition, alice):
    Prize.objects.create(competition=competition, amount=Decimal(100))
    add_final_places(competition, ada=30.0)
    response = export(log_in(staff(alice)), "export_prizes", competition)
    assert "fixed at the close" in response.content.decode()


def test_a_moderator_exports_the_board_but_no_prizes(closed, mallory):
    """She organises another competition, so the action itself is offered to her."""
    add_final_places(closed, ada=30.0)
    Role.objects.create(competition=closed, user=staff(mallory), kind=Role.Kind.MODERATOR)
    other = Competition.objects.create(slug="hers", title="Hers", organiser=mallory)
    client = log_in(mallory)
    assert (
        "Only this competition&#x27;s organisers" in export(client, "export_prizes", closed).content.decode()
    )
    assert export(client, "export_board", closed)["Content-Type"].startswith("text/csv")
    assert "No prize" not in export(client, "export_board", other).content.decode()


def test_who_organises_elsewhere_exports_nothing_from_here(closed, make, mallory):
    add_final_places(closed, ada=30.0)
    Competition.objects.create(slug="hers", title="Hers", organiser=staff(mallory))
    for what in ("export_board", "export_prizes"):
        response = export(log_in(mallory), what, closed)
        assert not response["Content-Type"].startswith("text/csv")
        assert "Ada" not in response.content.decode()


def test_one_competition_is_exported_at_a_time(closed, competition, alice):
    response = export(log_in(staff(alice)), "export_board", closed, competition)
    assert "Export one competition at a time" in response.content.decode()


# --- the promise ------------------------------------------------------------------------------------------------
def save_prize(client: Client, competition: Competition, **fields: str):
    """The competition's page with its present values and another prize."""
    page = reverse("admin:bounty_competition_change", args=[competition.pk])
    shown = client.get(page)
    data = {}
    for form in [
        shown.context["adminform"].form,
        *(f.formset for f in shown.context["inline_admin_formsets"]),
    ]:
        fields_of = form.forms if hasattr(form, "forms") else [form]
        if hasattr(form, "management_form"):
            fields_of = [form.management_form, *fields_of]
        for each in fields_of:
            for bound in each:
                value = bound.value()
                if value is not None and value is not False:
                    data[bound.html_name] = value
    data |= {f"prize-0-{name}": value for name, value in fields.items()}
    return client.post(page, data)


def test_an_organiser_promises_a_prize(competition, alice):
    response = save_prize(log_in(staff(alice)), competition, amount="500", currency="CHF")
    assert response.status_code == 302
    assert str(Prize.objects.get(competition=competition)) == "500.00 CHF"
    rules = Client().get(f"/c/{competition.slug}/rules/").content.decode()
    assert "500 CHF" in rules


def test_a_promise_may_grow_but_not_shrink_once_people_compete(competition, alice):
    Prize.objects.create(competition=competition, amount=Decimal(500))
    client = log_in(staff(alice))
    assert "may only be raised" in save_prize(client, competition, amount="400").content.decode()
    assert "it stays" in save_prize(client, competition, amount="500", places="1").content.decode()
    assert save_prize(client, competition, amount="600").status_code == 302
    assert Prize.objects.get().amount == 600


def test_a_draft_s_prize_may_still_change(make, alice):
    competition = make(status="draft").competition
    Prize.objects.create(competition=competition, amount=Decimal(500))
    assert save_prize(log_in(staff(alice)), competition, amount="400", places="3").status_code == 302
    assert str(Prize.objects.get()) == "400.00 EUR"


def test_a_moderator_does_not_promise(competition):
    mona = staff(new_user("mona"))
    Role.objects.create(competition=competition, user=mona, kind=Role.Kind.MODERATOR)
    assert save_prize(log_in(mona), competition, amount="5").status_code == 403
    assert not Prize.objects.exists()
