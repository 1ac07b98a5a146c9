"""The draft of a course: its newest revision while nobody has published it; published ones are never touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from newsletter.domain.course import Lesson
from newsletter.store import courses, places
from newsletter.store.courses import CourseRow
from newsletter.store.tables import course_revision_lessons, course_revisions, lessons
from newsletter.store.tables import courses as course_rows


@dataclass(frozen=True, slots=True)
class CourseRevision:
    """One order of lessons: `published_at` is None while it is a draft (business time)."""

    id: int
    number: int
    created_at: datetime
    published_at: datetime | None


def lock(tx: Connection, slug: str) -> CourseRow | None:
    """The course with a slug, kept from other writers until this transaction ends."""
    tx.execute(select(course_rows.c.id).where(course_rows.c.slug == slug).with_for_update())
    return courses.by_slug(tx, slug)


def newest(tx: Connection, course: int, *, published: bool = False) -> CourseRevision | None:
    """The newest revision of a course, of all or of the published ones."""
    question = select(
        course_revisions.c.id,
        course_revisions.c.number,
        course_revisions.c.created_at,
        course_revisions.c.published_at,
    ).where(course_revisions.c.course_id == course)
    if published:
        question = question.where(course_revisions.c.published_at.is_not(None))
    row = tx.execute(question.order_by(course_revisions.c.number.desc()).limit(1)).first()
    return CourseRevision(**row._mapping) if row else None


def arrange(tx: Connection, course: int, order: Sequence[tuple[int, int]], now: datetime) -> int:
    """Make pairs of (lesson, lesson revision) the draft of a course, in this order. Returns the draft's number of ours.

    A draft that is open is changed; else a new one begins.
    """
    draft = newest(tx, course)
    before = places.said(tx, draft.id if draft else None)
    if draft is None or draft.published_at is not None:
        revision = courses.begin_revision(tx, course, now)
    else:
        revision = draft.id
        tx.execute(delete(course_revision_lessons).where(course_revision_lessons.c.course_revision_id == revision))
    places.fill(tx, revision, order, before)
    return revision


def is_as_published(tx: Connection, course: int) -> bool:
    """Whether an open draft says what readers have anyway: the same letters, places and calendar."""
    draft, public = newest(tx, course), newest(tx, course, published=True)
    if draft is None or public is None or draft.id == public.id:
        return False
    return _says(tx, draft.id) == _says(tx, public.id)


def _says(tx: Connection, revision: int) -> list[Any]:
    row = course_revision_lessons.c
    place = row.lesson_id, row.lesson_revision_id, row.late, row.condition, row.timing
    question = select(*place).where(row.course_revision_id == revision).order_by(row.position)
    calendar = select(course_revisions.c.cadence).where(course_revisions.c.id == revision)
    return [tx.scalar(calendar), *map(tuple, tx.execute(question))]


def reopen(tx: Connection, revision: int) -> None:
    """Say that finished runs are to be looked at for this revision's late lessons; no older one's any more."""
    this = course_revisions.c.id == revision
    course = select(course_revisions.c.course_id).where(this).scalar_subquery()
    tx.execute(update(course_revisions).where(course_revisions.c.course_id == course).values(reopened_to=None))
    tx.execute(update(course_revisions).where(this).values(reopened_to=0))


def reopening(tx: Connection) -> Row[Any] | None:
    """A revision whose finished runs are looked at: `id`, `course_id` and `reopened_to`; nobody else does it too."""
    columns: tuple[Any, ...] = (course_revisions.c.id, course_revisions.c.course_id, course_revisions.c.reopened_to)
    due = select(*columns).where(course_revisions.c.reopened_to.is_not(None)).order_by(course_revisions.c.id).limit(1)
    return tx.execute(due.with_for_update(skip_locked=True)).first()


def reopened(tx: Connection, revision: int, to: int | None) -> None:
    """Finished runs were looked at up to this one; None: all of them."""
    tx.execute(update(course_revisions).where(course_revisions.c.id == revision).values(reopened_to=to))


def discard(tx: Connection, course: int) -> bool:
    """Throw the open draft away; its lessons' texts stay, for a test may have sent them. False when none is open."""
    draft = newest(tx, course)
    if draft is None or draft.published_at is not None:
        return False
    tx.execute(delete(course_revision_lessons).where(course_revision_lessons.c.course_revision_id == draft.id))
    tx.execute(delete(course_revisions).where(course_revisions.c.id == draft.id))
    return True


def write(tx: Connection, course: int, text: Lesson, now: datetime) -> tuple[int, int]:
    """Keep an owner's text as a new revision of its lesson. Returns (lesson, lesson revision)."""
    return courses.add_text(tx, course, text, origin="owner", now=now)


def keys_taken(tx: Connection, course: int) -> set[str]:
    """Every lesson key that a course ever had: a key is an identity and is not given twice."""
    return set(tx.scalars(select(lessons.c.key).where(lessons.c.course_id == course)))
