"""One leader at a time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from newsletter.store import duties
from newsletter.store.engine import Store
from tests.store.ledger import MACHINE

LASTS = timedelta(seconds=60)


def take(store: Store, holder: str, moment: datetime = MACHINE, duty: str = "planning") -> bool:
    with store.transaction() as tx:
        return duties.take(tx, duty, holder, moment, LASTS)


def test_of_many_who_want_to_lead_one_does(store: Store) -> None:
    with ThreadPoolExecutor(8) as crowd:
        won = list(crowd.map(lambda number: take(store, f"h/{number}"), range(24)))

    assert won.count(True) == 1


def test_the_leader_may_renew_and_nobody_else_may_take(store: Store) -> None:
    assert take(store, "a")
    assert take(store, "a", MACHINE + LASTS / 2)
    assert not take(store, "b", MACHINE + LASTS)
    assert take(store, "a", MACHINE + LASTS)


def test_a_lapsed_duty_goes_to_who_comes(store: Store) -> None:
    take(store, "a")

    assert not take(store, "b", MACHINE + LASTS)
    assert take(store, "b", MACHINE + LASTS + timedelta(seconds=1))
    assert not take(store, "a", MACHINE + LASTS + timedelta(seconds=2))


def test_what_is_given_back_is_free_at_once(store: Store) -> None:
    take(store, "a")
    take(store, "a", duty="cleaning")
    take(store, "c", duty="cooking")
    with store.transaction() as tx:
        duties.give_back(tx, "a")

    assert take(store, "b")
    assert take(store, "b", duty="cleaning")
    assert not take(store, "b", duty="cooking")


def test_a_fact_is_replaced_not_added(store: Store) -> None:
    with store.transaction() as tx:
        assert duties.fact(tx, "mail_mode") is None
        duties.remember(tx, "mail_mode", "captured")
        duties.remember(tx, "mail_mode", "leaves")
        assert duties.fact(tx, "mail_mode") == "leaves"
