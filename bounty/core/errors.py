"""`Refusal`, the exception under which services refuse a request, with a message for the person who made it."""

from __future__ import annotations

from evaluator.errors import BountyError


class Refusal(BountyError):
    """Raised by a service that did nothing: `message` says why and how to mend it, for the person who asked.

    `field` names the entry of the form or of the request that it is about, "" where it is about none of them.
    `status` is what the API answers: 422 where an entry has to be mended, 409 where things stand against it now.
    """

    def __init__(self, message: str, field: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status or (422 if field else 409)
