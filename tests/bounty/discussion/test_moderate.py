"""Moderators: hide, show again, pin, lock; reports of abuse and what becomes of them."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.test import Client

from bounty.core.errors import Refusal
from bounty.discussion import moderate, queue_sections, reportable, write
from bounty.models import AbuseReport, Conflict, Notice, Post, TeamMember
from bounty.moderation.sections import all_sections, find_entry
from tests.world import new_team, new_user


def told(user):
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", "subject", "body"))


def complain(competition, by, target, name="post", category="insult", text="Look."):
    return moderate.report_abuse(competition, reportable.kind_by_name(name), target, category, text, by)


# --- hiding ----------------------------------------------------------------------------------------------------------
def test_a_hidden_post_tells_its_author_why_and_stays_in_the_trail(thread, answer, bob, charlie, dana):
    write.accept_answer(thread, answer, bob)
    moderate.hide_text(answer, "It names a person.", dana)
    thread.refresh_from_db()
    assert thread.accepted is None
    assert told(charlie)[-1] == (
        "moderation",
        "A moderator has hidden what you wrote in “Why?”",
        "It names a person.",
    )
    entry = LogEntry.objects.get_for_object(answer).latest("timestamp")
    assert entry.changes == {"state": ["shown", "hidden"]}
    assert entry.additional_data == {"reason": "It names a person."}
    moderate.show_text(answer, "It does not.", dana)
    assert Post.objects.get(pk=answer.pk).state == "shown"


def test_hiding_needs_a_reason(answer, dana):
    with pytest.raises(Refusal, match="Say why"):
        moderate.hide_text(answer, "  ", dana)
    assert Post.objects.get(pk=answer.pk).state == "shown"


def test_of_two_moderators_one_decides(answer, dana, alice):
    stale = Post.objects.select_related("thread__competition", "author").get(pk=answer.pk)
    moderate.hide_text(answer, "Unkind.", dana)
    with pytest.raises(Refusal, match="look again"):
        moderate.hide_text(stale, "Unkind.", alice)


def test_nobody_else_hides_pins_or_locks(thread, answer, bob, bobs, mallory):
    for other in (bob, mallory):
        for attempt in (
            lambda by=other: moderate.hide_text(answer, "No.", by),
            lambda by=other: moderate.show_text(answer, "No.", by),
            lambda by=other: moderate.pin_thread(thread, True, by),
            lambda by=other: moderate.lock_thread(thread, True, by),
        ):
            with pytest.raises(PermissionDenied):
                attempt()


def test_a_moderator_decides_neither_about_what_they_wrote_nor_about_their_own_team(
    thread, answer, dana, charlie, competition
):
    own = write.reply_to_thread(thread, "I think so too.", dana)
    with pytest.raises(PermissionDenied, match="You wrote it"):
        moderate.hide_text(own, "Because.", dana)
    charlies = new_team(competition, charlie, "Charlie's")
    elsewhere = new_user("erin")
    TeamMember.objects.create(team=charlies, competition=competition, user=elsewhere)

    Conflict.objects.create(competition=competition, user=dana, team=charlies)
    with pytest.raises(PermissionDenied):
        moderate.hide_text(answer, "Because.", dana)


def test_a_superuser_who_competes_does_not_decide(answer, competition):
    root = new_user("root")
    root.is_superuser = True
    root.save()
    new_team(competition, root, "Root's")
    with pytest.raises(PermissionDenied):
        moderate.hide_text(answer, "Mine.", root)


# --- reports ---------------------------------------------------------------------------------------------------------
def test_a_report_that_is_upheld_hides_the_post_and_tells_both(answer, bob, charlie, dana, competition):
    report = complain(competition, bob, answer)
    moderate.answer_report(report, uphold=True, reason="Unkind.", by=dana)
    assert Post.objects.get(pk=answer.pk).state == "hidden"
    assert told(bob)[-1] == ("moderation", "Your report was upheld", "Unkind.")
    assert told(charlie)[-1][2] == "Unkind."
    report.refresh_from_db()
    assert (report.state, report.decided_by) == ("upheld", dana)


def test_a_dismissed_one_changes_nothing_and_can_be_made_anew(answer, bob, dana, competition):
    moderate.answer_report(
        complain(competition, bob, answer), uphold=False, reason="Blunt, no more.", by=dana
    )
    assert Post.objects.get(pk=answer.pk).state == "shown"
    assert told(bob)[-1][1] == "Your report was dismissed"
    complain(competition, bob, answer)


def test_the_same_is_reported_once_and_a_report_answered_once(answer, bob, dana, alice, competition):
    report = complain(competition, bob, answer)
    with pytest.raises(Refusal, match="reported this already"):
        complain(competition, bob, answer)
    stale = AbuseReport.objects.get(pk=report.pk)
    moderate.answer_report(report, uphold=False, reason="Fine.", by=dana)
    with pytest.raises(Refusal, match="already"):
        moderate.answer_report(stale, uphold=True, reason="Not fine.", by=alice)
    assert Post.objects.get(pk=answer.pk).state == "shown"


def test_what_was_said_is_kept_though_its_author_changes_it(answer, bob, charlie, competition):
    report = complain(competition, bob, answer)
    write.change_post(answer, "Something nicer.", charlie)
    report.refresh_from_db()
    assert report.said == "Because."


def test_one_s_own_text_is_no_matter_for_a_report(answer, charlie, competition):
    with pytest.raises(Refusal, match="wrote this yourself"):
        complain(competition, charlie, answer)


def test_nobody_sends_reports_without_end(thread, answer, bob, competition, monkeypatch):
    monkeypatch.setattr(moderate, "MOST_REPORTS", 1)
    complain(competition, bob, answer)
    with pytest.raises(Refusal, match="within a day"):
        complain(competition, bob, write.reply_to_thread(thread, "Two", answer.author))


def test_neither_the_reporter_nor_the_author_answers_a_report(answer, dana, thread, bob, competition):
    mine = complain(competition, dana, answer)
    with pytest.raises(PermissionDenied, match="You reported it"):
        moderate.answer_report(mine, uphold=True, reason="Yes.", by=dana)
    about_me = complain(competition, bob, write.reply_to_thread(thread, "Hm.", dana))
    with pytest.raises(PermissionDenied, match="You wrote it"):
        moderate.answer_report(about_me, uphold=False, reason="No.", by=dana)


def test_a_team_s_name_and_a_description_are_taken_away_too(world, bobs, bob, charlie, dana):
    submission = world.submission(bobs, description="Something unkind", state="accepted")
    said = (bobs.name, bobs.slug)
    name = complain(world.competition, charlie, bobs, "team")
    text = complain(world.competition, charlie, submission, "submission")
    moderate.answer_report(name, uphold=True, reason="Unkind.", by=dana)
    moderate.answer_report(text, uphold=True, reason="Unkind.", by=dana)
    bobs.refresh_from_db()
    submission.refresh_from_db()
    assert bobs.name.startswith("Team ") and bobs.slug == bobs.name.lower().replace(" ", "-")
    assert said[0] not in bobs.name and said[1] not in bobs.slug
    assert (submission.description, submission.state) == ("", "accepted")


def test_what_a_person_does_not_see_they_do_not_report(world, bobs, charlie, mallory, make):
    secret = world.submission(bobs, description="not told", state="not_shown")
    competition = world.competition
    assert reportable.find_reportable(charlie, competition, "submission", str(secret.pk)) is None
    assert reportable.find_reportable(charlie, competition, "submission", "no-uuid") is None
    assert reportable.find_reportable(charlie, competition, "nothing", "1") is None
    assert reportable.find_reportable(charlie, competition, "team", str(bobs.pk)) is not None
    assert reportable.find_reportable(charlie, make().competition, "team", str(bobs.pk)) is None
    hidden = make(visibility="invitation").competition
    assert reportable.find_reportable(mallory, hidden, "team", "1") is None


# --- the queue -------------------------------------------------------------------------------------------------------
def test_held_texts_and_reports_wait_in_the_moderators_queue(thread, answer, bob, bobs, charlie, competition):
    held = write.reply_to_thread(thread, "They are scum.", charlie)
    write_up = write.save_write_up(bobs, "How", "Those idiots.", bob)
    report = complain(competition, bob, answer)
    names = [section.name for section in all_sections()]
    assert names[-2:] == ["texts", "reports"] or {"texts", "reports"} <= set(names)
    texts = queue_sections.HeldTexts().waiting_entries(competition)
    assert [entry.key for entry in texts] == [f"post-{held.pk}", f"write-up-{write_up.pk}"]
    (entry,) = queue_sections.AbuseReports().waiting_entries(competition)
    assert entry.key == str(report.pk) and entry.says == "Because."
    assert find_entry(competition, "texts", f"post-{held.pk}").url.endswith(
        f"/moderate/texts/post/{held.pk}/"
    )
    assert find_entry(competition, "reports", str(report.pk)).subject == report
    for name, key in (("texts", "post-0"), ("texts", "x"), ("reports", "x"), ("texts", f"team-{bobs.pk}")):
        assert find_entry(competition, name, key) is None


def test_another_competition_s_texts_are_not_in_this_queue(thread, charlie, make):
    write.reply_to_thread(thread, "They are scum.", charlie)
    assert queue_sections.HeldTexts().waiting_entries(make().competition) == []


def test_how_long_decisions_took_is_known(thread, charlie, dana, competition, bob, answer):
    from django.utils import timezone

    began = timezone.now()
    moderate.show_text(write.reply_to_thread(thread, "They are scum.", charlie), "A quotation.", dana)
    moderate.answer_report(complain(competition, bob, answer), uphold=False, reason="Fine.", by=dana)
    assert len(list(queue_sections.HeldTexts().decision_times(competition, began))) == 1
    assert len(list(queue_sections.AbuseReports().decision_times(competition, began))) == 1


def test_the_queue_folds_what_people_wrote_until_it_is_asked_for(answer, bob, dana, competition):
    complain(competition, bob, answer)
    client = Client()
    client.force_login(dana)
    page = client.get(f"/c/{competition.slug}/moderate/").content.decode()
    folded = page[page.index('<details class="says">') :]
    assert "What was written" in folded[: folded.index("</summary>")]
    assert answer.text in folded[: folded.index("</details>")]
    assert page.count(answer.text) == 1
