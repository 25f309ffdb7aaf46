"""The evaluating worker's Celery app: orders from its queues, run in the sandbox, reported by messages.

A Celery app without Django. It knows where the broker and the artifacts are and nothing else: it refuses to
start where it was handed the site's credentials, or where strangers' code could not be run safely. Reports go by
task name to the site's queue; only the site writes rows.
"""

from __future__ import annotations

import functools
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from celery import Celery
from kombu import Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from evaluator import fitting
from evaluator.artifacts import FolderStore
from evaluator.errors import BountyError, PlatformFault, SandboxUnavailable
from evaluator.sandbox import Sandbox, check_sandbox
from evaluator.worker.evaluate import STARTED, run_order
from evaluator.worker.messages import ORDER_STAMP, Order, Report, submission_name
from evaluator.worker.table_cache import TableCache

log = logging.getLogger(__name__)

CPU_QUEUE, GPU_QUEUE = "evaluate.cpu", "evaluate.gpu"
REPORTS = "adjudicate"
DEFAULT_REDIS = "redis://localhost:6379/0"
TASK = "evaluator.evaluate"
HEARTBEAT_SECONDS = 10.0
# A stage that lasts as long is told.
STAGE_SECONDS = 0.5
# What a worker must not know: with these, a way out of the jail would be a way to the verdicts.
CREDENTIALS = ("DATABASE_URL", "SECRET_KEY")


class RefusedToStart(BountyError):
    """A refusal to start a worker in these surroundings. The message says what to change."""


def broker_url(environment: Mapping[str, str] = os.environ) -> str:
    """The broker's address, REDIS_URL as Celery spells it: `unix://` becomes `redis+socket://`."""
    return environment.get("REDIS_URL", DEFAULT_REDIS).replace("unix://", "redis+socket://", 1)


app = Celery("evaluator", broker=broker_url(), set_as_current=False)
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_queues=[Queue(CPU_QUEUE), Queue(GPU_QUEUE)],
    task_default_queue=CPU_QUEUE,
    # A worker that dies gives its order back; an order done twice writes the same arrays twice.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # The sandbox ends every job by itself; this is for the day when it does not (prefork pools only).
    task_time_limit=1800,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 3600},
    task_publish_retry_policy={"max_retries": 10, "interval_start": 0.1, "interval_step": 0.5},
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    timezone="UTC",
)


def check_environment(environment: Mapping[str, str] = os.environ) -> None:
    """Raise RefusedToStart where the worker was given credentials, or not told where the artifacts are."""
    held = [name for name in CREDENTIALS if environment.get(name)]
    if held and environment.get("BOUNTY_EMBEDDED") != "1":
        raise RefusedToStart(
            f"{' and '.join(held)} must not be in an evaluating worker's environment: it runs strangers' code. "
            "Start it without (on a laptop, where one user runs everything anyway: BOUNTY_EMBEDDED=1)."
        )
    if not environment.get("BOUNTY_ARTIFACTS"):
        raise RefusedToStart("BOUNTY_ARTIFACTS must name the folder of the artifact store.")


def check_sandbox_is_safe() -> None:
    """Raise RefusedToStart naming each required property of the sandbox that does not hold here."""
    missing = [check for check in check_sandbox() if check.required and not check.ok]
    if missing:
        listed = "; ".join(f"{check.name}: {check.detail}" for check in missing)
        raise RefusedToStart(f"strangers' code cannot be run safely on this machine ({listed})")


class Bench:
    """The state that one worker process keeps between orders: one sandbox and the tables it has sealed."""

    def __init__(self, store: FolderStore, *, gpu: bool = False) -> None:
        self.store = store
        self.gpu = gpu
        self._sandbox: Sandbox | None = None
        self._tables: TableCache | None = None

    def run(self, order: Order, progress: Any) -> Report:
        """The report on one order. Whatever goes wrong on our side also costs the sandbox: the next order gets a
        new one.
        """
        try:
            sandbox, tables = self._opened()
            return run_order(order, self.store, sandbox, progress, tables)
        except BaseException:
            self.close()
            raise

    def get_ready(self) -> None:
        """Start the jail and the fitting process where they do not run, so that no order waits for them.

        What fails here fails again with the next order, which reports it.
        """
        try:
            sandbox = self._opened()[0]
            sandbox.start()
            sandbox.warm_up()
            fitting.start()
        except (PlatformFault, SandboxUnavailable) as error:
            self.close()
            log.error("not ready for the next order: %s", error)

    def _opened(self) -> tuple[Sandbox, TableCache]:
        if self._sandbox is None or self._tables is None:
            self._sandbox = Sandbox(gpu=self.gpu).__enter__()
            self._tables = TableCache(self.store, self._sandbox)
        return self._sandbox, self._tables

    def close(self) -> None:
        """End the sandbox; the next order opens another."""
        sandbox, self._sandbox, self._tables = self._sandbox, None, None
        if sandbox is not None:
            sandbox.__exit__(None, None, None)


_bench: Bench | None = None


def open_bench(*, gpu: bool) -> Bench:
    """The process's bench, made once and before the first order."""
    global _bench  # Celery gives tasks no other place that lives as long as the process
    if _bench is None:
        _bench = Bench(FolderStore(Path(os.environ["BOUNTY_ARTIFACTS"])), gpu=gpu)
    return _bench


@app.task(name=TASK)
def evaluate_order(order: dict[str, Any]) -> None:
    """The Celery task: run one order and send its report. Never raises for an order's content: a fault is a report
    too.
    """
    try:
        submission, attempt = submission_name(order), int(order["attempt"])
    except (ValueError, KeyError, TypeError):
        log.error("an order that names no submission was dropped")
        return
    if not is_current(submission, attempt):
        log.info("%s attempt %s: moved on, and is not run", submission, attempt)
        return
    about = {"submission": submission, "attempt": attempt}
    _send("bounty.evaluation_started", about | {"worker": worker_name()})
    log.info("%s attempt %s: started", submission, attempt)
    with _heartbeat(about) as progress:
        report = _report(order, submission, attempt, progress)
    _send("bounty.evaluation_done", report.to_json())
    log.info("%s attempt %s: %s", submission, attempt, report.status)
    if _bench is not None:
        _bench.get_ready()


def is_current(submission: str, attempt: int) -> bool:
    """Whether an order still is to be run: False where the site has stamped another attempt, or none, as the current.

    Without a stamp, and without a broker to ask, it is run: what is done twice is stored once.
    """
    try:
        stamp = _client(os.environ.get("REDIS_URL", DEFAULT_REDIS)).get(ORDER_STAMP % submission)
    except redis.RedisError:
        return True
    return stamp is None or stamp == str(attempt).encode()


@functools.cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 1))


def _report(order: dict[str, Any], submission: str, attempt: int, progress: Any) -> Report:
    try:
        checked = Order.from_json(order)
        return open_bench(gpu=has_gpu()).run(checked, progress)
    except (PlatformFault, SandboxUnavailable) as error:
        log.error("%s attempt %s: %s", submission, attempt, error)
        return Report(submission, attempt, "fault", detail=str(error)[:300])
    except Exception as error:
        # The type and the place alone: a message may hold a submission's text or a secret row's cell.
        log.error("%s attempt %s: %s at %s", submission, attempt, type(error).__name__, _place(error))
        return Report(submission, attempt, "fault", detail=f"unexpected {type(error).__name__} in the worker")


def _place(error: BaseException) -> str:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "an unknown place"


def _send(task: str, payload: Mapping[str, Any]) -> None:
    app.send_task(task, kwargs=dict(payload), queue=REPORTS)


@contextmanager
def _heartbeat(about: Mapping[str, Any], seconds: float = HEARTBEAT_SECONDS) -> Iterator[Any]:
    """Say what is being done soon after that changed, and every few seconds while it does not.

    Stages that are over in no time are not told: each message would keep the site from the report behind it.
    """
    stage = [STARTED]
    ended = threading.Event()

    def say() -> None:
        try:
            _send("bounty.evaluation_heartbeat", {**about, "stage": stage[0]})
        except Exception as error:  # a lost heartbeat is only a late one; the lease outlives a few
            log.warning("a heartbeat could not be sent: %s", type(error).__name__)

    def beat() -> None:
        said, at = STARTED, time.monotonic()
        while not ended.wait(min(seconds, STAGE_SECONDS)):
            if stage[0] != said or time.monotonic() - at >= seconds:
                said, at = stage[0], time.monotonic()
                say()

    def progress(text: str) -> None:
        stage[0] = text

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        ended.set()
        thread.join()


def worker_name() -> str:
    """The name of this worker in its messages: its own and its machine's."""
    return f"{os.environ.get('BOUNTY_WORKER', 'evaluate')}@{socket.gethostname()}"


def has_gpu() -> bool:
    """Whether this worker was started to use an accelerator (see `run_worker`)."""
    return os.environ.get("BOUNTY_GPU") == "1"


def run_worker(queues: list[str], name: str | None, loglevel: str = "INFO") -> None:
    """Run a worker until SIGTERM. Raises RefusedToStart before anything is taken from a queue."""
    logging.basicConfig(level=loglevel, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    check_environment()
    check_sandbox_is_safe()
    if GPU_QUEUE in queues and has_accelerator():
        os.environ["BOUNTY_GPU"] = "1"
    unique = name or f"evaluate-{uuid.uuid4().hex[:8]}"
    os.environ["BOUNTY_WORKER"] = unique
    options = ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    bench = open_bench(gpu=has_gpu())
    try:
        bench.get_ready()
        app.worker_main(["worker", "-Q", ",".join(queues), "-n", f"{unique}@%h", "-l", loglevel, *options])
    finally:
        bench.close()


def has_accelerator() -> bool:
    """Whether torch sees a CUDA device. Asked only where the driver's device node exists: importing torch is slow."""
    if not Path("/dev/nvidiactl").exists():
        return False
    import torch

    return bool(torch.cuda.is_available())
