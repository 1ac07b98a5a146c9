"""Who is in which course, and when her next lesson is due."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, bindparam, exists, func, select, update

from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.domain.tokens import new_public_id
from newsletter.store.batches import ByNumber
from newsletter.store.engine import insert_new
from newsletter.store.tables import Instant, enrollments

_COLUMNS: tuple[Any, ...] = (
    enrollments.c.id,
    enrollments.c.public_id,
    enrollments.c.subscriber_id,
    enrollments.c.course_id,
    enrollments.c.subscription_id,
    enrollments.c.run,
    enrollments.c.state,
    enrollments.c.began_at,
    enrollments.c.last_slot_at,
    enrollments.c.next_due_at,
    enrollments.c.held_reason,
    enrollments.c.ended_at,
)
_BY_NUMBER = ByNumber(select(*_COLUMNS), enrollments.c.id)


def begin(
    tx: Connection, *, subscriber: int, course: int, subscription: int, run: int, now: datetime, next_due: datetime
) -> Enrollment | None:
    """Begin a run of a course. None when this run was begun already."""
    row = insert_new(tx, enrollments).values(
        public_id=new_public_id(),
        subscriber_id=subscriber,
        course_id=course,
        subscription_id=subscription,
        run=run,
        state=Progress.ACTIVE,
        began_at=now,
        next_due_at=next_due,
    )
    made = tx.execute(row.on_conflict_do_nothing(index_elements=["subscriber_id", "course_id", "run"]))
    return latest(tx, subscriber, course) if made.rowcount else None


def latest(tx: Connection, subscriber: int, course: int) -> Enrollment | None:
    """A person's newest run of a course."""
    question = (
        select(*_COLUMNS)
        .where(enrollments.c.subscriber_id == subscriber, enrollments.c.course_id == course)
        .order_by(enrollments.c.run.desc())
        .limit(1)
    )
    row = tx.execute(question).first()
    return _enrollment(row) if row else None


def of_subscriber(tx: Connection, subscriber: int) -> list[Enrollment]:
    """All runs of all courses of one person."""
    question = select(*_COLUMNS).where(enrollments.c.subscriber_id == subscriber).order_by(enrollments.c.id)
    return [_enrollment(row) for row in tx.execute(question)]


def lock(tx: Connection, subscriber: int) -> list[Enrollment]:
    """All runs of one person, kept from planners until this transaction ends."""
    question = select(*_COLUMNS).where(enrollments.c.subscriber_id == subscriber).order_by(enrollments.c.id)
    return [_enrollment(row) for row in tx.execute(question.with_for_update())]


def take(tx: Connection, enrollment: int) -> Enrollment | None:
    """The enrollment with a number of ours, kept from others; None while somebody else changes it."""
    question = select(*_COLUMNS).where(enrollments.c.id == enrollment).with_for_update(skip_locked=True)
    row = tx.execute(question).first()
    return _enrollment(row) if row else None


def by_id(tx: Connection, enrollment: int) -> Enrollment | None:
    """The enrollment with a number of ours."""
    row = tx.execute(select(*_COLUMNS).where(enrollments.c.id == enrollment)).first()
    return _enrollment(row) if row else None


def by_ids(tx: Connection, numbers: Iterable[int]) -> dict[int, Enrollment]:
    """The enrollments with these numbers of ours, by number."""
    return {row.id: _enrollment(row) for row in _BY_NUMBER.ask(tx, numbers)}


def due(tx: Connection, now: datetime, limit: int) -> list[Enrollment]:
    """Enrollments whose next lesson is due, the longest waiting first; other planners pass them by."""
    found = [_enrollment(row) for row in tx.execute(_due(), {"now": now, "most": limit})]
    # Many are due at the very same moment, and PostgreSQL may give those in any order.
    return sorted(found, key=lambda one: (one.next_due_at or now, one.id))


@cache
def _due() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .where(
            enrollments.c.state == Progress.ACTIVE,
            enrollments.c.held_reason.is_(None),
            enrollments.c.next_due_at.is_not(None),
            enrollments.c.next_due_at <= bindparam("now", type_=Instant),
        )
        .order_by(enrollments.c.next_due_at)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def of_course(
    tx: Connection, course: int, states: Iterable[Progress], *, after: int, limit: int, locked: bool = False
) -> list[Enrollment]:
    """Each person's newest run of a course, if it is in one of these states: the first ones with a number over `after`.

    The last one's number is the next question's `after`. `locked` keeps them from planners.
    """
    question = (
        select(*_COLUMNS)
        .where(enrollments.c.course_id == course, enrollments.c.state.in_(list(states)), enrollments.c.id > after)
        .where(~_has_newer_run())
        .order_by(enrollments.c.id)
        .limit(limit)
    )
    return [_enrollment(row) for row in tx.execute(question.with_for_update() if locked else question)]


def _has_newer_run() -> ColumnElement[bool]:
    newer = enrollments.alias("newer")
    same = newer.c.subscriber_id == enrollments.c.subscriber_id, newer.c.course_id == enrollments.c.course_id
    return exists().where(*same, newer.c.run > enrollments.c.run)


def count_with_due(tx: Connection) -> int:
    """How many enrollments have a lesson to come at a known time."""
    return tx.scalar(select(func.count()).where(*_COMING)) or 0


def every(tx: Connection, one_in: int) -> list[Enrollment]:
    """Every so many-th of these, by number."""
    question = select(*_COLUMNS).where(*_COMING, enrollments.c.id % one_in == 0)
    return [_enrollment(row) for row in tx.execute(question)]


_COMING = (
    enrollments.c.state == Progress.ACTIVE,
    enrollments.c.held_reason.is_(None),
    enrollments.c.next_due_at < INDEFINITELY,
)


def count_held(tx: Connection) -> int:
    """How many enrollments wait for the owner's word."""
    return tx.scalar(select(func.count()).where(enrollments.c.held_reason.is_not(None))) or 0


def held(tx: Connection, limit: int | None = None, until: datetime | None = None) -> list[Enrollment]:
    """Enrollments that wait for the owner's word, the longest waiting first; those that are held since `until`."""
    question = select(*_COLUMNS).where(enrollments.c.held_reason.is_not(None))
    if until is not None:
        question = question.where(func.coalesce(enrollments.c.held_at, until) <= until)
    order = enrollments.c.held_at, enrollments.c.id
    return [_enrollment(row) for row in tx.execute(question.order_by(*order).limit(limit))]


def change(tx: Connection, enrollment: int, **values: Any) -> None:
    """Set columns of one enrollment."""
    tx.execute(update(enrollments).where(enrollments.c.id == enrollment).values(**values))


def end_with_subscription(tx: Connection, subscriber: int, subscription: int, now: datetime) -> int:
    """End the active enrollments that hang on a subscription of somebody. Returns how many."""
    mine = enrollments.c.subscriber_id == subscriber, enrollments.c.subscription_id == subscription
    ended = update(enrollments).where(*mine, enrollments.c.state == Progress.ACTIVE)
    over = {"state": Progress.LEFT, "ended_at": now, "next_due_at": None, "held_reason": None, "held_at": None}
    waits = update(enrollments).where(*mine, enrollments.c.held_at.is_not(None))
    tx.execute(waits.values(held_reason=None, held_at=None))
    return tx.execute(ended.values(**over)).rowcount


def _enrollment(row: Any) -> Enrollment:
    # By position, as _COLUMNS stand: by name took three times as long, and planning reads ten thousand.
    number, public_id, subscriber, course, subscription, run, state, *rest = row
    return Enrollment(number, public_id, subscriber, course, subscription, run, Progress(state), *rest)
