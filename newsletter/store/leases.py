"""Leases: which sender has which deliveries in its hands, and what becomes of those whose sender is gone.

A claim goes back to the queue; an intent becomes `uncertain`, for it may have gone out. Each of them that may have
been the cause (what was on the wire, and the one that was being written) remembers that a sender was lost with it:
after two such losses in a row it is sent alone, with a rest before it, and after five it is given up (PROMISES F21).
So a mail that ends every sender stops doing so, takes no other with it from the third time on, and a healthy one
that happened to be under way when a sender was killed is sent, however often that happens.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, or_, select, text, update

from newsletter.domain.delivery import MOST_LOSSES, State, rest_after_loss
from newsletter.store.tables import deliveries

LEASED = (State.CLAIMED, State.SENDING)
# Word for word as in the index, or SQLite would read the whole ledger.
_LEASED = text("deliveries.state IN ('claimed', 'sending')"), deliveries.c.lease_until.is_not(None)
_FREE: dict[str, Any] = {"leased_by": None, "lease_until": None}
GIVEN_UP = f"given up: {MOST_LOSSES} senders in a row ended with it in hand"


def renew(tx: Connection, holder: str, until: datetime) -> None:
    """Prolong the leases of a sender that is alive."""
    mine = update(deliveries).where(deliveries.c.leased_by == holder, deliveries.c.state.in_(LEASED))
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
    suspects = _suspects(found)
    freed = [_free(row, machine, is_suspect=row.id in suspects) for row in found]
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


def _suspects(found: Sequence[Row[Any]]) -> set[int]:
    """What may have ended its sender: all on the wire, and each sender's first claim, which it was about to write."""
    on_the_wire = {row.id for row in found if row.state == State.SENDING}
    claims = [row for row in found if row.state == State.CLAIMED]
    first_of_each = {row.leased_by: row.id for row in reversed(claims)}
    return on_the_wire | set(first_of_each.values())


def _free(row: Row[Any], machine: datetime, *, is_suspect: bool) -> dict[str, Any]:
    orphaned = row.orphaned + is_suspect
    went = row.state == State.SENDING
    rest = rest_after_loss(orphaned) if is_suspect else timedelta(0)
    freed = {
        "row": row.id,
        "new_state": State.UNCERTAIN if went else State.QUEUED,
        "new_orphaned": orphaned,
        "new_retry_at": machine + rest if went or rest else row.retry_at,
        "new_reason": row.reason,
        "new_settled_at": row.settled_at,
    }
    if orphaned >= MOST_LOSSES:
        freed |= {"new_state": State.FAILED, "new_reason": GIVEN_UP, "new_settled_at": machine}
    return freed
