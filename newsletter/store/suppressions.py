"""Addresses that get no mail from us any more, by keyed digest; they outlive the person's own rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, select

from newsletter.store.engine import insert_new
from newsletter.store.tables import subscribers, suppressions

ERASED = "erased on request"
"""The one reason that she herself can end, by signing up and confirming; nobody else can (docs/decisions/0008)."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why an address gets no mail, and since when."""

    reason: str
    created_at: datetime


def add(tx: Connection, key: str, reason: str, now: datetime) -> None:
    """Suppress an address; the first reason stays."""
    row = insert_new(tx, suppressions).values(address_key=key, reason=reason, created_at=now)
    tx.execute(row.on_conflict_do_nothing(index_elements=["address_key"]))


def of(tx: Connection, keys: list[str]) -> Suppression | None:
    """Why an address, given by its keyed digests, is suppressed; the weightiest reason, None when it is not."""
    question = select(suppressions.c.reason, suppressions.c.created_at).where(suppressions.c.address_key.in_(keys))
    row = tx.execute(question.order_by(suppressions.c.reason == ERASED)).first()
    return Suppression(**row._mapping) if row else None


def covers(tx: Connection, keys: list[str]) -> bool:
    """Whether an address, given by its keyed digests, must not be written to even when its owner asks for it."""
    found = of(tx, keys)
    return found is not None and found.reason != ERASED


def silences() -> ColumnElement[bool]:
    """The same as part of a question about subscribers."""
    return exists().where(suppressions.c.address_key == subscribers.c.address_key, suppressions.c.reason != ERASED)


def lift_erasure(tx: Connection, keys: list[str]) -> None:
    """She is back by her own hand: what was left of her erasure goes."""
    tx.execute(delete(suppressions).where(suppressions.c.address_key.in_(keys), suppressions.c.reason == ERASED))
