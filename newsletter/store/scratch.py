"""A database for a measurement: made, filled with people who do not exist, and thrown away."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    and_,
    case,
    cast,
    create_engine,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.engine import make_url

from newsletter.domain.delivery import PRIORITY, Kind, State
from newsletter.domain.enrollment import LessonRef, Progress
from newsletter.domain.subscriber import DEFAULT_HOUR
from newsletter.domain.subscription import Status
from newsletter.domain.tokens import new_public_id
from newsletter.store.batches import packed, rows_in
from newsletter.store.engine import Store
from newsletter.store.tables import Id, Instant, deliveries, enrollments, subscribers, subscriptions

_AT_ONCE = 5_000
_FIRST = ("Maria", "Jana", "Zoë", "Tom", "Ayşe", "Paul")
_LAST = ("Silvestre", "Berg", "Nováková", "O’Neill", "Lund")


@dataclass(frozen=True, slots=True)
class Clock:
    """A wall-clock for many: its zone, their hour, and by turn the slot before and the next one."""

    zone: str
    hour: int
    slots: tuple[tuple[datetime, datetime], ...]


@contextmanager
def postgresql(server: str) -> Iterator[str]:
    """The URL of a new database on the server of this URL; it is dropped at the end."""
    name = f"newsletter_bench_{secrets.token_hex(4)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        engine.dispose()


@contextmanager
def filling(store: Store) -> Iterator[Connection]:
    """A transaction for a great many rows. On SQLite nothing is safe in it, and nothing need be."""
    if store.engine.dialect.name != "sqlite":
        with store.transaction() as tx:
            yield tx
        return
    with store.engine.connect() as connection:
        cursor = connection.connection.cursor()
        for hasty in ("synchronous = OFF", "journal_mode = OFF", "secure_delete = OFF", "cache_size = -400000"):
            cursor.execute(f"PRAGMA {hasty}")
        with connection.begin():
            yield connection
        for usual in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON", "cache_size = -2000"):
            cursor.execute(f"PRAGMA {usual}")
        cursor.close()


def crowd(
    tx: Connection,
    list_id: int,
    readers: int,
    key: Callable[[str], str],
    now: datetime,
    clocks: Sequence[Clock] = (),
) -> None:
    """So many confirmed readers of a list: reader1@example.org and so on, every other one with a name of her own.

    `key` gives an address its keyed digest. They live by these wall-clocks in turn.
    """
    texts = dict.fromkeys(("public_id", "address", "key", "name", "zone"), String())
    people = rows_in(tx.dialect.name, "people", {**texts, "hour": Integer()})
    born = select(*people.c, literal(now, Instant))
    columns = ["public_id", "address", "address_key", "name", "timezone", "hour", "created_at"]
    for start in range(1, readers + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, readers + 1))
        rows = [
            (new_public_id(), address, key(address), _name(number), *_clock(clocks, number))
            for number, address in _addresses(numbers)
        ]
        tx.execute(insert(subscribers).from_select(columns, born), {"people": packed(rows)})
    known = {"list_id": literal(list_id, Id), "status": literal(Status.CONFIRMED.value), "public_id": _a_name_for(tx)}
    when = {"requested_at": literal(now, Instant), "confirmed_at": literal(now, Instant)}
    values: dict[str, Any] = {"subscriber_id": subscribers.c.id, **known, **when}
    tx.execute(insert(subscriptions).from_select(list(values), select(*values.values()).order_by(subscribers.c.id)))


def enroll(
    tx: Connection, course: int, clocks: Sequence[Clock], *, due: int, readers: int, lessons: Sequence[LessonRef]
) -> None:
    """Everybody of `crowd`, each on one of these wall-clocks, is in a course: so many of them have a lesson due.

    The others have theirs on one of the next seven days. Everybody has had `lessons`.
    """
    apart = max(readers // due, 1)
    is_due = and_(subscribers.c.id % apart == 0, subscribers.c.id <= apart * due)
    turn = case((is_due, 0), else_=1 + subscribers.c.id % 7)

    def slot(which: int) -> ColumnElement[datetime]:
        whens = {
            one.zone: case(
                {number: literal(slots[which], Instant) for number, slots in enumerate(one.slots)}, value=turn
            )
            for one in clocks
        }
        return case(whens, value=subscribers.c.timezone)

    values: dict[str, Any] = {
        "public_id": _a_name_for(tx),
        "subscriber_id": subscribers.c.id,
        "course_id": literal(course, Id),
        "subscription_id": subscriptions.c.id,
        "state": literal(Progress.ACTIVE.value),
        **dict.fromkeys(("began_at", "last_slot_at"), slot(0)),
        "next_due_at": slot(1),
    }
    found = select(*values.values()).join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
    tx.execute(insert(enrollments).from_select(list(values), found))
    for lesson in lessons:
        _had(tx, lesson)


def _had(tx: Connection, lesson: LessonRef) -> None:
    """Everybody in a course has had a lesson."""
    when = enrollments.c.last_slot_at
    values: dict[str, Any] = {
        "public_id": _a_name_for(tx),
        "kind": literal(Kind.LESSON.value),
        "priority": literal(int(PRIORITY[Kind.LESSON])),
        "state": literal(State.SENT.value),
        "subscriber_id": enrollments.c.subscriber_id,
        "subscription_id": enrollments.c.subscription_id,
        "enrollment_id": enrollments.c.id,
        "lesson_id": literal(lesson.lesson_id, Id),
        "lesson_revision_id": literal(lesson.revision_id, Id),
        "occasion": literal(0),
        **dict.fromkeys(("planned_at", "created_at", "due_at", "sent_at", "settled_at"), when),
    }
    tx.execute(insert(deliveries).from_select(list(values), select(*values.values()).order_by(enrollments.c.id)))


def settle_down(store: Store) -> None:
    """Let the database know how large its tables are, and write down what it has in hand, as after a day of work."""
    with store.engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT", house_reads_only=False)
        if store.engine.dialect.name == "sqlite":
            autocommit.exec_driver_sql("ANALYZE")
            with Path(store.engine.url.database or "").open("rb") as file:
                os.fsync(file.fileno())  # as CHECKPOINT below: nobody fills a million rows a second before a tick
            return
        autocommit.exec_driver_sql("VACUUM (ANALYZE)")
        autocommit.exec_driver_sql("CHECKPOINT")


def _addresses(numbers: range) -> Iterator[tuple[int, str]]:
    return ((number, f"reader{number}@example.org") for number in numbers)


def _clock(clocks: Sequence[Clock], number: int) -> tuple[str | None, int]:
    if not clocks:
        return None, DEFAULT_HOUR
    clock = clocks[number % len(clocks)]
    return clock.zone, clock.hour


def _name(number: int) -> str:
    """None for the odd; the others have 40,000 names in turn."""
    return "" if number % 2 else f"{_FIRST[number // 2 % len(_FIRST)]} {_LAST[number // 12 % len(_LAST)]}{number % 997}"


def _a_name_for(tx: Connection) -> ColumnElement[str]:
    """A public id that the database makes up: 22 characters, as ours."""
    if tx.dialect.name == "sqlite":
        return func.substr(func.lower(func.hex(func.randomblob(16))), 1, 22)
    return func.substr(func.md5(cast(func.random(), String)), 1, 22)
