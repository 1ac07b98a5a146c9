"""The tags that the owner keeps of people."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, delete, select

from newsletter.store.batches import ByNumber
from newsletter.store.engine import insert_new
from newsletter.store.tables import subscriber_tags


def give(tx: Connection, subscriber: int, tag: str, now: datetime) -> bool:
    """Keep a tag of a person. False when she has it already."""
    row = insert_new(tx, subscriber_tags).values(subscriber_id=subscriber, tag=tag, given_at=now)
    return bool(tx.execute(row.on_conflict_do_nothing()).rowcount)


def take(tx: Connection, subscriber: int, tag: str) -> bool:
    """Forget a tag of a person. False when she has it not."""
    hers = subscriber_tags.c.subscriber_id == subscriber, subscriber_tags.c.tag == tag
    return bool(tx.execute(delete(subscriber_tags).where(*hers)).rowcount)


def of(tx: Connection, subscriber: int) -> dict[str, datetime]:
    """The tags of a person in the order of the alphabet, and when each was given."""
    question = select(subscriber_tags.c.tag, subscriber_tags.c.given_at)
    rows = tx.execute(question.where(subscriber_tags.c.subscriber_id == subscriber).order_by(subscriber_tags.c.tag))
    return {row.tag: row.given_at for row in rows}


def of_many(tx: Connection, subscribers: Iterable[int]) -> dict[int, set[str]]:
    """The tags of these people, by their number; who has none is not among them."""
    found: dict[int, set[str]] = {}
    for row in _by_number().ask(tx, subscribers):
        found.setdefault(row.subscriber_id, set()).add(row.tag)
    return found


def known(tx: Connection) -> list[str]:
    """Every tag that somebody has, in the order of the alphabet."""
    return list(tx.scalars(select(subscriber_tags.c.tag).distinct().order_by(subscriber_tags.c.tag)))


@cache
def _by_number() -> ByNumber:
    return ByNumber(select(subscriber_tags.c.subscriber_id, subscriber_tags.c.tag), subscriber_tags.c.subscriber_id)
