"""One page of each kind, found by following links, in a competition where everything has happened once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.utils import timezone

from bounty.models import Notice, NoticeKind, Post, Role, Thread, WriteUp
from tests import competition_history
from tests.world import World

# No pages: files, feeds, other people's administration; what ends the session.
_SKIPPED = re.compile(
    r"^/(admin|static)|^/accounts/logout|/download/$|/data/.+|/files/|/state/$|\.(zip|csv|atom|json)$|^/i/|/api/operations/|/(patches|findings)/\d+/$|/findings-report/"
)
# A running number, a key, a team's or a person's name: one page of each kind is enough.
_KIND = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/teams/)[^/]+|(?<=/write-ups/)[^/]+|(?<=/people/)[^/]+|\d+"
)

# Made anew for each form.
_FORM_TOKEN = re.compile(r"\b[A-Za-z0-9]{64}\b")
_WITHOUT_HEADER = """() => {
  const body = document.body.cloneNode(true);
  body.querySelectorAll(":scope > header").forEach((header) => header.remove());
  return document.title + body.outerHTML;
}"""


def fill(world: World, teams: list[Any], moderator: User) -> None:
    """Patches, a finding, something waiting, held and failed, a discussion, a write-up and notices."""
    competition, bobs = world.competition, teams[0]
    competition_history.write_history(world, teams)
    Role.objects.create(competition=competition, user=moderator, kind=Role.Kind.MODERATOR)
    mask = world.mask("AGE < 30")
    world.evaluated(
        bobs,
        mask,
        world.patch(mask),
        state="held",
        hold="held",
        held_at=timezone.now(),
        expression="AGE < 30",
    )
    world.submission(bobs, expression="AGE < 20", words="people under 20")
    world.submission(bobs, state="failed", decided_at=timezone.now())
    bob = bobs.members.get().user
    thread = Thread.objects.create(
        competition=competition, kind="question", title="What is AGE?", author=bob, last_at=timezone.now()
    )
    Post.objects.create(thread=thread, number=1, author=bob, text="Is it in **years**?")
    Post.objects.create(thread=thread, number=2, author=competition.organiser, text="Yes:\n\n- whole years")
    WriteUp.objects.create(
        competition=competition, team=bobs, title="How we did it", author=bob, text="By looking."
    )
    for kind in (NoticeKind.VERDICT, NoticeKind.REPLY):
        Notice.objects.create(user=bob, kind=kind, competition=competition, subject="Something", url="/")


def content(page: Any) -> str:
    """Title and HTML of the page as it stands, without the header, which names the person."""
    return _FORM_TOKEN.sub("*", page.evaluate(_WITHOUT_HEADER))


def pages(page: Any, most: int = 80) -> Iterator[str]:
    """Opens each page in turn, one of each kind, beginning with the first."""
    kinds, queue = {"/"}, ["/"]
    while queue and most:
        path = queue.pop(0)
        response = page.goto(path, wait_until="load")
        if response.status >= 400:
            raise AssertionError(f"{path} answers {response.status}")
        most -= 1
        yield path
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            parts = urlsplit(link)
            if parts.netloc != urlsplit(page.url).netloc or _SKIPPED.search(parts.path):
                continue
            kind = _KIND.sub("*", parts.path)
            if kind not in kinds:
                kinds.add(kind)
                queue.append(parts.path)
