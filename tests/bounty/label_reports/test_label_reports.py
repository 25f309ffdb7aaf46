"""Reports of wrong labels: from whom, about which rows, and what the organiser's answer does."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from bounty import corrections
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.discussion import moderate, reportable
from bounty.label_reports import answer as label_reports_answer
from bounty.label_reports import report as label_reports_report
from bounty.label_reports.forms import TAKE_OUT
from bounty.models import Ban, Competition, LabelReport, Notice, TableCorrection
from tests.pages import page


def label_of(competition, split, number):
    fresh = Competition.objects.get(pk=competition.pk)
    return label_reports_report.public_row(fresh, split, number).label


def other(label):
    return "1" if label == "0" else "0"


@pytest.fixture
def report(competition, bob, bobs):
    def send(split="explore", number=17, by=bob, suggested=None, reason="They were asked again."):
        if suggested is None:
            suggested = other(label_of(competition, split, number))
        return label_reports_report.send_report(competition, split, number, suggested, reason, by)

    return send


# --- reporting -------------------------------------------------------------------------------------------------------
def test_a_participant_reports_a_row_as_the_file_has_it(client, competition, bob, bobs, alice):
    client.force_login(bob)
    address = reverse("label-report", args=[competition.slug])
    shown = client.post(address, {"split": "explore", "number": "3", "do": "look", "reason": "kept"})
    row = label_reports_report.public_row(competition, "explore", 3)
    assert shown.status_code == 200 and f"<code>{row.label}</code>" in shown.content.decode()
    assert "kept" in shown.content.decode()
    data = {"split": "explore", "number": "3", "suggested": other(row.label), "reason": "No."}
    assert client.post(address, data | {"do": "send"}).status_code == 302
    made = LabelReport.objects.get()
    assert (made.row, made.label) == (403, row.label)
    assert Notice.objects.filter(user=alice, kind="label_report").count() == 1
    assert "Row 3 of explore" in page(client, "labels", competition.slug)


def test_the_row_is_that_of_the_file(competition):
    public = artifacts.read_public_table(competition)
    row = label_reports_report.public_row(competition, "explore", 1)
    assert row.label == str(public["SEEN"].iloc[400])
    assert dict(row.values)["AGE"] == str(int(public["AGE"].iloc[400]))


def test_a_row_of_which_no_label_is_right_is_asked_out(client, competition, bob, bobs):
    client.force_login(bob)
    data = {"split": "train", "number": "2", "suggested": TAKE_OUT, "reason": "Twice."}
    client.post(reverse("label-report", args=[competition.slug]), data)
    assert LabelReport.objects.get().suggested == ""
    assert "take the row out" in page(client, "labels", competition.slug)


@pytest.mark.parametrize("split", ["practice", "certification-1", "final", "secret", ""])
def test_a_secret_row_is_no_matter_for_a_report(client, competition, bob, bobs, split, report):
    assert label_reports_report.public_row(competition, split, 1) is None
    with pytest.raises(Refusal, match="all others are secret"):
        label_reports_report.send_report(competition, split, 1, "1", "I guess.", bob)
    client.force_login(bob)
    data = {"split": split, "number": "1", "suggested": "1", "reason": "kept text"}
    reply = client.post(reverse("label-report", args=[competition.slug]), data)
    assert reply.status_code == 422 and "kept text" in reply.content.decode()
    assert not LabelReport.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": "401"}, "400 rows"),
        ({"number": "0"}, "greater than or equal to 1"),
        ({"number": "many"}, "whole number"),
        ({"suggested": "7"}, "7"),
        ({"suggested": ""}, "or that none is right"),
        ({"reason": " "}, "Say why"),
        ({"reason": "kept text, idiots"}, "contempt"),
        ({"suggested": "same"}, "already"),
    ],
)
def test_a_bad_report_says_what_is_wrong_and_keeps_what_was_typed(
    client, competition, bob, bobs, changes, said
):
    label = label_of(competition, "explore", 5)
    data = {"split": "explore", "number": "5", "suggested": other(label), "reason": "kept text"} | changes
    if data["suggested"] == "same":
        data["suggested"] = label
    client.force_login(bob)
    reply = client.post(reverse("label-report", args=[competition.slug]), data)
    assert reply.status_code == 422 and said in reply.content.decode()
    if "reason" not in changes:
        assert "kept text" in reply.content.decode()
    assert not LabelReport.objects.exists()


def test_the_same_row_is_reported_once_by_a_person(report, bob, charlie, charlies):
    report()
    with pytest.raises(Refusal, match="already"):
        report()
    report(by=charlie)


def test_nobody_sends_them_without_end(report, monkeypatch):
    monkeypatch.setattr(label_reports_report, "MOST_OPEN", 1)
    report()
    with pytest.raises(Refusal, match="wait already"):
        report(number=18)


def test_who_may_not_report(competition, make, bob, bobs, mallory, alice):
    with pytest.raises(PermissionDenied, match="Enter the competition"):
        label_reports_report.send_report(competition, "train", 1, "", "No.", mallory)
    Ban.objects.create(competition=competition, user=bob, reason="Spam.", created_by=alice)
    with pytest.raises(PermissionDenied, match="excluded"):
        label_reports_report.send_report(competition, "train", 1, "", "No.", bob)
    hidden = make(visibility="invitation").competition
    with pytest.raises(PermissionDenied, match="by invitation"):
        label_reports_report.send_report(hidden, "train", 1, "", "No.", mallory)


def test_a_closed_competition_keeps_its_labels(client, competition, bob, bobs):
    Competition.objects.filter(pk=competition.pk).update(status="closed")
    client.force_login(bob)
    page(client, "label-report", competition.slug, status=403)


def test_the_text_of_a_report_is_text_and_can_be_reported(
    client, report, competition, charlie, charlies, dana
):
    made = report(reason="<script>alert(1)</script>")
    assert "<script>alert" not in page(client, "labels", competition.slug)
    found = reportable.find_reportable(charlie, competition, "label", str(made.pk))
    assert found is not None
    complaint = moderate.report_abuse(competition, found[0], made, "spam", "", charlie)
    moderate.answer_report(complaint, uphold=True, reason="Spam.", by=dana)
    made.refresh_from_db()
    assert (made.reason, made.state) == ("", "open")


# --- answering -------------------------------------------------------------------------------------------------------
def answer(client, competition, reports, do, said="We looked it up."):
    data = {"report": [each.pk for each in reports], "do": do, "answer": said}
    return client.post(reverse("organise-labels", args=[competition.slug]), data)


def test_looking_first_changes_nothing_then_accepting_corrects_the_table(
    client, report, competition, alice, bob
):
    made = report()
    client.force_login(alice)
    looked = answer(client, competition, [made], "preview", "")
    assert looked.status_code == 200 and "1 label mended" in looked.content.decode()
    assert not TableCorrection.objects.exists()
    assert answer(client, competition, [made], "accept").status_code == 302
    made.refresh_from_db()
    assert made.state == "accepted" and made.correction == TableCorrection.objects.get()
    assert label_of(competition, "explore", 17) == made.suggested
    told = Notice.objects.get(user=bob, kind="label_report")
    assert told.subject == "Row 17 of explore was corrected, as you reported"
    client.logout()
    assert "correction 1 of the table" in page(client, "labels", competition.slug)


def test_many_are_accepted_in_one_correction_and_rows_taken_out(report, competition, alice):
    reports = [report(number=1), report("train", 2, suggested="")]
    label_reports_answer.accept_reports(competition, reports, "Yes.", alice)
    assert TableCorrection.objects.get().counts == {
        "train": {"mended": 0, "withdrawn": 1, "deleted": 0},
        "explore": {"mended": 1, "withdrawn": 0, "deleted": 0},
    }


def test_rejecting_keeps_the_label_and_says_why(client, report, competition, alice, bob):
    made, before = report(), label_of(competition, "explore", 17)
    client.force_login(alice)
    assert answer(client, competition, [made], "reject", "").status_code == 422
    answer(client, competition, [made], "reject", "It is right.")
    made.refresh_from_db()
    assert (made.state, made.answer) == ("rejected", "It is right.")
    assert label_of(competition, "explore", 17) == before and not TableCorrection.objects.exists()
    assert Notice.objects.get(user=bob, kind="label_report").body == "It is right."


def test_a_row_that_is_so_already_is_accepted_without_a_correction(report, competition, alice):
    made = report()
    corrections.correct_table(
        competition, corrections.Correction({made.row: made.suggested}), "By hand.", alice
    )
    assert label_reports_answer.preview_correction(competition, [made]) is None
    assert label_reports_answer.accept_reports(competition, [made], "Yes.", alice) is None
    made.refresh_from_db()
    assert made.state == "accepted" and TableCorrection.objects.count() == 1


def test_reports_that_disagree_are_not_accepted_together(report, competition, alice, charlie, charlies):
    reports = [report(), report(by=charlie, suggested="")]
    with pytest.raises(Refusal, match="different labels"):
        label_reports_answer.accept_reports(competition, reports, "Yes.", alice)
    assert not TableCorrection.objects.exists()


def test_nobody_but_organisers_answers(client, report, competition, bob, charlie, dana, mallory):
    made = report()
    for who in (bob, charlie, dana, mallory):
        client.force_login(who)
        assert answer(client, competition, [made], "accept").status_code == 403
        with pytest.raises(PermissionDenied):
            label_reports_answer.accept_reports(competition, [made], "Mine.", who)
    made.refresh_from_db()
    assert made.state == "open"


def test_another_competition_s_report_is_not_answered_here(client, report, make, alice):
    made, elsewhere = report(), make().competition
    client.force_login(alice)
    assert answer(client, elsewhere, [made], "reject").status_code == 422
    made.refresh_from_db()
    assert made.state == "open"
