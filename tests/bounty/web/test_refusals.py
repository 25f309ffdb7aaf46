"""Where a page says what a service refused."""

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from bounty.core.errors import Refusal
from bounty.web.refusals import refusal_as_message, refusal_in_form
from evaluator.errors import BountyError, PlatformFault


class NameForm(forms.Form):
    name = forms.CharField()


@pytest.fixture
def form():
    filled = NameForm({"name": "Bob"})
    assert filled.is_valid()
    return filled


@pytest.fixture
def request_with_messages():
    request = RequestFactory().post("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def said(request):
    return [str(message) for message in get_messages(request)]


def test_a_refusal_is_said_on_the_next_page(request_with_messages):
    with refusal_as_message(request_with_messages):
        raise Refusal("It is closed.")
    assert said(request_with_messages) == ["It is closed."]


def test_a_fault_of_the_platform_is_said_only_where_the_page_asks_for_it(request_with_messages):
    with pytest.raises(PlatformFault), refusal_as_message(request_with_messages):
        raise PlatformFault("An array is missing.")
    with refusal_as_message(request_with_messages, BountyError):
        raise PlatformFault("An array is missing.")
    assert said(request_with_messages) == ["An array is missing."]


@pytest.mark.parametrize(
    ("named", "field", "beside"),
    [("", None, "__all__"), ("name", None, "name"), ("other", None, "__all__"), ("", "name", "name")],
)
def test_a_refusal_stands_beside_the_field_that_it_names(form, named, field, beside):
    with refusal_in_form(form, field):
        raise Refusal("It is taken.", named)
    assert dict(form.errors) == {beside: ["It is taken."]}


def test_what_is_forbidden_stands_in_the_form_only_where_the_page_asks_for_it(form):
    with pytest.raises(PermissionDenied), refusal_in_form(form):
        raise PermissionDenied("You moderate here.")
    with refusal_in_form(form, forbidden=True):
        raise PermissionDenied("You moderate here.")
    assert form.non_field_errors() == ["You moderate here."]
