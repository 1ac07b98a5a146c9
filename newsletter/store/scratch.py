"""A database for a measurement: made, filled with people who do not exist, and thrown away."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, create_engine, func, insert, literal, select
from sqlalchemy.engine import make_url

from newsletter.domain.subscription import Status
from newsletter.domain.tokens import new_public_id
from newsletter.store.batches import packed, rows_in
from newsletter.store.tables import Id, Instant, subscribers, subscriptions

_AT_ONCE = 5_000
_FIRST = ("Maria", "Jana", "Zoë", "Tom", "Ayşe", "Paul")
_LAST = ("Silvestre", "Berg", "Nováková", "O’Neill", "Lund")


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


def crowd(tx: Connection, list_id: int, readers: int, key: Callable[[str], str], now: datetime) -> None:
    """So many confirmed readers of a list: reader1@example.org and so on, every other one with a name of her own.

    `key` gives an address its keyed digest.
    """
    people = rows_in(tx.dialect.name, "people", dict.fromkeys(("public_id", "address", "key", "name"), String()))
    born = select(*people.c, literal(now, Instant))
    columns = ["public_id", "address", "address_key", "name", "created_at"]
    for start in range(1, readers + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, readers + 1))
        rows = [(new_public_id(), address, key(address), _name(number)) for number, address in _addresses(numbers)]
        tx.execute(insert(subscribers).from_select(columns, born), {"people": packed(rows)})
    known = {"list_id": literal(list_id, Id), "status": literal(Status.CONFIRMED.value), "public_id": _a_name_for(tx)}
    when = {"requested_at": literal(now, Instant), "confirmed_at": literal(now, Instant)}
    values: dict[str, Any] = {"subscriber_id": subscribers.c.id, **known, **when}
    tx.execute(insert(subscriptions).from_select(list(values), select(*values.values()).order_by(subscribers.c.id)))


def _addresses(numbers: range) -> Iterator[tuple[int, str]]:
    return ((number, f"reader{number}@example.org") for number in numbers)


def _name(number: int) -> str:
    """None for the odd; the others have 40,000 names in turn."""
    return "" if number % 2 else f"{_FIRST[number // 2 % len(_FIRST)]} {_LAST[number // 12 % len(_LAST)]}{number % 997}"


def _a_name_for(tx: Connection) -> ColumnElement[str]:
    """A public id that the database makes up: 22 characters, as ours."""
    if tx.dialect.name == "sqlite":
        return func.substr(func.lower(func.hex(func.randomblob(16))), 1, 22)
    return func.substr(func.md5(cast(func.random(), String)), 1, 22)
