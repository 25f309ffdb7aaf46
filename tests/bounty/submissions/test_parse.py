"""What a submission may hold: what is refused at its field, and what is held for a moderator."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from bounty.models import Competition, Submission
from bounty.submissions.submit import NewSubmission
from tests.new_submissions import PYTHON, file, refusal, zipped

State, Hold = Submission.State, Submission.Hold


# --- what --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["", "  ", "AGE <", "AEG < 6", "SEX == 'woman'", "__import__('os')", "AGE" * 999]
)
def test_an_expression_that_cannot_be_read_is_refused_at_its_field(send, text):
    assert refusal(send, expression=text).field == "expression"


@pytest.mark.parametrize("name", ["m.pkl", "m.pickle", "m.joblib", "m.dill", "m.pt", "m.PTH", "m.ckpt"])
def test_pickles_are_refused_with_the_way_to_convert(send, name):
    refused = refusal(send, expression="AGE < 6", patch_kind="file", patch_file=file(name, b"\x80\x04abc"))
    assert refused.field == "patch_file"
    assert "Convert" in refused.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.onnx", b"\x80\x04\x95abc"),
        ("m.skops", b"x\x9cabc"),
        ("m.zip", zipped(archive=b"", data__pkl=b"\x80\x02")),
        ("m.zip", zipped(group__py=PYTHON, model__joblib=b"\x80\x02")),
    ],
)
def test_a_pickle_under_another_name_is_refused(send, name, content):
    refused = refusal(send, expression="AGE < 6", patch_kind="file", patch_file=file(name, content))
    assert "Convert" in refused.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.exe", b"MZ"),
        ("m", b"abc"),
        ("m.py", b""),
        ("m.py", b"\xff\xfe\x00"),
        ("m.py", b"x = 1\n"),
        ("m.onnx", b"not a model"),
        ("m.skops", b"PK\x03\x04 cut short"),
        ("m.skops", zipped(model__json=b"{}")),
        ("m.zip", zipped(readme__txt=b"hello")),
        ("m.safetensors", b"\x08\x00\x00\x00"),
    ],
)
def test_a_file_of_no_known_kind_is_refused(send, name, content):
    refused = refusal(send, group_kind="file", group_file=file(name, content))
    assert refused.field == "group_file"


def test_a_file_is_refused_by_its_size_before_it_is_read(world, send):
    class Endless(ContentFile):
        def read(self, *_: object) -> bytes:
            raise AssertionError("it was read")

    Competition.objects.update(max_upload_bytes=10)
    world.competition.refresh_from_db()
    refused = refusal(send, group_kind="file", group_file=Endless(PYTHON, name="m.py"))
    assert "most allowed" in refused.message


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"patch_kind": "fit"}, "learner"),
        ({"patch_kind": "fit", "learner": "os.system"}, "learner"),
        ({"patch_kind": "same"}, "patch_kind"),
        ({"patch_kind": "file"}, "patch_file"),
        ({"group_kind": "file"}, "group_file"),
        ({"description": "x" * 501}, "description"),
    ],
)
def test_what_is_missing_is_named(send, fields, field):
    assert refusal(send, **{"expression": "AGE < 6"} | fields).field == field


# --- moderation --------------------------------------------------------------------------------------------------
@pytest.fixture
def policy(world):
    def use(name: str) -> None:
        Competition.objects.update(moderation=name)
        world.competition.refresh_from_db()

    return use


def test_a_group_may_name_a_protected_attribute(send, policy):
    policy("flagged")
    assert send(NewSubmission(expression="SEX == 'female'")).hold == Hold.NONE


def test_a_group_of_too_few_is_held(send, policy):
    policy("flagged")
    held = send(NewSubmission(expression="AGE == 6"))
    assert held.hold == Hold.HELD and held.held_at is not None
    assert "looks at groups below 20" in held.hold_reason


def test_a_narrow_combination_of_personal_columns_is_held(send, policy):
    policy("flagged")
    held = send(NewSubmission(expression="SEX == 'female' and AGE >= 30 and AGE < 42 and INCOME < 30000"))
    assert held.hold == Hold.HELD
    assert "AGE, INCOME, SEX" in held.hold_reason


def test_abusive_words_are_held(send, policy):
    policy("flagged")
    assert send(NewSubmission(expression="AGE < 60", description="these idiots")).hold == Hold.HELD


def test_a_first_submission_is_held_where_the_policy_says_so(send, policy):
    policy("first")
    assert [send().hold for _ in range(2)] == [Hold.HELD, Hold.NONE]


def test_everything_is_held_where_the_policy_says_so(send, policy):
    policy("all")
    assert [send().hold for _ in range(2)] == [Hold.HELD, Hold.HELD]
