"""Where each lesson stands in a revision of a course; since when, for whom, and who else gets it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from newsletter.store.tables import course_revision_lessons

_STAYS = (course_revision_lessons.c.late, course_revision_lessons.c.condition, course_revision_lessons.c.timing)
"""What the owner said of a lesson's place: it stays from revision to revision, until she says something else."""


def said(tx: Connection, revision: int | None) -> dict[int, dict[str, Any]]:
    """By lesson, what was said of its place in a revision."""
    question = select(course_revision_lessons.c.lesson_id, *_STAYS)
    rows = tx.execute(question.where(course_revision_lessons.c.course_revision_id == revision))
    return {row.lesson_id: {column.name: getattr(row, column.name) for column in _STAYS} for row in rows}


def fill(
    tx: Connection, revision: int, order: Iterable[tuple[int, int]], before: Mapping[int, Mapping[str, Any]]
) -> None:
    """Give a revision its lessons, pairs of (lesson, lesson revision), in order. `before` was `said` of them."""
    for position, (lesson, lesson_revision) in enumerate(order, 1):
        place = {"course_revision_id": revision, "lesson_id": lesson, "lesson_revision_id": lesson_revision}
        tx.execute(insert(course_revision_lessons).values(**place, position=position, **before.get(lesson, {})))


def change(tx: Connection, revision: int, lesson: int, **values: Any) -> None:
    """Say something else of a lesson's place in a revision: `late`, `condition`, `timing`."""
    mine = course_revision_lessons.c.course_revision_id == revision, course_revision_lessons.c.lesson_id == lesson
    tx.execute(update(course_revision_lessons).where(*mine).values(**values))


def begin(tx: Connection, revision: int, before: int | None, now: datetime) -> None:
    """Write down, at publishing, since when each lesson of a revision stands in the course.

    `before` is the revision that was published until now: what stood there has stood longer.
    """
    mine = course_revision_lessons.c.course_revision_id == revision
    question = select(course_revision_lessons.c.lesson_id, course_revision_lessons.c.since)
    stood = tx.execute(question.where(course_revision_lessons.c.course_revision_id == before)).all()
    tx.execute(update(course_revision_lessons).where(mine).values(since=now))
    if stood:
        longer = update(course_revision_lessons).where(mine, course_revision_lessons.c.lesson_id == bindparam("lesson"))
        values = [{"lesson": lesson, "stood_since": since} for lesson, since in stood]
        tx.execute(longer.values(since=bindparam("stood_since", type_=course_revision_lessons.c.since.type)), values)
