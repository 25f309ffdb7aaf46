"""What a worker keeps between orders is bounded by bytes, and never less than the order at hand needs."""

import numpy as np
import pandas as pd

from evaluator.runtime import ColumnSpec, TableSpec
from evaluator.sandbox.tables import SealedTableCache, seal_table
from evaluator.worker import table_cache
from evaluator.worker.table_cache import TableCache
from tests.evaluator.worker.orders_world import expression, make_world, people


class CountingStore:
    """A store that says what was read."""

    def __init__(self, store):
        self.store = store
        self.reads = []

    def read_table(self, path, sha256):
        self.reads.append(path)
        return self.store.read_table(path, sha256)


def three_competitions(tmp_path):
    worlds = [make_world(tmp_path / str(i), people(seed=i)) for i in range(3)]
    return [(CountingStore(world.store), world.order(expression("AGE > 60"))) for world in worlds]


def read_all(held, store, order):
    held.store = store
    held.public(order)
    held.secret(order)


def test_tables_that_fit_are_read_once(tmp_path):
    held = TableCache(None, None)
    competitions = three_competitions(tmp_path)
    for store, order in competitions * 2:
        read_all(held, store, order)
    assert [len(store.reads) for store, _ in competitions] == [2, 2, 2]


def test_where_memory_is_short_the_order_at_hand_keeps_both_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(table_cache, "FRAMES_KEPT", 1)
    held = TableCache(None, None)
    (first, order), (second, other), _ = three_competitions(tmp_path)
    for _ in range(2):
        read_all(held, first, order)
    read_all(held, second, other)
    read_all(held, first, order)
    assert (len(first.reads), len(second.reads)) == (4, 2)


def sealed(rows):
    return seal_table(
        pd.DataFrame({"a": np.arange(rows, dtype=float)}), TableSpec((ColumnSpec("a", "number"),))
    )


def test_sealed_tables_are_bounded_by_their_bytes():
    cache = SealedTableCache(most=30_000)
    tables = [cache.get(name, lambda: sealed(1000)) for name in "abcd"]  # 8 kB each, and a little
    assert [table._closed for table in tables] == [True, False, False, False]
    cache.close()
    assert all(table._closed for table in tables)


def test_the_part_for_second_looks_counts_as_well():
    cache = SealedTableCache(most=30_000)
    tables = [cache.get(name, lambda: sealed(1000)) for name in "abc"]
    tables[2].shuffled()
    cache.get("d", lambda: sealed(10))
    assert tables[0]._closed
    cache.close()
