"""Slots that readers skipped, each with where the run stood before: what is needed to take a skip back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from newsletter.store.tables import enrollments, skips

_OVER = timedelta(days=14)
"""So long after its slot nobody asks for a skip any more; a letter may still be on its way for some days."""


class Skip(NamedTuple):
    """The newest skip of a run; `before` is the slot of the last letter before it, None when there was none."""

    slot: datetime
    before: datetime | None


def add(tx: Connection, enrollment: int, slot: datetime, before: datetime | None, now: datetime) -> None:
    """Remember a skip, and forget those of the run that are long over."""
    mine = skips.c.enrollment_id == enrollment
    tx.execute(delete(skips).where(mine, skips.c.slot < now - _OVER))
    tx.execute(insert(skips).values(enrollment_id=enrollment, slot=slot, before=before))


def newest(tx: Connection, runs: Iterable[int], now: datetime) -> dict[int, Skip]:
    """By run, the newest skip that is still to come and that nothing was planned after."""
    stands = skips.c.enrollment_id == enrollments.c.id, skips.c.slot == enrollments.c.last_slot_at
    question = select(enrollments.c.id, skips.c.slot, skips.c.before).where(*stands, skips.c.slot > now)
    rows = tx.execute(question.where(enrollments.c.id.in_(list(runs))))
    return {row[0]: Skip(row[1], row[2]) for row in rows}


def remove(tx: Connection, enrollment: int, slot: datetime) -> None:
    """Forget a skip."""
    tx.execute(delete(skips).where(skips.c.enrollment_id == enrollment, skips.c.slot == slot))
