"""Numbers of people and of letters to come, each from an index, for the page that says where things stand."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, text

from newsletter.domain.subscription import Status
from newsletter.store.tables import courses, enrollments, leaders, subscribers, subscriptions, suppressions

# SQLite uses a partial index only when the question repeats the index's own condition, word for word.
_DUE = text("state = 'active' AND held_reason IS NULL AND next_due_at IS NOT NULL")


def people(tx: Connection, status: Status) -> int:
    """How many people have at least one subscription of a status."""
    return tx.scalar(_persons(subscriptions.c.status == status)) or 0


def people_known(tx: Connection) -> int:
    """How many people the house knows, whatever their status."""
    return tx.scalar(select(func.count()).select_from(subscribers)) or 0


def confirmed_between(tx: Connection, since: datetime, until: datetime) -> int:
    """How many people confirmed a subscription between two instants, whatever they did since."""
    return tx.scalar(_persons(*_between(subscriptions.c.confirmed_at, since, until))) or 0


def left_between(tx: Connection, since: datetime, until: datetime) -> int:
    """How many people left a list between two instants and have not come back."""
    gone = subscriptions.c.status == Status.UNSUBSCRIBED
    return tx.scalar(_persons(*_between(subscriptions.c.left_at, since, until), gone)) or 0


def asked_between(tx: Connection, since: datetime, until: datetime) -> int:
    """How many people asked for a list between two instants and have not confirmed."""
    pending = subscriptions.c.status == Status.PENDING
    return tx.scalar(_persons(pending, *_between(subscriptions.c.requested_at, since, until))) or 0


def lessons_between(tx: Connection, since: datetime, until: datetime) -> int:
    """How many lessons fall due between two instants, of enrollments that nothing holds."""
    due = _DUE, *_between(enrollments.c.next_due_at, since, until)
    return tx.scalar(select(func.count()).select_from(enrollments).where(*due)) or 0


def held_people(tx: Connection) -> dict[str, int]:
    """How many people's mail waits for the owner's word, by the reason."""
    counted = select(subscribers.c.held_reason, func.count()).where(subscribers.c.held_reason.is_not(None))
    return dict(tx.execute(counted.group_by(subscribers.c.held_reason)).all())


def held_enrollments(tx: Connection) -> dict[str, int]:
    """How many enrollments wait for the owner's word, by the reason."""
    counted = select(enrollments.c.held_reason, func.count()).where(enrollments.c.held_reason.is_not(None))
    return dict(tx.execute(counted.group_by(enrollments.c.held_reason)).all())


def held_courses(tx: Connection, limit: int) -> list[Row[Any]]:
    """Enrollments that wait for the owner's word: rows of person, address, course, reason, due_at and held_at."""
    question = (
        select(
            subscribers.c.public_id.label("person"),
            subscribers.c.address,
            courses.c.title.label("course"),
            enrollments.c.held_reason.label("reason"),
            enrollments.c.next_due_at.label("due_at"),
            enrollments.c.held_at,
        )
        .join(subscribers, subscribers.c.id == enrollments.c.subscriber_id)
        .join(courses, courses.c.id == enrollments.c.course_id)
        .where(enrollments.c.held_reason.is_not(None))
        .order_by(enrollments.c.held_at)
        .limit(limit)
    )
    return list(tx.execute(question))


def suppressed_since(tx: Connection, since: datetime) -> dict[str, int]:
    """How many addresses were suppressed since an instant, by the reason."""
    counted = select(suppressions.c.reason, func.count()).where(suppressions.c.created_at >= since)
    return dict(tx.execute(counted.group_by(suppressions.c.reason)).all())


def worker_seen_until(tx: Connection) -> datetime | None:
    """Until when some worker holds the duty to plan (machine time); None when none ever did, or it said goodbye."""
    return max(tx.scalars(select(leaders.c.until)), default=None)


def _persons(*conditions: ColumnElement[bool]) -> Any:
    return select(func.count(subscriptions.c.subscriber_id.distinct())).where(*conditions)


def _between(column: Any, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= since, column < until
