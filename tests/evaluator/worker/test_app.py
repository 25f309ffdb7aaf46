"""The evaluating worker: what it refuses to start with, and a round trip through a real broker."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from queue import Empty

import pytest
import redis
from celery import Celery

from evaluator.artifacts import FolderStore
from evaluator.errors import PlatformFault
from evaluator.sandbox import is_available
from evaluator.worker import app as worker_app
from evaluator.worker.messages import Report
from tests.evaluator.worker.orders_world import expression, make_world
from tests.redis_server import running_redis, wait_for

ROOT = Path(__file__).resolve().parents[3]
needs_sandbox = pytest.mark.skipif(not is_available(), reason="no sandbox on this machine")


@pytest.mark.parametrize("secret", ["DATABASE_URL", "SECRET_KEY"])
def test_a_worker_with_the_sites_credentials_refuses_to_start(secret):
    with pytest.raises(worker_app.RefusedToStart, match=secret):
        worker_app.check_environment({secret: "x", "BOUNTY_ARTIFACTS": "/somewhere"})


def test_on_a_laptop_one_user_runs_everything_and_says_so():
    worker_app.check_environment(
        {"SECRET_KEY": "x", "BOUNTY_EMBEDDED": "1", "BOUNTY_ARTIFACTS": "/somewhere"}
    )


def test_a_worker_that_is_not_told_where_the_artifacts_are_refuses_to_start():
    with pytest.raises(worker_app.RefusedToStart, match="BOUNTY_ARTIFACTS"):
        worker_app.check_environment({})


def test_a_socket_is_spelt_as_celery_spells_it():
    assert worker_app.broker_url({"REDIS_URL": "unix:///run/redis.sock"}) == "redis+socket:///run/redis.sock"
    assert worker_app.broker_url({"REDIS_URL": "redis://broker:6379/1"}) == "redis://broker:6379/1"


def test_the_command_refuses_with_a_line_and_an_exit_status():
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "BOUNTY_ARTIFACTS": "/somewhere"}
    ended = subprocess.run(
        [sys.executable, "-m", "evaluator", "worker"], cwd=ROOT, env=environment, capture_output=True, text=True
    )  # fmt: skip
    assert ended.returncode == 3
    assert "SECRET_KEY must not be in an evaluating worker's environment" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_safe_sandbox_a_worker_refuses_to_start(monkeypatch):
    check = type(
        "Check", (), {"name": "namespaces", "ok": False, "required": True, "detail": "not permitted"}
    )
    monkeypatch.setattr(worker_app, "check_sandbox", lambda: [check])
    with pytest.raises(worker_app.RefusedToStart, match="namespaces: not permitted"):
        worker_app.check_sandbox_is_safe()


# --- one order, without a broker ---------------------------------------------------------------------------------
@pytest.fixture
def sent(monkeypatch):
    messages = []
    monkeypatch.setattr(
        worker_app.app, "send_task", lambda name, kwargs, queue: messages.append((name, kwargs, queue))
    )
    return messages


class BrokenBench:
    def __init__(self, error):
        self.error = error

    def run(self, order, progress):
        raise self.error

    def get_ready(self):
        pass


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (PlatformFault("the jail is gone"), "the jail is gone"),
        (KeyError("AGE of row 3 was 17"), "unexpected KeyError in the worker"),
    ],
)
def test_our_fault_is_reported_without_anything_of_the_submission(tmp_path, sent, monkeypatch, error, detail):
    monkeypatch.setattr(worker_app, "_bench", BrokenBench(error))
    worker_app.evaluate_order(make_world(tmp_path).message(expression("AGE > 60")))
    name, payload, queue = sent[-1]
    assert (name, queue) == ("bounty.evaluation_done", "adjudicate")
    assert (payload["status"], payload["detail"]) == ("fault", detail)
    assert "17" not in str(payload)


def test_an_order_that_makes_no_sense_is_reported_as_our_fault(tmp_path, sent):
    worker_app.evaluate_order(make_world(tmp_path).message({"kind": "pickle"}))
    assert sent[-1][1]["status"] == "fault"
    assert "unknown kind" in sent[-1][1]["detail"]


class CountingBench:
    def __init__(self):
        self.orders = []

    def run(self, order, progress):
        self.orders.append((order.submission, order.attempt))
        return Report(order.submission, order.attempt, "ok")

    def get_ready(self):
        pass


@pytest.mark.redis
@pytest.mark.parametrize(
    ("stamp", "is_run"),
    [(None, True), (1, True), (2, False), (0, False)],
    ids=["none", "own", "newer", "ended"],
)
def test_an_order_whose_row_has_moved_on_is_dropped_without_a_message(
    tmp_path, broker, sent, monkeypatch, stamp, is_run
):
    bench = CountingBench()
    monkeypatch.setattr(worker_app, "_bench", bench)
    monkeypatch.setenv("REDIS_URL", broker)
    if stamp is not None:
        with redis.Redis.from_url(broker) as client:
            client.set("orders:s1", stamp)
    worker_app.evaluate_order(make_world(tmp_path).message(expression("AGE > 60")))
    assert bool(bench.orders) == bool(sent) == is_run


def test_without_a_broker_to_ask_an_order_is_run(monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nobody.sock")
    assert worker_app.is_current("s1", 1)


def test_an_order_that_names_no_submission_is_dropped(sent):
    worker_app.evaluate_order({"submission": "../x", "attempt": 1})
    assert sent == []


def test_a_fault_costs_the_bench_its_sandbox(tmp_path, monkeypatch):
    closed = []

    class FakeSandbox:
        def __init__(self, gpu):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            closed.append(1)

    def fail(*_):
        raise PlatformFault("the jail is gone")

    monkeypatch.setattr(worker_app, "Sandbox", FakeSandbox)
    monkeypatch.setattr(worker_app, "run_order", fail)
    bench = worker_app.Bench(FolderStore(tmp_path))
    for _ in range(2):
        with pytest.raises(PlatformFault):
            bench.run(None, None)
    assert closed == [1, 1]


def test_stages_that_are_over_in_no_time_send_no_message(sent):
    with worker_app._heartbeat({"submission": "s1", "attempt": 1}) as progress:
        for stage in ("the group on public rows", "the group on secret rows"):
            progress(stage)
    assert sent == []


def test_a_stage_that_lasts_is_told_once(sent, monkeypatch):
    monkeypatch.setattr(worker_app, "STAGE_SECONDS", 0.02)
    with worker_app._heartbeat({"submission": "s1", "attempt": 1}) as progress:
        progress("fitting the patch")
        wait_for(lambda: sent)
        time.sleep(0.1)  # a second message would come after another 0.02 seconds
    assert [payload["stage"] for _, payload, _ in sent] == ["fitting the patch"]


def test_after_a_fault_the_jail_is_ready_again_before_the_next_order(tmp_path, monkeypatch):
    started = []

    class FakeSandbox:
        def __init__(self, gpu):
            pass

        def __enter__(self):
            return self

        def start(self):
            started.append("jail")

        def warm_up(self):
            started.append("warmed up")

    monkeypatch.setattr(worker_app, "Sandbox", FakeSandbox)
    monkeypatch.setattr(worker_app.fitting, "start", lambda: started.append("fitting"))
    worker_app.Bench(FolderStore(tmp_path)).get_ready()
    assert started == ["jail", "warmed up", "fitting"]


def test_a_long_stage_is_kept_alive_by_heartbeats(sent):
    with worker_app._heartbeat({"submission": "s1", "attempt": 1}, seconds=0.02) as progress:
        progress("fitting the patch")
        wait_for(lambda: len(sent) >= 4)
    assert {name for name, _, _ in sent} == {"bounty.evaluation_heartbeat"}
    assert sent[-1][1] == {"submission": "s1", "attempt": 1, "stage": "fitting the patch"}


# --- through a real broker ----------------------------------------------------------------------------------------
@pytest.fixture
def broker():
    with running_redis() as address:
        yield address


@contextmanager
def running_worker(broker, store):
    environment = {"PATH": os.environ["PATH"], "REDIS_URL": broker, "BOUNTY_ARTIFACTS": str(store.root)}
    command = [sys.executable, "-m", "evaluator", "worker", "--name", "evaluate-1"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=120)


@pytest.fixture
def site(broker):
    """The site's end: sends orders, takes reports."""
    with Celery("site", broker=worker_app.broker_url({"REDIS_URL": broker}), set_as_current=False) as app:
        app.conf.task_serializer = "json"
        yield app


def until_done(site, submission, seconds=240):
    """The messages about one submission up to its report, as (task name, arguments)."""
    messages = []
    with site.connection_for_read() as connection, connection.SimpleQueue("adjudicate") as queue:
        deadline = time.monotonic() + seconds
        while not messages or messages[-1][0] != "bounty.evaluation_done":
            try:
                message = queue.get(timeout=1)
            except Empty:
                assert time.monotonic() < deadline, "no report in time"
                continue
            message.ack()
            _, arguments, _ = message.payload
            assert message.content_type == "application/json"
            if arguments["submission"] == submission:
                messages.append((message.headers["task"], arguments))
    return messages


@pytest.mark.redis
@pytest.mark.sandbox
@pytest.mark.slow
@needs_sandbox
def test_orders_go_through_a_real_worker_and_reports_come_back(tmp_path, broker, site):
    world = make_world(tmp_path)
    file = world.file("def group(X):\n    return X['AGE'] > 60\ndef predict(X):\n    return [1] * len(X)\n")
    loop = world.file("import os\ndef group(X):\n    os._exit(1)\n")
    orders = {
        "s1": ("evaluate.cpu", world.message(file, {**file, "kind": "same"})),
        "s2": ("evaluate.gpu", world.message(expression("AGE > 60"), submission="s2")),
        "s3": ("evaluate.cpu", world.message(loop, submission="s3")),
        "s4": ("evaluate.cpu", world.message(expression("AGE > 60"), submission="s4", attempt=2)),
    }
    with running_worker(broker, world.store):
        reports = {}
        for submission, (queue, message) in orders.items():
            site.send_task("evaluator.evaluate", kwargs={"order": message}, queue=queue)
            messages = until_done(site, submission)
            assert messages[0][0] == "bounty.evaluation_started"
            assert messages[0][1]["worker"].startswith("evaluate-1@")
            reports[submission] = Report.from_json(messages[-1][1])
    assert [report.status for report in reports.values()] == ["ok", "ok", "no_result", "ok"]
    mask = reports["s1"].arrays["mask"]
    assert world.store.read_array(mask["path"], mask["sha256"]).sum() == (world.table["AGE"] > 60).sum()
    assert reports["s4"].attempt == 2


@pytest.mark.redis
@pytest.mark.sandbox
@pytest.mark.slow
@needs_sandbox
def test_the_broker_keeps_the_order_of_a_worker_that_was_killed(tmp_path, broker, site):
    world = make_world(tmp_path)
    slow = world.file("import time\ndef group(X):\n    time.sleep(20)\n    return X['AGE'] > 60\n")
    with running_worker(broker, world.store) as process:
        site.send_task("evaluator.evaluate", kwargs={"order": world.message(slow)}, queue="evaluate.cpu")
        with redis.Redis.from_url(broker) as client:
            wait_for(lambda: client.llen("adjudicate"))
            process.kill()
            process.wait(10)
            assert client.hlen("unacked") == 1
