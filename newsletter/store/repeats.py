"""Lessons that somebody had, and those that she asked to have again: the occasions from 1 on."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from newsletter.domain.delivery import OPEN, Kind, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscription import Status
from newsletter.store.tables import deliveries, enrollments, lesson_revisions, subscriptions


class HadLesson(NamedTuple):
    """A lesson that reached somebody: the delivery, what it hangs on, and when it first went out (business time)."""

    public_id: str
    enrollment_id: int
    subscription_id: int
    course_id: int
    lesson_id: int
    lesson_revision_id: int
    title: str
    sent_at: datetime


def had(tx: Connection, subscriber: int) -> list[HadLesson]:
    """The lessons that a person had of courses she has not left, the newest first."""
    question = (
        select(
            deliveries.c.public_id,
            deliveries.c.enrollment_id,
            deliveries.c.subscription_id,
            enrollments.c.course_id,
            deliveries.c.lesson_id,
            deliveries.c.lesson_revision_id,
            lesson_revisions.c.title,
            deliveries.c.sent_at,
        )
        .join(enrollments, enrollments.c.id == deliveries.c.enrollment_id)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
        .join(lesson_revisions, lesson_revisions.c.id == deliveries.c.lesson_revision_id)
        .where(
            deliveries.c.subscriber_id == subscriber,
            deliveries.c.kind == Kind.LESSON,
            deliveries.c.state == State.SENT,
            deliveries.c.occasion == 0,
            enrollments.c.state != Progress.LEFT,
            subscriptions.c.status == Status.CONFIRMED,
        )
        .order_by(deliveries.c.sent_at.desc(), deliveries.c.id.desc())
    )
    return [HadLesson._make(row) for row in tx.execute(question)]


def last_occasion(tx: Connection, enrollment: int, lesson: int) -> int:
    """The highest occasion of a lesson in one run of its course; 0 when she never asked for it again."""
    mine = deliveries.c.enrollment_id == enrollment, deliveries.c.lesson_id == lesson
    return tx.scalar(select(func.max(deliveries.c.occasion)).where(*mine)) or 0


def is_on_its_way(tx: Connection, enrollment: int, lesson: int) -> bool:
    """Whether a lesson is owed and has not gone out yet."""
    mine = deliveries.c.enrollment_id == enrollment, deliveries.c.lesson_id == lesson, deliveries.c.state.in_(OPEN)
    return tx.execute(select(deliveries.c.id).where(*mine).limit(1)).first() is not None


def asked_since(tx: Connection, subscriber: int, since: datetime) -> list[datetime]:
    """When a person asked to have a lesson again after an instant (machine time), the oldest first."""
    question = select(deliveries.c.created_at).where(
        deliveries.c.subscriber_id == subscriber, deliveries.c.kind == Kind.LESSON, deliveries.c.occasion > 0
    )
    return sorted(created for created in tx.scalars(question) if created > since)
