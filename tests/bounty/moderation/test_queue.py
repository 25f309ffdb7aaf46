"""The queue: what waits, whose it is, the clock, and decisions about many at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bounty.core.errors import Refusal
from bounty.models import Assignment, Notice, PrivateNote, Role, Submission
from bounty.moderation import assignments, canned_reasons, decisions, queue, queue_sections, statistics
from bounty.submissions import submit
from bounty.workers import sweep
from tests.bounty.moderation.queue_pages import CHILDREN, HELD, State, address, entry_of
from tests.pages import log_in
from tests.world import new_team, new_user


@pytest.fixture
def held(world, bobs):
    """Hold one more of Bob's: `held(hours=3)` ago."""

    def make(hours: float = 0) -> Submission:
        at = timezone.now() - timedelta(hours=hours)
        mask = world.mask(CHILDREN)
        return world.evaluated(bobs, mask, world.patch(mask), state=State.HELD, held_at=at, **HELD)

    return make


def rows(competition, user):
    return queue.queue_rows(competition, queue.waiting_entries(competition), user, timezone.now())


# --- what waits ---------------------------------------------------------------------------------------------------
def test_ones_own_items_come_first_then_nobodys_then_others(competition, held, mona, max_):
    others, nobodys, own = held(30), held(20), held(10)
    assignments.assign_entry(entry_of(others), max_, max_)
    assignments.assign_entry(entry_of(own), mona, mona)
    order = [row.entry.key for row in rows(competition, mona)]
    assert order == [str(each.pk) for each in (own, nobodys, others)]


def test_the_clock_says_when_and_what_happens_then(competition, held, mona):
    held(40)
    row = rows(competition, mona)[0]
    assert row.soon and row.entry.due - row.entry.since == timedelta(hours=48)
    page = log_in(mona).get(address(competition)).content.decode()
    assert "If nobody decides, it is released by itself." in page and "in 7 hours" in page


def test_a_finding_without_a_severity_waits(finding, mona):
    entries = queue.waiting_entries(finding.competition)
    assert [entry.section for entry in entries] == ["findings"]


def test_filters_leave_the_rest_out(competition, held, finding, mona):
    held()
    client = log_in(mona)
    only = client.get(address(competition, "?section=findings")).content.decode()
    assert "Finding #" in only and "data-row" in only and only.count("data-row") == 1
    none = client.get(address(competition, "?who=mine")).content.decode()
    assert "Nothing in the queue fits these filters." in none
    assert client.get(address(competition, "?section=%00&who=x&page=zzz&q=%F0")).status_code == 200


def test_an_empty_queue_says_what_will_stand_there(competition, mona):
    assert "Nothing waits for a moderator." in log_in(mona).get(address(competition)).content.decode()


def test_the_queue_asks_as_many_queries_for_many_as_for_few(
    competition, held, mona, django_assert_num_queries
):
    client = log_in(mona)
    held()
    client.get(address(competition))
    with CaptureQueriesContext(connection) as few:
        client.get(address(competition))
    for _each in range(6):
        assignments.assign_entry(entry_of(held()), mona, mona)
    with django_assert_num_queries(len(few)):
        client.get(address(competition))
    assert len(few) < 40


# --- numbers ------------------------------------------------------------------------------------------------------
def test_the_numbers_tell_how_many_since_when_and_how_long_people_take(competition, held, mona):
    quick, slow, last = held(2), held(6), held(4)
    decisions.release_submission(quick, mona)
    decisions.refuse_submission(slow, "No.", mona)
    line = statistics.section_numbers(competition, queue.waiting_entries(competition), timezone.now())[0]
    assert (line.open, line.decided, line.oldest) == (1, 2, last.held_at)
    assert line.median_text == "4 hours"


def test_what_the_clock_released_is_no_decision(competition, held):
    held(50)
    sweep.release_overdue_holds(timezone.now())
    line = statistics.section_numbers(competition, [], timezone.now())[0]
    assert (line.open, line.decided, line.median_text) == (0, 0, "none yet")


# --- who looks at it ----------------------------------------------------------------------------------------------
def test_an_item_is_taken_given_and_given_back_and_the_trail_says_so(waiting, mona, max_):
    client, at = log_in(mona), address(waiting.competition, "assign/")
    item = {"section": queue_sections.HELD, "item": str(waiting.pk)}
    client.post(at, item | {"to": "me"})
    assert Assignment.objects.get().user == mona
    client.post(at, item | {"to": str(max_.pk)})
    assert Assignment.objects.get().user == max_
    client.post(at, item | {"to": ""})
    assert not Assignment.objects.exists()
    entries = LogEntry.objects.get_for_object(waiting).filter(actor=mona).order_by("pk")
    changes = [entry.changes["assignee"] for entry in entries]
    assert changes == [["", "mona"], ["mona", "max"], ["max", ""]]


def test_nothing_is_given_to_who_does_not_moderate(waiting, mona, bob):
    at = address(waiting.competition, "assign/")
    log_in(mona).post(at, {"section": "held", "item": str(waiting.pk), "to": str(bob.pk)})
    assert not Assignment.objects.exists()
    with pytest.raises(Refusal, match="do not moderate"):
        assignments.assign_entry(entry_of(waiting), bob, mona)


# --- notes --------------------------------------------------------------------------------------------------------
def test_moderators_read_each_others_notes_and_the_team_does_not(waiting, mona, max_, bob):
    item = {"section": "held", "item": str(waiting.pk)}
    log_in(mona).post(address(waiting.competition, "notes/"), item | {"text": "I asked <b>Bob</b>."})
    page = log_in(max_).get(address(waiting.competition, f"submissions/{waiting.pk}/")).content.decode()
    assert "I asked &lt;b&gt;Bob&lt;/b&gt;." in page
    assert "I asked" not in log_in(bob).get(waiting.get_absolute_url()).content.decode()
    # Nor does the audit trail repeat it.
    assert "I asked" not in str(list(LogEntry.objects.values("changes", "additional_data")))


def test_an_empty_note_is_not_kept(waiting, mona):
    item = {"section": "held", "item": str(waiting.pk), "text": "  "}
    response = log_in(mona).post(address(waiting.competition, "notes/"), item)
    assert response.status_code == 422 and not PrivateNote.objects.exists()


def test_mallory_leaves_no_note(waiting, mallory):
    with pytest.raises(PermissionDenied):
        assignments.add_note(entry_of(waiting), "Hm.", mallory)


# --- many at once -------------------------------------------------------------------------------------------------
def names(*submissions: Submission) -> list[str]:
    return [f"held:{each.pk}" for each in submissions]


def test_many_are_refused_with_one_reason(competition, held, mona):
    both = held(), held()
    response = log_in(mona).post(
        address(competition), {"do": "refuse", "item": names(*both), "reason": "Sent twice."}
    )
    assert response.status_code == 302
    assert set(Submission.objects.values_list("state", "moderator_reason")) == {("refused", "Sent twice.")}


def test_what_cannot_be_decided_is_told_and_the_others_go_through(competition, held, finding, mona):
    gone, fine = held(), held()
    decisions.release_submission(gone, mona)
    items = [*names(gone, fine), f"findings:{finding.pk}", "held:nonsense", "x"]
    response = log_in(mona).post(
        address(competition), {"do": "refuse", "item": items, "reason": "I typed this."}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "4 items were left as they are." in page and "is not held any more" in page
    assert "Only a held submission is released or refused" in page and "It is not in this queue." in page
    assert "I typed this." in page
    fine.refresh_from_db()
    finding.refresh_from_db()
    assert fine.state == State.REFUSED and finding.state == State.WORSE


def test_a_refusal_of_many_needs_a_reason_and_keeps_the_ticks(competition, held, mona):
    one = held()
    response = log_in(mona).post(address(competition), {"do": "refuse", "item": names(one)})
    assert response.status_code == 422 and "Say why they are refused" in response.content.decode()
    assert (
        f'value="held:{one.pk}" aria-label="Tick #1 of Bob&#x27;s Builders" checked'
        in response.content.decode()
    )


def test_many_are_assigned(competition, held, mona, max_):
    both = held(), held()
    log_in(mona).post(address(competition), {"do": "assign", "item": names(*both), "to": str(max_.pk)})
    assert (
        set(Assignment.objects.values_list("user", flat=True)) == {max_.pk}
        and Assignment.objects.count() == 2
    )


def test_one_press_takes_one(competition, held, mona):
    one, other = held(), held()
    log_in(mona).post(address(competition), {"take": names(one)[0], "item": names(other)})
    assert Assignment.objects.get().item == str(one.pk)


def test_without_a_tick_or_a_choice_nothing_happens(competition, held, mona):
    client, one = log_in(mona), held()
    assert client.post(address(competition), {"do": "release"}).status_code == 422
    assert client.post(address(competition), {"do": "burn", "item": names(one)}).status_code == 422
    one.refresh_from_db()
    assert one.hold == "held"


def test_another_competitions_items_are_not_reached(competition, make, bob, mona):
    other = make()
    foreign = other.submission(new_team(other.competition, bob, "Elsewhere"), state=State.HELD, **HELD)
    response = log_in(mona).post(address(competition), {"do": "release", "item": names(foreign)})
    foreign.refresh_from_db()
    assert response.status_code == 422 and foreign.hold == "held"


# --- reasons ------------------------------------------------------------------------------------------------------
def test_a_reason_is_filled_in_without_script_and_nothing_is_decided(waiting, mona):
    response = log_in(mona).post(
        address(waiting.competition, f"submissions/{waiting.pk}/"), {"fill": "0", "reason": "Dear team,"}
    )
    page = response.content.decode()
    assert "Dear team,\nThe group is so narrow" in page
    waiting.refresh_from_db()
    assert waiting.state == State.HELD


def test_an_unknown_reason_leaves_what_was_typed(competition):
    for chosen in ("99", "-1", "²", "x", "9999999999"):
        assert canned_reasons.fill_reason(competition, chosen, "mine") == "mine"


def test_an_organiser_adds_reasons_and_a_moderator_does_not(competition, alice, mona):
    at = address(competition, "rules/")
    assert log_in(mona).get(at).status_code == 403
    assert log_in(mona).post(at, {"do": "add", "title": "x", "text": "y"}).status_code == 403
    client = log_in(alice)
    client.post(at, {"do": "add", "title": "Leak", "text": "It copies a leak."})
    assert canned_reasons.offered_reasons(competition)[0] == ("Leak", "It copies a leak.")
    again = client.post(at, {"do": "add", "title": "Leak", "text": "Typed twice."})
    assert again.status_code == 422 and "Typed twice." in again.content.decode()
    client.post(at, {"do": "remove", "reason": competition.canned_reasons.get().pk})
    assert not competition.canned_reasons.exists()


def test_a_wrong_number_of_days_is_told(competition, alice):
    for days in ("", "-1", "366", "x", "١"):
        response = log_in(alice).post(address(competition, "rules/"), {"do": "days", "embargo_days": days})
        assert response.status_code == 422 and "whole number of days" in response.content.decode()


# --- being told ---------------------------------------------------------------------------------------------------
def test_moderators_without_a_conflict_hear_of_what_is_held(make, bob):
    world = make(moderation="all")
    team = new_team(world.competition, bob, "B")
    mona, max_ = new_user("mona"), new_user("max")
    for user in (mona, max_):
        Role.objects.create(competition=world.competition, user=user, kind=Role.Kind.MODERATOR)
    assignments.declare_conflict(team, "", max_)
    submission = submit.create_submission(
        world.competition, team, bob, submit.NewSubmission(expression=CHILDREN)
    )
    assert submission.hold == "held"
    told = Notice.objects.filter(kind="moderation", subject__contains="waits for a moderator")
    heard = set(told.values_list("user__username", flat=True))
    assert heard == {"alice", "bob", "mona"}
