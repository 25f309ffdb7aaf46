"""What organisers say of units and blocks on the page of the holdout, and what the plan answers."""

from __future__ import annotations

from tests.bounty.organisers.organiser import HOLDOUT, TARGET


def plan(organiser, draft, **typed) -> str:
    return organiser.client.post(f"/organise/{draft.key}/plan/", {**HOLDOUT, **typed}).content.decode()


def test_the_live_plan_says_what_a_units_rows_count_for(organiser, draft):
    organiser.fill(draft)
    assert "the rows of the table&#x27;s largest unit, so that all rows count alike" in plan(organiser, draft)
    assert "Rows of larger units count for less" in plan(organiser, draft, unit_rows="2")


def test_more_rows_than_the_largest_unit_has_are_refused_beside_the_field(organiser, draft):
    organiser.fill(draft)
    page = organiser.client.post(
        organiser.address(draft, "holdout"), {**HOLDOUT, "unit_rows": "500"}
    ).content.decode()
    assert "largest unit has" in page and 'name="unit_rows"' in page


def test_a_table_without_units_is_not_asked_about_them(organiser, draft):
    organiser.fill(draft)
    organiser.post(draft, "target", {**TARGET, "unit": ""})
    assert "Certificates are about units" not in plan(organiser, draft)
    assert (
        'name="unit_rows"' not in organiser.client.get(organiser.address(draft, "holdout")).content.decode()
    )


def test_what_was_chosen_is_how_the_competition_is_made(organiser, draft):
    organiser.fill(draft)
    organiser.post(draft, "holdout", {**HOLDOUT, "unit_rows": "2", "more_blocks": "on"})
    draft.refresh_from_db()
    made = organiser.make(draft)
    assert (made.unit_rows, made.fixed_blocks) == (2, None)
