"""The consent record on a real database: one chain, however many write."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from newsletter.domain.consent import ConsentEvent
from newsletter.store import consents, tables
from newsletter.store.engine import Store
from tests.store.ledger import MACHINE, NOW, a_list, a_subscriber


@pytest.fixture
def numbers(store: Store) -> tuple[int, int]:
    """Somebody and a list."""
    with store.transaction() as tx:
        mailing_list = a_list(tx)
        return a_subscriber(tx, mailing_list)[0], mailing_list


def note(store: Store, numbers: tuple[int, int], event: ConsentEvent = ConsentEvent.CONFIRMED) -> None:
    with store.transaction() as tx:
        consents.record(
            tx,
            event,
            subscriber=numbers[0],
            list_id=numbers[1],
            wording_version="w1234abcd",
            payload={"words": "Yes, please send me letters.", "address": "maria@example.org"},
            happened_at=NOW,
            recorded_at=MACHINE,
        )


def first_break(store: Store) -> int | None:
    with store.reading() as tx:
        return consents.first_break(tx)


def test_parallel_writers_do_not_fork_the_chain(store: Store, numbers: tuple[int, int]) -> None:
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda _: note(store, numbers), range(40)))

    with store.reading() as tx:
        assert list(tx.scalars(select(tables.consents.c.number).order_by(tables.consents.c.number))) == [*range(1, 41)]
    assert first_break(store) is None


def test_an_empty_record_is_whole(store: Store) -> None:
    assert first_break(store) is None


def test_a_rolled_back_event_leaves_no_gap(store: Store, numbers: tuple[int, int]) -> None:
    note(store, numbers)
    with pytest.raises(RuntimeError), store.transaction() as tx:
        how = {"subscriber": numbers[0], "list_id": numbers[1], "happened_at": NOW, "recorded_at": NOW}
        consents.record(tx, ConsentEvent.LEFT, wording_version="w", payload={}, **how)
        raise RuntimeError
    note(store, numbers)

    assert first_break(store) is None


@pytest.mark.parametrize(
    "forged",
    [
        {"event": "left"},
        {"happened_at": NOW - timedelta(days=1)},
        {"recorded_at": NOW},
        {"wording_version": "w00000000"},
        {"payload_digest": "d" * 64},
        {"link": "1" * 64},
        {"number": 77},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_a_changed_row_is_found_by_its_number(store: Store, numbers: tuple[int, int], forged: dict[str, Any]) -> None:
    for _ in range(4):
        note(store, numbers)
    with store.transaction() as tx:
        tx.execute(update(tables.consents).where(tables.consents.c.number == 3).values(**forged))

    assert first_break(store) == 3


def test_a_changed_payload_is_found_by_its_number(store: Store, numbers: tuple[int, int]) -> None:
    for _ in range(3):
        note(store, numbers)
    with store.transaction() as tx:
        second = select(tables.consents.c.id).where(tables.consents.c.number == 2).scalar_subquery()
        forged = update(tables.consent_payloads).where(tables.consent_payloads.c.consent_id == second)
        tx.execute(forged.values(payload='{"words":"Send me everything."}'))

    assert first_break(store) == 2


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removed_row_is_found_where_it_stood(store: Store, numbers: tuple[int, int], number: int) -> None:
    for _ in range(4):
        note(store, numbers)
    with store.transaction() as tx:
        gone = tx.scalar(select(tables.consents.c.id).where(tables.consents.c.number == number))
        tx.execute(delete(tables.consent_payloads).where(tables.consent_payloads.c.consent_id == gone))
        tx.execute(delete(tables.consents).where(tables.consents.c.id == gone))

    assert first_break(store) == number


def erase_payloads(tx: Any, person: int) -> None:
    tx.execute(delete(tables.consent_payloads).where(tables.consent_payloads.c.subscriber_id == person))


def erase_her(tx: Any, person: int) -> None:
    tx.execute(delete(tables.subscribers).where(tables.subscribers.c.id == person))


@pytest.mark.parametrize("erase", [erase_payloads, erase_her])
def test_erasing_a_person_leaves_the_chain_whole_and_nothing_of_her(
    store: Store, numbers: tuple[int, int], erase: Callable[[Any, int], None]
) -> None:
    for _ in range(3):
        note(store, numbers)
    with store.transaction() as tx:
        erase(tx, numbers[0])
        assert consents.of_subscriber(tx, numbers[0]) == []

    assert first_break(store) is None
    note_after = a_subscriber_of(store)
    note(store, note_after)
    assert first_break(store) is None


def a_subscriber_of(store: Store) -> tuple[int, int]:
    with store.transaction() as tx:
        mailing_list = a_list(tx)
        return a_subscriber(tx, mailing_list)[0], mailing_list


def test_the_record_gives_back_the_very_words(store: Store, numbers: tuple[int, int]) -> None:
    note(store, numbers, ConsentEvent.REQUESTED)
    note(store, numbers)

    with store.reading() as tx:
        first, second = consents.of_subscriber(tx, numbers[0])
    assert (first["event"], second["event"]) == ("requested", "confirmed")
    assert (second["words"], second["at"], second["version"]) == ("Yes, please send me letters.", NOW, "w1234abcd")
