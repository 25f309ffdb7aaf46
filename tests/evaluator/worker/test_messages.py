"""Orders and reports at the border."""

import json

import pytest

from evaluator.errors import PlatformFault
from evaluator.worker.messages import MAX_TRACEBACK, Order, Report
from tests.evaluator.worker.orders_world import expression, make_world

FILE = {"kind": "python", "path": "submissions/s1/group.py", "sha256": "0" * 64}


@pytest.fixture
def world(tmp_path):
    return make_world(tmp_path)


def test_an_order_survives_json(world):
    order = world.order(expression("AGE > 50"), {"kind": "fit", "learner": "tree"})
    assert Order.from_json(json.loads(json.dumps(order.to_json()))) == order


def test_a_patch_of_kind_none_is_a_finding(world):
    assert world.order(expression("AGE > 50"), {"kind": "none"}).patch is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"group": {"kind": "pickle"}}, "unknown kind"),
        ({"group": {"kind": "python"}}, "without its file"),
        ({"group": {"kind": "expression", "expression": ""}}, "without its text"),
        ({"group": None}, "without a group"),
        ({"group": {**FILE, "path": "../../etc/passwd"}}, "not a path of the store"),
        ({"group": {**FILE, "sha256": "abc"}}, "SHA-256"),
        ({"group": {**FILE, "kind": "find"}, "head_loss": None}, "without the head's losses"),
        ({"patch": {"kind": "same"}}, "the group has none"),
        ({"patch": {"kind": "fit"}}, "without a learner"),
        ({"attempt": 0}, "attempt 0"),
        ({"submission": "../x"}, "not a submission's name"),
        ({"purpose": "exfiltrate"}, "unknown purpose"),
        ({"purpose": "base"}, "without a group"),
        ({"limits": {"fit_s": 1e9}}, "fit_s"),
        ({"schema": 3}, "makes no sense"),
    ],
)
def test_an_order_that_makes_no_sense_is_our_fault_and_says_where(world, change, words):
    with pytest.raises(PlatformFault, match=words):
        world.order(**({"group": expression("AGE > 50")} | change))


def test_a_dry_run_names_no_secret_table_and_everything_else_does(world):
    dry = world.order(expression("AGE > 60"), secret=None, purpose="dry_run")
    assert dry.secret is None
    assert Order.from_json(dry.to_json()) == dry
    with pytest.raises(PlatformFault, match="every order but a dry run's"):
        world.order(expression("AGE > 60"), purpose="dry_run")
    with pytest.raises(PlatformFault, match="every order but a dry run's"):
        world.order(expression("AGE > 60"), secret=None)


def test_a_report_survives_json():
    report = Report("s1", 2, "crashed", detail="it broke", traceback="line 1", notices=("one",))
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_a_report_about_secret_rows_cannot_carry_a_word():
    with pytest.raises(ValueError, match="without a word"):
        Report("s1", 1, "no_result", detail="AGE of row 3 was 17", on_secret=True)
    with pytest.raises(ValueError, match="without a word"):
        Report("s1", 1, "memory", on_secret=True)


@pytest.mark.parametrize(
    "words", [{"detail": "AGE of row 3 was 17"}, {"traceback": "line 3"}, {"status": "ok"}]
)
def test_a_failure_on_practice_rows_is_a_class_without_a_word(words):
    Report("s1", 1, "memory", on_practice=True)
    with pytest.raises(ValueError, match="without a word"):
        Report(**{"submission": "s1", "attempt": 1, "status": "memory", "on_practice": True} | words)


def test_a_report_of_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="unknown status"):
        Report("s1", 1, "accepted")


def test_a_report_naming_files_out_of_the_store_is_refused():
    data = Report("s1", 1, "ok").to_json() | {"arrays": {"mask": {"path": "/etc/passwd", "sha256": "0" * 64}}}
    with pytest.raises(ValueError, match="not a path"):
        Report.from_json(data)


def test_a_long_traceback_keeps_its_end():
    sent = Report("s1", 1, "crashed", traceback="x" * 50_000 + "the end").to_json()["traceback"]
    assert len(sent) == MAX_TRACEBACK
    assert sent.endswith("the end")
