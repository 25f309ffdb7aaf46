"""The document for programs and the page for people: both say everything, and the page fetches nothing."""

from __future__ import annotations

import re

import pytest
from django.utils.text import slugify
from jsonschema_rs import validator_for

from bounty.api.application import api
from bounty.api.problems import KINDS

OPERATIONS = [
    (path, method, operation)
    for path, methods in api.document["paths"].items()
    for method, operation in methods.items()
]


@pytest.fixture
def document(client, db):
    return client.get("/api/v1/openapi.json").json()


def test_the_document_is_openapi_3_1_and_every_shape_in_it_is_a_schema(document):
    assert document["openapi"] == "3.1.0" and len(OPERATIONS) > 35
    for schema in document["components"]["schemas"].values():
        validator_for({**schema, "components": document["components"]})


def test_every_operation_has_a_name_of_its_own_and_words(document):
    names = [operation["operationId"] for _path, _method, operation in OPERATIONS]
    assert len(names) == len(set(names))
    assert [
        name
        for name, (*_, operation) in zip(names, OPERATIONS, strict=True)
        if not operation.get("description")
    ] == []


def test_every_operation_says_how_it_refuses():
    for path, method, operation in OPERATIONS:
        refusals = {
            int(status): answer for status, answer in operation["responses"].items() if int(status) >= 400
        }
        assert {401, 429} <= set(refusals), path
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in refusals.values()), (
            path
        )
        if method != "get":
            assert {400, 403, 413, 422} <= set(refusals), path
        if "{slug}" in path:
            assert 404 in refusals, path


def test_only_reading_is_open_to_everybody():
    open_ones = [(path, method) for path, method, operation in OPERATIONS if {} in operation["security"]]
    assert open_ones and {method for _path, method in open_ones} == {"get"}
    closed = {
        "/api/v1/me",
        "/api/v1/competitions/{slug}/submissions",
        "/api/v1/competitions/{slug}/moderation",
    }
    assert closed.isdisjoint(path for path, _method in open_ones)


def groups():
    return sorted({slugify(operation["tags"][0]) for *_, operation in OPERATIONS})


def test_the_pages_name_every_operation_and_every_kind_of_problem(client, db):
    page = client.get("/api/").content.decode()
    described = "".join(client.get(f"/api/operations/{group}/").content.decode() for group in groups())
    for *_, operation in OPERATIONS:
        assert f'#{operation["operationId"]}"' in page
        assert f'id="{operation["operationId"]}"' in described
    assert all(f'id="problem-{kind}"' in page for kind in KINDS)
    assert client.get("/api/operations/nothing/").status_code == 404


@pytest.mark.parametrize("address", ["/api/", *(f"/api/operations/{group}/" for group in groups())])
def test_a_page_runs_no_script_of_its_own_and_fetches_nothing_from_elsewhere(client, db, address):
    page = client.get(address)
    text = page.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", text)
    assert not re.search(r'(?:src|<link[^>]*href)="(?:https?:)?//', text)
    assert "unsafe" not in page["Content-Security-Policy"] and len(page.content) < 150_000


def test_the_document_is_not_sent_twice(client, db):
    tag = client.get("/api/v1/openapi.json")["ETag"]
    assert client.get("/api/v1/openapi.json", headers={"If-None-Match": tag}).status_code == 304
