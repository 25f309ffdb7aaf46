"""A page does without the cache where Redis is away."""

import time

import pytest

from bounty import settings
from bounty.core.cache import ForgivingRedisCache


@pytest.fixture
def away(tmp_path):
    options = settings.CACHES["default"]["OPTIONS"]
    return ForgivingRedisCache(f"unix://{tmp_path}/nowhere.sock", {"OPTIONS": options})


def test_without_redis_the_cache_is_empty_and_takes_everything(away, caplog):
    assert away.add("seen", 1)
    away.set("name", "Ada")
    away.set_many({"name": "Ada"})
    assert away.get("name", "nobody") == "nobody"
    assert away.get_many(["name"]) == {}
    assert not away.has_key("name")
    assert not away.touch("name")
    assert not away.delete("name")
    away.delete_many(["name"])
    away.clear()
    assert "the cache does not answer" in caplog.text


def test_without_redis_nothing_can_be_counted_up(away):
    with pytest.raises(ValueError, match="does not answer"):
        away.incr("seen")


def test_without_redis_nobody_waits(away, monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    away.get("name")
    assert sum(waits) == 0
    options = settings.CACHES["default"]["OPTIONS"]
    assert options["socket_connect_timeout"] <= 1 and options["socket_timeout"] <= 1
