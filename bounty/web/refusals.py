"""Context managers that put a service's refusal on a page: at the top of the next one, or in the form that was
sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest

from bounty.core.errors import Refusal
from evaluator.errors import BountyError


@contextmanager
def refusal_as_message(request: HttpRequest, kind: type[BountyError] = Refusal) -> Iterator[None]:
    """End the block at a refusal and say it on the next page; what follows in the block is not done then.

    `kind` widens what is said so, where a fault of the platform's own concerns whoever pressed the button.
    """
    try:
        yield
    except kind as error:
        messages.error(request, str(error))


@contextmanager
def refusal_in_form(form: BaseForm, field: str | None = None, *, forbidden: bool = False) -> Iterator[None]:
    """End the block at a refusal and put it beside that field, or beside the one that it names.

    `forbidden`: what the person may not do is said there as well, so that what was typed is not lost.
    """
    try:
        yield
    except Refusal as error:
        named = error.field if error.field in form.fields else None
        form.add_error(field or named, error.message)
    except PermissionDenied as error:
        if not forbidden:
            raise
        form.add_error(None, str(error))
