"""Who holds which duty: one leader at a time, by a lease that its holder renews."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select

from newsletter.store.engine import insert_new
from newsletter.store.tables import installation, leaders


def take(tx: Connection, duty: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Take or renew a duty, if it is free, ours or lapsed. Times are machine time."""
    row = insert_new(tx, leaders).values(duty=duty, holder=holder, until=now + lasts)
    taken = row.on_conflict_do_update(
        index_elements=["duty"],
        set_={"holder": holder, "until": now + lasts},
        where=(leaders.c.holder == holder) | (leaders.c.until < now),
    )
    return bool(tx.execute(taken).rowcount)


def give_back(tx: Connection, holder: str) -> None:
    """End every duty of a holder, so that another one may take it at once."""
    tx.execute(delete(leaders).where(leaders.c.holder == holder))


def clock_of_database(tx: Connection) -> datetime | None:
    """What time the database server says it is; None for SQLite, which has no clock but ours."""
    if tx.dialect.name == "sqlite":
        return None
    told: datetime = tx.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return told


def fact(tx: Connection, name: str) -> str | None:
    """Something this installation remembers of itself."""
    found: str | None = tx.scalar(_fact(), {"fact": name})
    return found


def take_fact(tx: Connection, name: str) -> str | None:
    """The same, kept from everybody else until the transaction ends."""
    found: str | None = tx.scalar(_fact().with_for_update(), {"fact": name})
    return found


@cache
def _fact() -> Select[Any]:
    # Asked by every request and job: building it anew took longer than asking.
    return select(installation.c.value).where(installation.c.name == bindparam("fact"))


def remember(tx: Connection, name: str, value: str) -> None:
    """Write down, or replace, something about this installation."""
    row = insert_new(tx, installation).values(name=name, value=value)
    tx.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
