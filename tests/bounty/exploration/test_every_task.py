"""A look at a competition of every task: what the page shows is what the loss and the answers of that task are."""

from __future__ import annotations

import pytest
from django.test import Client

from bounty.competitions import create
from bounty.competitions.base_models import FittedBase
from bounty.exploration.explore import explore_group
from tests import task_tables

KINDS = {
    ("words", "cost"): ("Errors by true class", "cost"),
    ("names", "zero_one"): ("Errors by true class", "error"),
    ("flag", "log"): ("The score", "log loss"),
    ("names", "log"): ("The score", "log loss"),
    ("amount", "squared"): ("The residual", "squared error"),
    ("amount", "absolute"): ("The residual", "error"),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(kind))
def test_every_task_can_be_looked_at(kind, alice):
    label, loss = kind
    made = create.create_competition(
        task_tables.table(label, 2400, 2000),
        organiser=alice,
        title="Who needs what",
        label="label",
        unit="person",
        loss=loss,
        costs=((0, 1), (2, 0)) if loss == "cost" else None,
        meanings=task_tables.MEANINGS,
        base=FittedBase("tree", task_tables.OTHERS),
    )
    title, word = KINDS[kind]
    found = explore_group(made, "income >= 30 or missing(age)")
    assert (found.spread.title, found.scale.word) == (title, word)
    assert found.heat is not None
    # Where the answers are classes, the base model that the platform fitted is asked for its score.
    assert (found.score is not None) == (title == "Errors by true class")
    if found.score is not None:
        assert sum(found.score.inside) == pytest.approx(1)
        assert "probability" in found.score.axis
    client = Client()
    client.force_login(alice)
    page = client.get(f"/c/{made.slug}/explore/", {"expression": "income >= 30"}).content.decode()
    assert title in page
    assert "95% interval" in page
    assert (
        client.get(f"/c/{made.slug}/explore/suggestions/", headers={"HX-Request": "true"}).status_code == 200
    )
