"""A competition that somebody may not see does not exist for them, whatever they ask for and however."""

from __future__ import annotations

from typing import Any

import pytest

from bounty.models import Competition
from tests.bounty.addresses.stage import Stage, patterns

NOWHERE = "no-such-competition"
HIDDEN: dict[str, dict[str, Any]] = {
    "draft": {"status": Competition.Status.DRAFT},
    "being prepared": {"status": Competition.Status.PREPARING},
    "by invitation": {"visibility": Competition.Visibility.INVITATION},
    "rehearsal": {"rehearsal": True},
}
METHODS = ("get", "post", "put", "patch", "delete")
pytestmark = pytest.mark.slow


def said(response: Any, slug: str) -> tuple[int, str, bytes]:
    """What an answer tells: where it leads and what it says, without the address that was asked for."""
    body = b"" if response.streaming else response.content
    if b"csrfmiddlewaretoken" in body:
        body = b""
    return (
        response.status_code,
        response.get("Location", "").replace(slug, ""),
        body.replace(slug.encode(), b""),
    )


@pytest.mark.parametrize("why", HIDDEN)
@pytest.mark.parametrize("who", ["visitor", "mallory", "elsewhere"])
def test_outsiders_cannot_tell_it_from_one_that_is_not_there(stage: Stage, who: str, why: str):
    Competition.objects.filter(pk=stage.competition.pk).update(**HIDDEN[why])
    client, slug = stage.people[who], stage.competition.slug
    told = {}
    for pattern in patterns():
        if not pattern.in_competition:
            continue
        for method in METHODS:
            ask = getattr(client, method)
            here, there = ask(stage.address(pattern)), ask(stage.address(pattern, NOWHERE))
            if said(here, slug) != said(there, NOWHERE):
                told[f"{method} {pattern.full}"] = (here.status_code, there.status_code)
    # The private feed's token is Bob's, who entered: it is the proof, whoever sends it.
    assert {name for name in told if "private-feed" not in name} == set(), told


@pytest.mark.parametrize("why", HIDDEN)
def test_no_list_names_it(stage: Stage, why: str):
    Competition.objects.filter(pk=stage.competition.pk).update(**HIDDEN[why])
    title = stage.competition.title
    for who in ("visitor", "mallory", "elsewhere"):
        for pattern in patterns():
            if pattern.needs or pattern.name in ("api-document",):
                continue
            answer = stage.people[who].get(stage.address(pattern))
            # The people's other competition has another title.
            assert title.encode() not in answer.content, (who, pattern.name)
