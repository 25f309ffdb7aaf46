"""A counter of a time window: as many as the rate allows, and everybody while the cache is away."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from bounty.api import throttling
from bounty.core import rate_limits
from bounty.core.rate_limits import is_within_rate
from bounty.exploration import preview


@pytest.fixture(autouse=True)
def _empty():
    cache.clear()


def test_as_many_as_the_rate_allows_and_no_more():
    assert [is_within_rate("alice", 3, 60) for _ in range(5)] == [True, True, True, False, False]


def test_people_are_counted_apart():
    assert is_within_rate("alice", 1, 60) and not is_within_rate("alice", 1, 60)
    assert is_within_rate("bob", 1, 60)


def test_nobody_is_kept_out_while_the_cache_counts_nothing(monkeypatch):
    class Away:
        def add(self, *_args):
            return False

        def incr(self, *_args):
            raise ValueError

    monkeypatch.setattr(rate_limits, "cache", Away())
    assert is_within_rate("alice", 0, 60)


def test_the_api_and_the_previews_count_with_it(monkeypatch, rf):
    counted = []

    def count(counter: str, most: int, seconds: int) -> bool:
        counted.append((counter.split(":")[0], most, seconds))
        return False

    monkeypatch.setattr(throttling, "is_within_rate", count)
    monkeypatch.setattr(preview, "is_within_rate", count)
    request = rf.get("/")
    request.user = type("Nobody", (), {"is_authenticated": False})()
    assert not throttling.PerMinute().allow_request(request) and not preview.is_within_preview_rate("alice")
    assert counted == [("api", 120, 60), ("preview", 60, 30)]
