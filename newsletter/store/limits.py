"""Counters that several processes share: how often something happened in a window of machine time."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from newsletter.store.engine import insert_new
from newsletter.store.tables import rate_counts


def count(tx: Connection, bucket: str, window_start: datetime) -> int:
    """Add one to a bucket's count in a window. Returns the count with it."""
    row = insert_new(tx, rate_counts).values(bucket=bucket, window_start=window_start, count=1)
    tx.execute(
        row.on_conflict_do_update(index_elements=["bucket", "window_start"], set_={"count": rate_counts.c.count + 1})
    )
    return current(tx, bucket, window_start)


def current(tx: Connection, bucket: str, window_start: datetime) -> int:
    """The count of a bucket in a window."""
    question = select(rate_counts.c.count).where(
        rate_counts.c.bucket == bucket, rate_counts.c.window_start == window_start
    )
    return tx.scalar(question) or 0


def forget_before(tx: Connection, moment: datetime) -> None:
    """Delete windows that no limit asks for any more."""
    tx.execute(delete(rate_counts).where(rate_counts.c.window_start < moment))
