"""A database for a measurement: made, filled with people who do not exist, and thrown away."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.engine import make_url

from newsletter.domain.subscription import Status
from newsletter.domain.tokens import new_public_id
from newsletter.store.tables import subscribers, subscriptions

_AT_ONCE = 5_000


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
    """So many confirmed readers of a list: reader1@example.org and so on, every other one with a name.

    `key` gives an address its keyed digest.
    """
    for start in range(1, readers + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, readers + 1))
        people = [
            {
                "public_id": new_public_id(),
                "address": f"reader{number}@example.org",
                "address_key": key(f"reader{number}@example.org"),
                "name": "" if number % 2 else "Maria Silvestre",
                "created_at": now,
            }
            for number in numbers
        ]
        made = tx.scalars(insert(subscribers).returning(subscribers.c.id), people).all()
        when = {"requested_at": now, "confirmed_at": now, "status": Status.CONFIRMED, "list_id": list_id}
        tx.execute(
            insert(subscriptions), [{"public_id": new_public_id(), "subscriber_id": one, **when} for one in made]
        )
