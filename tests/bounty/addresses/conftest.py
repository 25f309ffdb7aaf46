"""A competition in which everything that an address can name is there, and everybody who may ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from bounty.adjudication import judge as adjudication_judge
from bounty.api import throttling
from bounty.discussion import write
from bounty.models import (
    AbuseReport,
    Competition,
    CompetitionDraft,
    DryRun,
    FeedToken,
    Invitation,
    Notice,
    NoticeKind,
    Role,
    Submission,
    WebHook,
)
from bounty.notifications.send import delivery
from tests.world import World, new_team, new_user

# Other people's packages: their addresses are theirs to test.
FOREIGN = ("accounts/", "admin/")


@dataclass
class Stage:
    """`people` are clients by who they are."""

    competition: Competition
    people: dict[str, Client] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    special: dict[str, dict[str, Any]] = field(default_factory=dict)

    def status(self, who: str, pattern: Pattern, method: str = "get") -> int | str:
        """What somebody gets; a redirect to the log-in page is "in"."""
        answer = getattr(self.people[who], method)(self.address(pattern))
        shut(answer)
        return "in" if "/accounts/login/" in answer.get("Location", "") else int(answer.status_code)

    def address(self, pattern: Pattern, slug: str = "") -> str:
        given = self.arguments | self.special.get(pattern.name, {}) | ({"slug": slug} if slug else {})
        return reverse(pattern.full, kwargs={name: given[name] for name in pattern.needs})


@dataclass(frozen=True)
class Pattern:
    """One address of the site, by its name."""

    name: str
    full: str
    needs: tuple[str, ...]

    @property
    def in_competition(self) -> bool:
        return "slug" in self.needs


def shut(answer: Any) -> None:
    """Close the file that an answer was to be read from."""
    for close in answer._resource_closers:
        if hasattr(getattr(close, "__self__", None), "read"):
            close()


def patterns() -> list[Pattern]:
    """Every named address of ours, each once."""
    found = {pattern.full: pattern for pattern in _walk(get_resolver(), "", "")}
    return list(found.values())


def _walk(resolver: URLResolver, route: str, space: str) -> Iterator[Pattern]:
    for each in resolver.url_patterns:
        here = route + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each, here, each.namespace or space)
        elif isinstance(each, URLPattern) and each.name and not here.startswith(FOREIGN):
            full = f"{space}:{each.name}" if space else each.name
            yield Pattern(full if space else each.name, full, tuple(each.pattern.regex.groupindex))


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def nobody_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address is asked within a minute or two; an answer must be the address's own, not the throttle's."""
    for name in ("READS", "WRITES", "STRANGERS"):
        monkeypatch.setattr(throttling, name, 10**6)


@pytest.fixture
def stage(
    make: Callable[..., World], alice: User, bob: User, charlie: User, mallory: User, sent: Any
) -> Stage:
    world, other = make(learnable=True), make(title="Something else")
    competition = world.competition
    bobs = new_team(competition, bob, "Bob's Builders")
    new_team(competition, charlie, "Charlie's Angels")
    elsewhere, rival, mona, root = (new_user(name) for name in ("erin", "rita", "mona", "root"))
    new_team(other.competition, elsewhere, "Others")
    new_team(competition, rival, "Rita's Riders")
    for judge in (rival, mona):
        Role.objects.create(competition=competition, user=judge, kind=Role.Kind.MODERATOR)
    User.objects.filter(pk=root.pk).update(is_superuser=True, is_staff=True)
    told = Stage(competition)
    told.people = {
        "visitor": browser(None),
        "mallory": browser(mallory),
        "elsewhere": browser(elsewhere),
        "participant": browser(charlie),
        "rival": browser(rival),
        "moderator": browser(mona),
        "organiser": browser(alice),
        "superuser": browser(User.objects.get(pk=root.pk)),
        "owner": browser(bob),
    }
    _fill(told, world, bobs, alice, bob, charlie)
    return told


def _fill(told: Stage, world: World, bobs: Any, alice: User, bob: User, charlie: User) -> None:
    """Everything belongs to Bob's team, who competes, or to Alice, who organises."""
    competition = told.competition
    finding = world.evaluated(bobs, "AGE < 6", words="tiny tots")
    adjudication_judge.judge(finding.pk)
    sent = world.submission(bobs, state="not_shown", files={}, words="old women")
    thread = write.start(competition, "question", "Why?", "I wonder.", bob)
    write.write_up(bobs, "How", "So.", bob)
    post = thread.posts.get(number=1)
    hook = WebHook.objects.create(owner=bob, url="https://example.org/", kinds=["verdict"])
    message = delivery(hook, "test", {"kind": "test"})
    message.save()
    run = DryRun.objects.create(
        competition=competition,
        author=bob,
        group_kind="expression",
        expression="AGE < 6",
        patch_kind="none",
        queued_at=timezone.now(),
        state=DryRun.State.QUEUED,
    )
    draft = CompetitionDraft.objects.create(owner=alice, seed=1)
    notice = Notice.objects.create(user=bob, kind=NoticeKind.TEAM, subject="x", url="/")
    from django.contrib.contenttypes.models import ContentType

    reported = AbuseReport.objects.create(
        competition=competition,
        reporter=charlie,
        target_type=ContentType.objects.get_for_model(post),
        target_id=str(post.pk),
        category=AbuseReport.Category.values[0],
        said="I wonder.",
    )
    finding = Submission.objects.get(pk=finding.pk)
    told.arguments = {
        "slug": competition.slug,
        "key": sent.pk,
        "part": "group",
        "name": "schema.json",
        "number": finding.number,
        "team_slug": bobs.slug,
        "token": bobs.token,
        "pk": post.pk,
        "kind": "post",
        "step": "table",
        "username": "bob",
        "code": "NO-SUCH-CODE",
        "section": "held",
        "group": "board",
        "item": str(sent.pk),
    }
    told.special = {
        "invitation": {"token": Invitation.objects.create(competition=competition).token},
        "private-feed": {"token": FeedToken.objects.create(user=bob).token},
        "unsubscribe": {"token": "forged"},
        "hook": {"pk": hook.pk},
        "delivery-again": {"key": message.pk},
        "notice-read": {"pk": notice.pk},
        "token-revoke": {"pk": 1},
        "moderate-finding": {"key": finding.pk},
        "moderate-report": {"pk": reported.pk},
        "report": {"key": str(post.pk)},
        "thread": {"pk": thread.pk},
        "thread-accept": {"pk": thread.pk},
        "thread-settle": {"pk": thread.pk},
        **{name: {"key": run.pk} for name in ("dry-run-result", "dry-run-state", "dry-run-submit")},
        **{
            f"organise-{name}": {"key": draft.key}
            for name in ("draft", "discard", "plan", "make", "making", "step")
        },
    }
