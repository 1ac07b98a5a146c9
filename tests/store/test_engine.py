"""The Store itself: what it refuses, how it waits, what it says when it cannot."""

import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from newsletter.store import duties, engine, tables
from newsletter.store.engine import Store, StoreBusyError, StoreError
from tests.store.ledger import NOW, a_list, a_person

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_a_naive_instant_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="an instant without a zone"), store.transaction() as tx:
        a_person(tx, paused_until=datetime(2026, 3, 2, 9))


def test_an_instant_comes_back_as_the_same_moment_in_utc(store: Store) -> None:
    nepal = timezone(timedelta(hours=5, minutes=45))
    moment = datetime(2026, 3, 2, 9, 15, 30, 123456, tzinfo=nepal)
    with store.transaction() as tx:
        a_person(tx, paused_until=moment)
        found = tx.scalar(select(tables.subscribers.c.paused_until))

    assert found == moment
    assert found is not None and found.tzinfo == UTC


def test_instants_are_compared_as_moments_not_as_words(store: Store) -> None:
    """On SQLite an instant is text: every bound must be written in the same zone to compare rightly."""
    with store.transaction() as tx:
        a_person(tx, paused_until=NOW)
        earlier = (NOW - timedelta(minutes=1)).astimezone(timezone(timedelta(hours=14)))
        later = (NOW + timedelta(minutes=1)).astimezone(timezone(-timedelta(hours=11)))
        until = tables.subscribers.c.paused_until
        assert tx.scalar(select(until).where(until > earlier, until < later)) == NOW


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction() as tx:
        a_list(tx)
        raise RuntimeError

    with store.reading() as tx:
        assert tx.execute(select(tables.lists)).all() == []


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises((DBAPIError, StoreError)), store.reading() as tx:
        a_list(tx)

    with store.reading() as tx:
        assert tx.execute(select(tables.lists)).all() == []


def test_after_reading_the_same_connection_may_write_again(store: Store) -> None:
    for _ in range(3):
        with store.reading() as tx:
            tx.execute(select(tables.lists)).all()
        with store.transaction() as tx:
            a_list(tx)

    with store.reading() as tx:
        assert len(tx.execute(select(tables.lists)).all()) == 3


@ON_SQLITE
def test_a_reader_sees_one_state_of_the_data(store: Store) -> None:
    with store.reading() as tx:
        before = tx.execute(select(tables.lists)).all()
        with store.transaction() as writer:
            a_list(writer)
        assert tx.execute(select(tables.lists)).all() == before


def test_what_is_deleted_takes_along_what_hangs_on_it(store: Store) -> None:
    with store.transaction() as tx:
        row = {"public_id": "p", "subscriber_id": 999, "list_id": 999, "status": "pending", "requested_at": NOW}
        with pytest.raises(DBAPIError, match=r"(?i)foreign key"), tx.begin_nested():
            tx.execute(insert(tables.subscriptions).values(**row))


@ON_SQLITE
def test_sqlite_waits_writes_ahead_checks_references_and_wipes_what_it_deletes(store: Store) -> None:
    with store.transaction() as tx:
        asked = {name: tx.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS}

    assert asked == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 15_000}


@ON_SQLITE
def test_what_was_deleted_is_not_in_the_file_any_more(store: Store, tmp_path: Path) -> None:
    """S14: secure_delete, and nothing left in the journal once it is folded in."""
    with store.transaction() as tx:
        person = a_person(tx, address="very.findable@example.org")
    with store.transaction() as tx:
        tx.execute(tables.subscribers.delete().where(tables.subscribers.c.id == person))
    store.close()
    with sqlite3.connect(tmp_path / "newsletter.db") as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()

    for file in tmp_path.glob("newsletter.db*"):
        assert b"very.findable" not in file.read_bytes()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    """A store on SQLite that waits a tenth of a second only."""
    monkeypatch.setattr(engine, "BUSY_WAIT_MS", 100)
    file = tmp_path / "newsletter.db"
    file.write_bytes(migrated_file.read_bytes())
    store = Store.open(f"sqlite:///{file}")
    yield store
    store.close()


def test_a_database_that_another_process_holds_is_busy_not_broken(impatient: Store, tmp_path: Path) -> None:
    """F14."""
    other = sqlite3.connect(tmp_path / "newsletter.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreBusyError, match="try again"), impatient.transaction() as tx:
        a_list(tx)
    with impatient.reading() as tx:  # who only reads is not kept out
        assert tx.execute(select(tables.lists)).all() == []

    other.execute("ROLLBACK")
    other.close()
    with impatient.transaction() as tx:
        a_list(tx)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("database is locked", StoreBusyError),
        ("deadlock detected", StoreBusyError),
        ("the database system is shutting down", StoreBusyError),
        ("the database system is starting up", StoreBusyError),
        ("connection failed: connection to server on socket refused", StoreBusyError),
        ("terminating connection due to administrator command", StoreBusyError),
        ("attempt to write a readonly database", StoreError),
        ("unable to open database file", StoreError),
        ("database or disk is full", StoreError),
        ("no such table: lists", OperationalError),
    ],
)
def test_every_trouble_of_the_database_has_its_sentence(store: Store, words: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, store.transaction():
        raise OperationalError("SELECT", {}, Exception(words))

    assert type(caught.value) is kind


@ON_POSTGRESQL
def test_a_server_that_ends_our_connection_is_busy_not_broken(store: Store, database_url: str) -> None:
    """F13: PostgreSQL restarts in mid-sentence, and the next transaction finds it again."""
    with pytest.raises(StoreBusyError), store.transaction() as tx:
        number = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [number])
        a_list(tx)

    with store.transaction() as tx:
        a_list(tx)


@ON_POSTGRESQL
def test_of_two_that_wait_for_each_other_one_is_told_to_come_again(store: Store) -> None:
    with store.transaction() as tx:
        people = [a_person(tx), a_person(tx)]

    def lock(first: int, second: int) -> str:
        try:
            with store.transaction() as tx:
                for number in (first, second):
                    mine = tables.subscribers.c.id == number
                    tx.execute(tables.subscribers.update().where(mine).values(name="x"))
                    tx.execute(text("SELECT pg_sleep(0.3)"))
        except StoreBusyError:
            return "come again"
        return "done"

    with ThreadPoolExecutor(2) as two:
        assert sorted(two.map(lock, people, reversed(people))) == ["come again", "done"]


def test_a_fresh_database_is_not_current_until_it_is_upgraded(empty_database_url: str) -> None:
    store = Store.open(empty_database_url)
    assert not store.is_current()
    store.upgrade()
    assert store.is_current()
    with store.transaction() as tx:
        duties.remember(tx, "works", "yes")
    store.close()


def test_the_data_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/deep/newsletter.db")
    store.close()

    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700
