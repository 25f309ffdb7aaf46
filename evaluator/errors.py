"""Errors with messages for participants and organisers, and the error classes of a submission."""

from __future__ import annotations

from enum import StrEnum


class ErrorClass(StrEnum):
    """Why a submission could not be run. The same words locally and on the site."""

    BAD_EXPRESSION = "bad_expression"
    LOAD_ERROR = "load_error"
    NO_FUNCTION = "no_function"
    CRASHED = "crashed"
    MEMORY = "memory"
    TIME = "time"
    BAD_OUTPUT = "bad_output"
    NOT_ROWWISE = "not_rowwise"
    UNTRUSTED_TYPES = "untrusted_types"
    NO_RESULT = "no_result"
    TOO_LARGE = "too_large"


class BountyError(Exception):
    """Base of every error whose message was written for the person who caused it."""


class ParticipantError(BountyError):
    """A submission's own fault, with its class. `detail` never holds anything from secret rows."""

    def __init__(self, error_class: ErrorClass, detail: str) -> None:
        super().__init__(detail)
        self.error_class = error_class
        self.detail = detail


class TableError(BountyError):
    """An unusable table. The message names the column and the first offending row."""

    def __init__(self, message: str, *, column: str | None = None, row: int | None = None) -> None:
        super().__init__(message)
        self.column = column
        self.row = row


class SandboxUnavailable(BountyError):
    """Untrusted code cannot be run safely here, so it is not run at all. The message says why."""


class PlatformFault(BountyError):
    """Our fault, not the submission's: it is tried again and costs the participant nothing."""
