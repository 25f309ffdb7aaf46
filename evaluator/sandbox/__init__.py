"""The sandbox for strangers' code: a warm zygote inside bubblewrap, and a forked, locked-down child a job."""

from evaluator.sandbox.checks import Check, check_sandbox, is_available, is_refused, why_unavailable
from evaluator.sandbox.policy import Policy
from evaluator.sandbox.results import Job, Result
from evaluator.sandbox.supervisor import Sandbox
from evaluator.sandbox.tables import SealedTable, seal_table

__all__ = [
    "Check",
    "Job",
    "Policy",
    "Result",
    "Sandbox",
    "SealedTable",
    "check_sandbox",
    "is_available",
    "is_refused",
    "seal_table",
    "why_unavailable",
]
