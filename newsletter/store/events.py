"""What happened, append-only, numbered without a gap."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from newsletter.domain.enrollment import Enrollment
from newsletter.domain.events import Event, EventKind
from newsletter.store.engine import insert_new
from newsletter.store.tables import courses, enrollments, events, installation, subscribers

_HEAD = "event_head"


def record(tx: Connection, kind: EventKind, runs: Sequence[Enrollment], now: datetime) -> int:
    """Append an event of each of these enrollments that has none of this kind yet. Returns how many are new.

    Writers queue on one row until they commit, so that nobody who reads ever passes by a number that comes later:
    let it be the last thing that a transaction waits for.
    """
    seat = insert_new(tx, installation).values(name=_HEAD, value="")
    tx.execute(seat.on_conflict_do_nothing(index_elements=["name"]))
    tx.execute(select(installation.c.id).where(installation.c.name == _HEAD).with_for_update())
    numbers = [one.id for one in runs]
    mine = events.c.enrollment_id.in_(numbers), events.c.kind == kind
    known = set(tx.scalars(select(events.c.enrollment_id).where(*mine)))
    last = tx.scalar(select(func.max(events.c.number))) or 0
    rows = [
        {
            "number": number,
            "kind": kind.value,
            "happened_at": now,
            "course_id": one.course_id,
            "subscriber_id": one.subscriber_id,
            "enrollment_id": one.id,
        }
        for number, one in enumerate((one for one in runs if one.id not in known), last + 1)
    ]
    if rows:
        tx.execute(insert(events), rows)
    return len(rows)


def after(tx: Connection, number: int, limit: int) -> list[Event]:
    """The first events after a number."""
    columns = events.c.number, events.c.kind, events.c.happened_at, courses.c.slug, enrollments.c.run
    question = (
        select(*columns, subscribers.c.public_id)
        .join(courses, courses.c.id == events.c.course_id)
        .join(enrollments, enrollments.c.id == events.c.enrollment_id, isouter=True)
        .join(subscribers, subscribers.c.id == events.c.subscriber_id, isouter=True)
        .where(events.c.number > number)
        .order_by(events.c.number)
        .limit(limit)
    )
    return [Event(row[0], EventKind(row[1]), *row[2:]) for row in tx.execute(question)]


def of_subscriber(tx: Connection, subscriber: int) -> list[Event]:
    """The events of one person, the oldest first."""
    mine = select(events.c.number).where(events.c.subscriber_id == subscriber).order_by(events.c.number)
    return [one for number in tx.scalars(mine).all() for one in after(tx, number - 1, 1)]
