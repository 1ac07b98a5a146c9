"""Addresses that get no mail from us any more, by keyed digest; they outlive the person's own rows."""

from datetime import datetime

from sqlalchemy import Connection, select

from newsletter.store.engine import insert_new
from newsletter.store.tables import suppressions


def add(tx: Connection, key: str, reason: str, now: datetime) -> None:
    """Suppress an address; the first reason stays."""
    row = insert_new(tx, suppressions).values(address_key=key, reason=reason, created_at=now)
    tx.execute(row.on_conflict_do_nothing(index_elements=["address_key"]))


def covers(tx: Connection, keys: list[str]) -> bool:
    """Whether an address, given by its keyed digests, is suppressed."""
    return tx.scalar(select(suppressions.c.id).where(suppressions.c.address_key.in_(keys)).limit(1)) is not None
