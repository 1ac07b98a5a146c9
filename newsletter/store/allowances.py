"""How much of a day's mail was used, read from the ledger itself: nothing is counted twice, and no restart forgets."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, func, select, text

from newsletter.domain.delivery import Kind, Priority
from newsletter.store.tables import WAITS, deliveries

_TO_MANY = (Kind.LESSON, Kind.CAMPAIGN)

# Word for word as in the indexes, or SQLite would read the whole ledger.
_LEASED = text("deliveries.state = 'sending'"), deliveries.c.lease_until.is_not(None)

_ONE_AT_A_TIME = 7_318_116
"""Any number that nobody else locks."""


def take_turns(tx: Connection) -> None:
    """Let no other sender count until this transaction ends, or two would use the same room. SQLite has one writer."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def used(tx: Connection, since: datetime) -> int:
    """How many lessons and campaign emails went out since an instant (business time), or are under way."""
    went = deliveries.c.sent_at.is_not(None), deliveries.c.sent_at >= since, deliveries.c.kind.in_(_TO_MANY)
    under_way = *_LEASED, deliveries.c.kind.in_(_TO_MANY)
    # In one statement: what another sender settles between two would be counted by neither.
    return tx.scalar(select(_how_many(*went) + _how_many(*under_way))) or 0


def lessons_waiting(tx: Connection, until: datetime) -> int:
    """How many planned lessons wait that are due before an instant (business time)."""
    waiting = _how_many(WAITS, deliveries.c.priority == Priority.LESSON, deliveries.c.due_at < until)
    return tx.scalar(select(waiting)) or 0


def _how_many(*conditions: Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(deliveries).where(*conditions).scalar_subquery()
