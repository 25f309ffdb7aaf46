"""Somebody at the organiser's pages, and what is typed there."""

from __future__ import annotations

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase

from bounty.models import CompetitionDraft
from bounty.organisers import create_from_draft
from tests.people_table import people

HOLDOUT = {
    "train": "35",
    "explore": "10",
    "practice": "20",
    "certification": "25",
    "final": "10",
    "blocks": "1",
    "declared": "women = sex == 'female'\nchildren = age < 18",
    "oversample": "on",
    "acceptance": "ledger",
    "alpha": "0.001",
    "delta": "0.05",
    "gate_level": "0.05",
    "gate_chance": "0.5",
    "target_gain": "0.05",
    "tolerance": "0",
    "harm_mode": "no_evidence",
    "smallest_group": "20",
}


RULES = {
    "title": "Who is ill",
    "slug": "",
    "summary": "Reminders go to those who need them.",
    "visibility": "public",
    "description": "A **model**.",
    "rules": "",
    "terms": "Be kind.",
    "opens_at": "",
    "closes_at": "",
    "submissions_per_day": "50",
    "queries_per_team": "20",
    "max_upload": "20",
    "moderation": "none",
    "show_sources": "on",
}


TARGET = {"label": "ill", "unit": "person", "task": "", "loss": "", "costs": ""}


BASE = {"learner": "tree", "where": ""}


def csv(frame=None, name: str = "people.csv") -> SimpleUploadedFile:
    text = io.StringIO()
    (people() if frame is None else frame).to_csv(text, index=False)
    return SimpleUploadedFile(name, text.getvalue().encode(), "text/csv")


class Organiser:
    """Somebody at the organiser's pages."""

    def __init__(self, user) -> None:
        self.user = user
        self.client = Client()
        self.client.force_login(user)

    def start(self) -> CompetitionDraft:
        self.client.post("/organise/new/")
        return CompetitionDraft.objects.filter(owner=self.user).latest("created_at")

    def address(self, draft, step: str) -> str:
        return f"/organise/{draft.key}/{step}/"

    def post(self, draft, step: str, data=None, do: str = "next"):
        return self.client.post(self.address(draft, step), {**(data or {}), "do": do})

    def page(self, draft, step: str) -> str:
        return self.client.get(self.address(draft, step)).content.decode()

    def fill(self, draft, **changes) -> CompetitionDraft:
        """Everything up to the last look, as Alice usually says it."""
        self.post(draft, "table", {"table": csv()}, "upload")
        for step, data in (("target", TARGET), ("holdout", HOLDOUT), ("base", BASE), ("rules", RULES)):
            answer = self.post(draft, step, {**data, **changes.get(step, {})})
            assert answer.status_code == 302, answer.content.decode()
        draft.refresh_from_db()
        return draft

    def press(self, address: str, **data: str):
        """A button, and what is done once its transaction is committed."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            return self.client.post(address, data)

    def make(self, draft):
        """Press the button, and let the worker work."""
        answer = self.press(f"/organise/{draft.key}/make/")
        made = create_from_draft.make_competition(str(draft.key))
        draft.refresh_from_db()
        assert answer.status_code == 302
        return made


def address_of(competition, page: str = "") -> str:
    return f"/c/{competition.slug}/organise/{page}"


def texts_of(client, competition) -> dict[str, str]:
    form = client.get(address_of(competition, "texts/")).context["form"]
    return {
        name: "on" if value is True else str(value)
        for name in form.fields
        if (value := form[name].value()) not in (None, False)
    }
