"""A competition in which everything that an address can name is there, and everybody who may ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from bounty.adjudication import judge as adjudication_judge
from bounty.api import throttling
from bounty.discussion import write
from bounty.models import (
    AbuseReport,
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
from bounty.notifications.send import new_delivery
from tests.bounty.addresses.stage import Stage
from tests.pages import log_in
from tests.world import World, new_team, new_user


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
        "visitor": log_in(None),
        "mallory": log_in(mallory),
        "elsewhere": log_in(elsewhere),
        "participant": log_in(charlie),
        "rival": log_in(rival),
        "moderator": log_in(mona),
        "organiser": log_in(alice),
        "superuser": log_in(User.objects.get(pk=root.pk)),
        "owner": log_in(bob),
    }
    _fill(told, world, bobs, alice, bob, charlie)
    return told


def _fill(told: Stage, world: World, bobs: Any, alice: User, bob: User, charlie: User) -> None:
    """Everything belongs to Bob's team, who competes, or to Alice, who organises."""
    competition = told.competition
    finding = world.evaluated(bobs, "AGE < 6", words="tiny tots")
    adjudication_judge.judge_submission(finding.pk)
    sent = world.submission(bobs, state="not_shown", files={}, words="old women")
    thread = write.start_thread(competition, "question", "Why?", "I wonder.", bob)
    write.save_write_up(bobs, "How", "So.", bob)
    post = thread.posts.get(number=1)
    hook = WebHook.objects.create(owner=bob, url="https://example.org/", kinds=["verdict"])
    message = new_delivery(hook, "test", {"kind": "test"})
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
