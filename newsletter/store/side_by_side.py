"""Who is in several courses at once, and where those stand: so that two of them never meet on a day."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, case, exists, func, null, select

from newsletter.domain.enrollment import Progress
from newsletter.domain.itinerary import Beside
from newsletter.store.batches import among, in_one_row, instant, packed, unpacked
from newsletter.store.tables import courses, enrollments, skips, subscribers


def of_subscribers(tx: Connection, numbers: Iterable[int]) -> dict[int, dict[int, Beside]]:
    """By reader and by enrollment, where these readers' courses stand; nothing where there is only one course at all.

    A slot that she skipped is no letter, and an enrollment that is held or over has none to come.
    """
    if (tx.scalar(select(func.count()).select_from(courses)) or 0) < 2:
        return {}
    found: dict[int, dict[int, Beside]] = {}
    for reader, number, slot, due in unpacked(tx.scalar(_standing(tx.dialect.name), {"readers": packed([*numbers])})):
        found.setdefault(reader, {})[number] = Beside(instant(slot), instant(due))
    return found


@cache
def _standing(dialect: str) -> Select[Any]:
    row = enrollments.c
    is_skipped = exists().where(skips.c.enrollment_id == row.id, skips.c.slot == row.last_slot_at)
    is_coming = and_(row.state == Progress.ACTIVE, row.held_reason.is_(None))
    slot, due = case((is_skipped, null()), else_=row.last_slot_at), case((is_coming, row.next_due_at), else_=null())
    hers = among(dialect, row.subscriber_id, "readers"), row.state != Progress.LEFT
    return in_one_row(dialect, select(row.subscriber_id, row.id, slot.label("slot"), due.label("due")).where(*hers))


def take(tx: Connection, numbers: Iterable[int]) -> set[int]:
    """Keep other planners from these readers until this transaction ends. Returns those whom nobody else has."""
    question = select(subscribers.c.id).where(subscribers.c.id.in_(sorted(numbers)))
    return set(tx.scalars(question.with_for_update(key_share=True, skip_locked=True)))
