"""People and emails owed, written straight into the tables, for the tests of the store's questions."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, insert, select, update

from newsletter.domain.delivery import PRIORITY, Claim, Kind
from newsletter.domain.tokens import new_public_id
from newsletter.store import dispatch, tables
from newsletter.store.engine import Store

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MACHINE = datetime(2031, 5, 5, 5, tzinfo=UTC)
LEASE = timedelta(seconds=60)
_numbers = count(1)


def make(tx: Connection, table: Any, **values: Any) -> int:
    """Insert a row with what every such table asks for. Returns its id."""
    given = {"public_id": new_public_id(), "created_at": NOW, "title": "T", "requested_at": NOW, "began_at": NOW}
    given |= {"slug": f"s{next(_numbers)}"}
    row = {name: value for name, value in given.items() if name in table.c} | values
    return int(tx.execute(insert(table).values(**row)).inserted_primary_key[0])


def a_person(tx: Connection, **values: Any) -> int:
    """Somebody with an address of her own."""
    name = f"p{next(_numbers)}"
    return make(tx, tables.subscribers, **{"address": f"{name}@example.org", "address_key": name, **values})


def a_subscriber(tx: Connection, mailing_list: int, status: str = "confirmed", **values: Any) -> tuple[int, int]:
    """Somebody on a list: (subscriber, subscription)."""
    person = a_person(tx, **values)
    return person, make(tx, tables.subscriptions, subscriber_id=person, list_id=mailing_list, status=status)


def a_list(tx: Connection) -> int:
    """An empty list."""
    return make(tx, tables.lists)


def a_lesson(tx: Connection, role: str = "weekly") -> tuple[int, int, int]:
    """A lesson of a course of its own: (course, lesson, revision)."""
    course = make(tx, tables.courses)
    lesson = make(tx, tables.lessons, course_id=course, key="k")
    words = dict.fromkeys(("subject", "preheader", "body", "practice", "reflection", "digest"), "x")
    revision = make(tx, tables.lesson_revisions, lesson_id=lesson, role=role, **words, sources="[]", origin="owner")
    return course, lesson, revision


def a_campaign(tx: Connection, mailing_list: int, state: str = "sending") -> int:
    """A campaign in any state."""
    return make(tx, tables.campaigns, list_id=mailing_list, subject="S", body="B", state=state)


def owe(tx: Connection, kind: Kind, subscriber: int | None, **values: Any) -> int:
    """An email owed, queued and due now if nothing else is said."""
    row = {"kind": kind.value, "priority": int(PRIORITY[kind]), "state": "queued", "due_at": NOW, "planned_at": NOW}
    return make(tx, tables.deliveries, subscriber_id=subscriber, **{**row, **values})


def take(store: Store, limit: int = 100, **times: datetime) -> list[Claim]:
    """Take in a transaction of its own."""
    when = {"now": NOW, "machine": MACHINE, **times}
    with store.transaction() as tx:
        return dispatch.take(tx, limit=limit, **when)


def intend(store: Store, *taken: Claim, holder: str = "h/1/a", **times: datetime) -> set[int]:
    """Record intents in a transaction of its own. Returns the ids of those that may go."""
    when = {"now": NOW, "machine": MACHINE, **times}
    with store.transaction() as tx:
        return dispatch.record_intents(tx, taken, holder=holder, lease=LEASE, domain="example.org", **when)


def begin(store: Store, limit: int = 100, holder: str = "h/1/a", **times: datetime) -> list[Claim]:
    """Take, and record the intents, as a sender does."""
    taken = take(store, limit, **times)
    begun = intend(store, *taken, holder=holder, **times)
    return [one for one in taken if one.id in begun]


def read(store: Store, delivery: int) -> Any:
    """A row of the ledger."""
    with store.reading() as tx:
        return tx.execute(select(tables.deliveries).where(tables.deliveries.c.id == delivery)).one()


def force(store: Store, table: Any, number: int, **values: Any) -> None:
    """Write into a row, in a transaction of its own."""
    with store.transaction() as tx:
        tx.execute(update(table).where(table.c.id == number).values(**values))
