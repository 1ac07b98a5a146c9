"""Leases: which sender has which deliveries in its hands, and what becomes of those whose sender is gone.

They become `uncertain`, for they may have gone out. Each remembers that a sender was lost with it: after two such
losses in a row it is sent alone, with a rest before it, and after five it is given up (PROMISES F21). So a mail that
ends every sender stops doing so, takes no other with it from the third time on, and a healthy one that happened to be
under way when a sender was killed is sent, however often that happens.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, or_, select, text, update

from newsletter.domain.delivery import MOST_LOSSES, Kind, State, rest_after_loss
from newsletter.store.batches import among, packed
from newsletter.store.tables import deliveries

# Word for word as in the index, or SQLite would read the whole ledger.
_LEASED = text("deliveries.state = 'sending'"), deliveries.c.lease_until.is_not(None)
_FREE: dict[str, Any] = {"leased_by": None, "lease_until": None}
GIVEN_UP = f"given up: {MOST_LOSSES} senders in a row ended with it in hand"


class InHand(NamedTuple):
    """A letter to one person that a sender has in its hands, or had when it ended."""

    id: int
    kind: Kind
    subscription_id: int | None
    enrollment_id: int | None
    occasion: int | None


def in_hand(tx: Connection, noted: Sequence[tuple[int, int]]) -> list[InHand]:
    """Those of these attempts, pairs of (delivery, attempt), that nobody settled; a campaign's are left out."""
    attempts = dict(noted)
    rows = tx.execute(_in_hand(tx.dialect.name), {"wanted": packed(list(attempts))})
    return [InHand(row[0], Kind(row[1]), *row[2:5]) for row in rows if row.attempt == attempts[row.id]]


@cache
def _in_hand(dialect: str) -> Select[Any]:
    what = deliveries.c.id, deliveries.c.kind, deliveries.c.subscription_id, deliveries.c.enrollment_id
    question = select(*what, deliveries.c.occasion, deliveries.c.attempt)
    mine = deliveries.c.state == State.SENDING, deliveries.c.kind != Kind.CAMPAIGN
    return question.where(among(dialect, deliveries.c.id, "wanted"), *mine).with_for_update()


def renew(tx: Connection, holder: str, until: datetime) -> None:
    """Prolong the leases of a sender that is alive."""
    mine = update(deliveries).where(*_LEASED, deliveries.c.leased_by == holder)
    tx.execute(mine.values(lease_until=until))


def holders(tx: Connection) -> list[str]:
    """Who holds leases."""
    question = select(deliveries.c.leased_by).where(*_LEASED).distinct()
    return [holder for holder in tx.scalars(question) if holder]


def recover(tx: Connection, machine: datetime, dead: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Free what senders left behind whose lease lapsed, or who are known to be dead.

    Returns how many were freed, and the public ids of those among them that were given up.
    """
    found = tx.execute(_orphans(machine, dead)).all()
    freed = [_free(row, machine) for row in found]
    if freed:
        names = ("state", "orphaned", "retry_at", "reason", "settled_at")
        values = {name: bindparam(f"new_{name}", type_=deliveries.c[name].type) for name in names}
        tx.execute(update(deliveries).where(deliveries.c.id == bindparam("row")).values(**values, **_FREE), freed)
    given_up = {one["row"] for one in freed if one["new_state"] == State.FAILED}
    return len(freed), [row.public_id for row in found if row.id in given_up]


def _orphans(machine: datetime, dead: Sequence[str]) -> Select[Any]:
    lost = or_(deliveries.c.lease_until < machine, deliveries.c.leased_by.in_(list(dead)))
    in_order = deliveries.c.priority, deliveries.c.due_at, deliveries.c.id
    return select(deliveries).where(*_LEASED, lost).order_by(*in_order).with_for_update(skip_locked=True)


def _free(row: Row[Any], machine: datetime) -> dict[str, Any]:
    orphaned = row.orphaned + 1
    freed = {
        "row": row.id,
        "new_state": State.UNCERTAIN,
        "new_orphaned": orphaned,
        "new_retry_at": machine + rest_after_loss(orphaned),
        "new_reason": row.reason,
        "new_settled_at": row.settled_at,
    }
    if orphaned >= MOST_LOSSES:
        freed |= {"new_state": State.FAILED, "new_reason": GIVEN_UP, "new_settled_at": machine}
    return freed
