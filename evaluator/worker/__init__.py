"""The evaluate worker: a Celery app without Django that runs submissions in the sandbox."""
