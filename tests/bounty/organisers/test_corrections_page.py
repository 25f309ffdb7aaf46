"""Correcting the table on the organiser's page: first looked at, then made."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bounty.models import TableCorrection
from tests.bounty.organisers.organiser import Organiser


@pytest.fixture
def page(organiser, made):
    organiser.press(f"/c/{made.slug}/organise/phase/", do="open")
    address = f"/c/{made.slug}/organise/corrections/"
    return lambda **data: organiser.client.post(address, data)


def test_looking_first_changes_nothing(page):
    answer = page(lines="row,action,label\n3,withdraw,\n5,mend,True", reason="A slip", do="preview")
    assert answer.status_code == 200
    assert "Nothing is changed yet" in answer.content.decode() and "3,withdraw" in answer.content.decode()
    assert not TableCorrection.objects.exists()


def test_a_file_is_read_into_the_lines(page):
    file = SimpleUploadedFile("mend.csv", b"row,action,label\n3,withdraw,\n")
    assert "3,withdraw" in page(file=file, reason="A slip", do="preview").content.decode()


def test_the_second_button_makes_it(page):
    assert page(lines="row,action,label\n3,withdraw,", reason="A slip", do="correct").status_code == 302
    assert TableCorrection.objects.get().reason == "A slip"


@pytest.mark.parametrize(
    ("lines", "reason", "said"),
    [
        ("", "why", "Say which rows"),
        ("row,action,label\n3,withdraw,", "", "required"),
        ("row,action,label\n3,explode,", "why", "withdraw or delete"),
        ("row,action,label\n99999,withdraw,", "why", "99"),
        ("row,action,label\n5,mend,perhaps", "why", "perhaps"),
    ],
)
def test_what_cannot_be_corrected_says_why_and_keeps_what_was_typed(page, lines, reason, said):
    answer = page(lines=lines, reason=reason, do="correct")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not TableCorrection.objects.exists()


def test_mallory_corrects_nothing(competition, mallory):
    address = f"/c/{competition.slug}/organise/corrections/"
    data = {"lines": "row,action\n3,withdraw", "reason": "mine", "do": "correct"}
    assert Organiser(mallory).client.post(address, data).status_code == 403
