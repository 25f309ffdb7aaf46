"""The Celery application of the site's own workers: `celery -A bounty.celery_app worker -Q adjudicate`, and beat.

They write verdicts; they never run submitted code. The evaluating workers have an app of their own, without Django.
"""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings
from kombu import Queue

# Celery sets Django up by itself when a worker starts and this is known; doing it here would
# break pages that import this module while Django is still starting.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bounty.settings")

ADJUDICATE = "adjudicate"
# Mail and web hooks: a queue and a worker of their own, so that no verdict waits for a slow mail server.
NOTICES = "notices"
# What takes minutes (putting a competition together from its table and base model): no verdict waits for it either.
MAKING = "making"
# Seconds between two looks at expired leases, lost tasks and phases.
SWEEP_SECONDS = 5
# Between two looks at mail and messages that are due: a first attempt is asked for at once, by what happened.
NOTICES_SECONDS = 15
# The longest that one exchange with the broker may take.
BROKER_SECONDS = 1

app = Celery(
    "bounty", broker=settings.BROKER_URL, include=["bounty.workers.tasks", "bounty.notifications.tasks"]
)
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_default_queue=ADJUDICATE,
    task_queues=[Queue(ADJUDICATE), Queue(NOTICES), Queue(MAKING)],
    # A worker that dies gives its message back; every task can be delivered twice.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    # Sending must not hang a page where the broker is away or does not answer: the sweep sends again.
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.2},
    broker_transport_options={
        "visibility_timeout": 3600,
        "socket_connect_timeout": BROKER_SECONDS,
        "socket_timeout": BROKER_SECONDS,
        "max_retries": 1,
        "interval_start": 0,
    },
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_schedule={
        "sweep": {
            "task": "bounty.sweep",
            "schedule": SWEEP_SECONDS,
            # A sweep that could not run in time is not worth catching up with.
            "options": {"expires": 2 * SWEEP_SECONDS},
        },
        "notices": {
            "task": "bounty.send_notices",
            "schedule": NOTICES_SECONDS,
            "options": {"queue": NOTICES, "expires": 2 * NOTICES_SECONDS},
        },
        "old notices": {
            "task": "bounty.forget_old_notices",
            "schedule": 24 * 3600,
            "options": {"queue": NOTICES, "expires": 3600},
        },
    },
)
