"""The switch that holds all lessons, and what is put aside while it is on."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, text, update

from newsletter.domain.delivery import Kind
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.store import owner_settings
from newsletter.store.deliveries import UNTRIED, WAITING
from newsletter.store.owner_settings import Said
from newsletter.store.tables import deliveries, enrollments
from newsletter.store.tables import owner_settings as settings

REASON = "all lessons are held"
"""What stands with an enrollment that the switch holds."""

_SWITCH = "hold_lessons"
# Word for word as in the index of what is due.
_DUE = text("state = 'active' AND held_reason IS NULL AND next_due_at IS NOT NULL")


def switch(tx: Connection) -> Said | None:
    """Why, since when and by whom all lessons are held; None when they are not."""
    return owner_settings.one(tx, _SWITCH) if is_on(tx) else None


def is_on(tx: Connection) -> bool:
    """Whether all lessons are held."""
    return tx.scalar(_value(), {"name": _SWITCH}) not in (None, "")


@cache
def _value() -> Select[Any]:
    # Asked by every planner's batch.
    return select(settings.c.value).where(settings.c.name == bindparam("name"))


def turn(tx: Connection, reason: str, *, admin: int | None, now: datetime) -> None:
    """Hold all lessons for a reason; an empty one ends it."""
    owner_settings.change(tx, _SWITCH, reason, admin=admin, now=now)


def put_aside(tx: Connection, now: datetime) -> int:
    """Hold the enrollments whose lesson is due, or is planned and not in a sender's hands. Returns how many more."""
    waiting = (
        deliveries.c.kind == Kind.LESSON,
        deliveries.c.state.in_(WAITING),
        deliveries.c.due_at < INDEFINITELY,
    )
    theirs = select(deliveries.c.enrollment_id).where(*waiting, deliveries.c.occasion == 0)
    held = {"held_reason": REASON, "held_at": now}
    due = update(enrollments).where(_DUE, enrollments.c.next_due_at <= now).values(**held)
    planned = update(enrollments).where(enrollments.c.id.in_(theirs), enrollments.c.held_reason.is_(None))
    planned = planned.where(enrollments.c.state != Progress.LEFT).values(**held)
    many = tx.execute(due).rowcount + tx.execute(planned).rowcount
    tx.execute(update(deliveries).where(*waiting).values(due_at=INDEFINITELY, **UNTRIED))
    return many


def let_repeats_go(tx: Connection, now: datetime) -> None:
    """Let lessons go that somebody asked to have again and that were put aside."""
    asked = deliveries.c.kind == Kind.LESSON, deliveries.c.state.in_(WAITING), deliveries.c.occasion > 0
    tx.execute(update(deliveries).where(*asked, deliveries.c.due_at == INDEFINITELY).values(due_at=now))
