"""Counters that several processes share."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from newsletter.store import limits
from newsletter.store.engine import Store
from tests.store.ledger import MACHINE


def test_nobody_is_counted_twice_or_forgotten_when_many_come_at_once(store: Store) -> None:
    def come(_: int) -> int:
        with store.transaction() as tx:
            return limits.count(tx, "signup:here", MACHINE)

    with ThreadPoolExecutor(8) as crowd:
        counts = list(crowd.map(come, range(40)))

    assert sorted(counts) == list(range(1, 41))


def test_buckets_and_windows_are_counted_apart(store: Store) -> None:
    later = MACHINE + timedelta(hours=1)
    with store.transaction() as tx:
        assert [limits.count(tx, "a", MACHINE) for _ in range(3)] == [1, 2, 3]
        assert limits.count(tx, "b", MACHINE) == 1
        assert limits.count(tx, "a", later) == 1
        assert limits.current(tx, "a", MACHINE) == 3
        assert limits.current(tx, "nobody", MACHINE) == 0


def test_old_windows_are_forgotten_and_new_ones_kept(store: Store) -> None:
    later = MACHINE + timedelta(hours=1)
    with store.transaction() as tx:
        limits.count(tx, "a", MACHINE)
        limits.count(tx, "a", later)
        limits.forget_before(tx, later)
        assert (limits.current(tx, "a", MACHINE), limits.current(tx, "a", later)) == (0, 1)
