"""Strangers' code in a jail: a warm zygote inside bubblewrap, and a forked, locked-down child a job."""

from evaluator.sandbox.policy import Policy
from evaluator.sandbox.results import Job, Result
from evaluator.sandbox.supervisor import Sandbox
from evaluator.sandbox.tables import SealedTable, seal

__all__ = ["Job", "Policy", "Result", "Sandbox", "SealedTable", "seal"]
