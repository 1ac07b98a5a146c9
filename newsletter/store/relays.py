"""How the relay fares: the breaker that keeps us from knocking at a closed door."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, select

from newsletter.store.engine import insert_new
from newsletter.store.tables import relays

_ONLY = "relay"


@dataclass(frozen=True, slots=True)
class RelayTrouble:
    """The relay failed so many times in a row; nothing is tried before `open_until` (machine time)."""

    failures: int
    open_until: datetime
    reason: str
    since: datetime


def trouble(tx: Connection) -> RelayTrouble | None:
    """What is wrong with the relay, or None when nothing is known to be."""
    question = select(relays.c.failures, relays.c.open_until, relays.c.reason, relays.c.since)
    row = tx.execute(question.where(relays.c.name == _ONLY)).first()
    return RelayTrouble(**row._mapping) if row else None


def note_failure(tx: Connection, reason: str, now: datetime, open_until: datetime) -> None:
    """Write down that the relay failed, and when to try again."""
    row = insert_new(tx, relays).values(name=_ONLY, failures=1, open_until=open_until, reason=reason, since=now)
    again = {"failures": relays.c.failures + 1, "open_until": open_until, "reason": reason}
    tx.execute(row.on_conflict_do_update(index_elements=["name"], set_=again))


def note_success(tx: Connection) -> RelayTrouble | None:
    """The relay works. Returns what was wrong until now, to one caller alone; nearly always None."""
    row = tx.execute(_cleared()).first()
    return RelayTrouble(**row._mapping) if row else None


@cache
def _cleared() -> Any:
    columns = relays.c.failures, relays.c.open_until, relays.c.reason, relays.c.since
    return delete(relays).where(relays.c.name == _ONLY).returning(*columns)
