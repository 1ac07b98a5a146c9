"""Courses, their lessons by key, and the revisions that say what a lesson reads like and where it stands."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from newsletter.domain import course_calendar
from newsletter.domain.consent import canonical
from newsletter.domain.course import CourseText, Lesson, Role
from newsletter.domain.enrollment import LessonRef
from newsletter.domain.tokens import new_public_id
from newsletter.store import places
from newsletter.store.batches import ByNumber
from newsletter.store.engine import insert_new
from newsletter.store.tables import course_revision_lessons, course_revisions, courses, lesson_revisions, lessons

_BY_NUMBER = ByNumber(select(courses.c.id, courses.c.slug, courses.c.title), courses.c.id)


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course by its number, slug and title."""

    id: int
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class RevisedLesson:
    """A lesson revision as stored: where it came from, and its text."""

    revision_id: int
    lesson_id: int
    origin: str
    digest: str
    text: Lesson


def by_slug(tx: Connection, slug: str) -> CourseRow | None:
    """The course with a slug."""
    row = tx.execute(select(courses.c.id, courses.c.slug, courses.c.title).where(courses.c.slug == slug)).first()
    return CourseRow(**row._mapping) if row else None


def by_id(tx: Connection, course: int) -> CourseRow | None:
    """The course with a number of ours."""
    row = tx.execute(select(courses.c.id, courses.c.slug, courses.c.title).where(courses.c.id == course)).first()
    return CourseRow(**row._mapping) if row else None


def by_ids(tx: Connection, numbers: Iterable[int]) -> dict[int, CourseRow]:
    """The courses with these numbers of ours, by number."""
    return {row.id: CourseRow(**row._mapping) for row in _BY_NUMBER.ask(tx, numbers)}


def of_revision(tx: Connection, lesson_revision: int) -> CourseRow | None:
    """The course that a lesson revision was written for."""
    question = (
        select(courses.c.id, courses.c.slug, courses.c.title)
        .join(lessons, lessons.c.course_id == courses.c.id)
        .join(lesson_revisions, lesson_revisions.c.lesson_id == lessons.c.id)
        .where(lesson_revisions.c.id == lesson_revision)
    )
    row = tx.execute(question).first()
    return CourseRow(**row._mapping) if row else None


def everything(tx: Connection) -> list[CourseRow]:
    """All courses."""
    rows = tx.execute(select(courses.c.id, courses.c.slug, courses.c.title).order_by(courses.c.slug))
    return [CourseRow(**row._mapping) for row in rows]


def add(tx: Connection, slug: str, title: str, now: datetime) -> CourseRow:
    """Make a course, or find the one with this slug."""
    row = insert_new(tx, courses).values(public_id=new_public_id(), slug=slug, title=title, created_at=now)
    tx.execute(row.on_conflict_do_nothing(index_elements=["slug"]))
    found = by_slug(tx, slug)
    assert found is not None
    return found


def text_digest(lesson: Lesson) -> str:
    """A digest of all that a reader would see of a lesson."""
    shown = (lesson.role, lesson.title, lesson.subject, lesson.preheader)
    parts = [*shown, lesson.body, lesson.practice, lesson.reflection, *([lesson.ask] if lesson.ask else [])]
    return hashlib.sha256(canonical({"text": parts}).encode()).hexdigest()


def add_revision(
    tx: Connection, course: int, texts: Sequence[Lesson], *, kept: dict[str, int], origin: str, now: datetime
) -> int:
    """Add a draft revision of a course. `kept` maps lesson keys to revisions that stay as they are."""
    before = places.said(tx, newest_revision(tx, course, published=False))
    revision = begin_revision(tx, course, now)
    order = []
    for text in texts:
        lesson = _lesson(tx, course, text.key)
        order.append((lesson, kept.get(text.key) or _add_text(tx, lesson, text, origin, now)))
    places.fill(tx, revision, order, before)
    return revision


def begin_revision(tx: Connection, course: int, now: datetime) -> int:
    """Begin a draft of a course, without lessons yet and with the calendar it had until now. Returns its number."""
    newest = (
        select(course_revisions.c.number, course_revisions.c.cadence)
        .where(course_revisions.c.course_id == course)
        .order_by(course_revisions.c.number.desc())
        .limit(1)
    )
    before = tx.execute(newest).first()
    number, cadence = (before.number, before.cadence) if before else (0, "{}")
    row = insert(course_revisions).values(course_id=course, number=number + 1, cadence=cadence, created_at=now)
    return _key(tx.execute(row))


def add_text(tx: Connection, course: int, text: Lesson, *, origin: str, now: datetime) -> tuple[int, int]:
    """Keep a text as a new revision of its lesson, in no order yet. Returns (lesson, lesson revision)."""
    lesson = _lesson(tx, course, text.key)
    return lesson, _add_text(tx, lesson, text, origin, now)


def publish_newest(tx: Connection, course: int, now: datetime) -> int | None:
    """Publish the newest draft of a course. Returns its number, or None when nothing waits."""
    newest = (
        select(course_revisions.c.id, course_revisions.c.number, course_revisions.c.published_at)
        .where(course_revisions.c.course_id == course)
        .order_by(course_revisions.c.number.desc())
        .limit(1)
    )
    row = tx.execute(newest).first()
    if row is None or row.published_at is not None:
        return None
    places.begin(tx, row.id, newest_revision(tx, course, published=True), now)
    tx.execute(course_revisions.update().where(course_revisions.c.id == row.id).values(published_at=now))
    return int(row.number)


def newest_revision(tx: Connection, course: int, *, published: bool) -> int | None:
    """The newest revision of a course, of all or of the published ones."""
    question = select(course_revisions.c.id).where(course_revisions.c.course_id == course)
    if published:
        question = question.where(course_revisions.c.published_at.is_not(None))
    return tx.scalar(question.order_by(course_revisions.c.number.desc()).limit(1))


def order(tx: Connection, course: int) -> list[LessonRef]:
    """The lessons of the published revision, in today's order."""
    return order_of(tx, newest_revision(tx, course, published=True))


def order_of(tx: Connection, revision: int | None) -> list[LessonRef]:
    """The lessons of one revision of a course, in order."""
    question = (
        select(
            course_revision_lessons.c.lesson_id,
            course_revision_lessons.c.lesson_revision_id.label("revision_id"),
            lessons.c.key,
            lesson_revisions.c.role,
            course_revision_lessons.c.since,
            course_revision_lessons.c.late,
            course_revision_lessons.c.condition,
            course_revision_lessons.c.timing,
        )
        .join(lessons, lessons.c.id == course_revision_lessons.c.lesson_id)
        .join(lesson_revisions, lesson_revisions.c.id == course_revision_lessons.c.lesson_revision_id)
        .where(course_revision_lessons.c.course_revision_id == revision)
        .order_by(course_revision_lessons.c.position)
    )
    return [_reference(row) for row in tx.execute(question)]


def texts(tx: Connection, revision: int | None) -> list[RevisedLesson]:
    """The lessons of a course revision with their texts, in order."""
    question = (
        _text_question()
        .join(course_revision_lessons, course_revision_lessons.c.lesson_revision_id == lesson_revisions.c.id)
        .where(course_revision_lessons.c.course_revision_id == revision)
        .order_by(course_revision_lessons.c.position)
    )
    return [_revised(row) for row in tx.execute(question)]


def keys(tx: Connection, course: int) -> dict[int, str]:
    """The key of every lesson that a course ever had, by its number."""
    rows = tx.execute(select(lessons.c.id, lessons.c.key).where(lessons.c.course_id == course))
    return {row[0]: row[1] for row in rows}


def lesson_id(tx: Connection, course: int, key: str) -> int | None:
    """The number of ours that a lesson of a course has, whether or not it is in today's order."""
    return tx.scalar(select(lessons.c.id).where(lessons.c.course_id == course, lessons.c.key == key))


def text(tx: Connection, revision: int) -> Lesson | None:
    """What one lesson revision says."""
    row = tx.execute(_text_question().where(lesson_revisions.c.id == revision)).first()
    return _revised(row).text if row else None


def texts_by_revision(tx: Connection, revisions: Iterable[int]) -> dict[int, Lesson]:
    """What these lesson revisions say, by revision."""
    return {row.id: _revised(row).text for row in _texts_by_number().ask(tx, revisions)}


def ever_said(tx: Connection, course: int) -> list[Lesson]:
    """Every revision of every lesson that a course ever had."""
    return [_revised(row).text for row in tx.execute(_text_question().where(lessons.c.course_id == course))]


def whole(tx: Connection, slug: str, *, published: bool = True) -> CourseText | None:
    """A course with the text of its newest revision."""
    course = by_slug(tx, slug)
    if course is None:
        return None
    revision = newest_revision(tx, course.id, published=published)
    return CourseText(course.slug, course.title, tuple(found.text for found in texts(tx, revision)))


def _reference(row: Any) -> LessonRef:
    timing = course_calendar.read_timing(row.timing)
    return LessonRef(**{**row._mapping, "role": Role(row.role), "timing": timing})


def _text_question() -> Select[Any]:
    columns: tuple[Any, ...] = (lesson_revisions, lessons.c.key)
    return select(*columns).join(lessons, lessons.c.id == lesson_revisions.c.lesson_id)


@cache
def _texts_by_number() -> ByNumber:
    return ByNumber(_text_question(), lesson_revisions.c.id)


def _revised(row: Row[Any]) -> RevisedLesson:
    said = Lesson(
        key=row.key,
        role=Role(row.role),
        title=row.title,
        subject=row.subject,
        preheader=row.preheader,
        body=row.body,
        practice=row.practice,
        reflection=row.reflection,
        ask=row.ask,
        sources=tuple(json.loads(row.sources)),
    )
    return RevisedLesson(row.id, row.lesson_id, row.origin, row.digest, said)


def _lesson(tx: Connection, course: int, key: str) -> int:
    row = insert_new(tx, lessons).values(public_id=new_public_id(), course_id=course, key=key)
    tx.execute(row.on_conflict_do_nothing(index_elements=["course_id", "key"]))
    found = tx.scalar(select(lessons.c.id).where(lessons.c.course_id == course, lessons.c.key == key))
    assert found is not None
    return int(found)


def _add_text(tx: Connection, lesson: int, text: Lesson, origin: str, now: datetime) -> int:
    row = insert(lesson_revisions).values(
        lesson_id=lesson,
        role=text.role.value,
        title=text.title,
        subject=text.subject,
        preheader=text.preheader,
        body=text.body,
        practice=text.practice,
        reflection=text.reflection,
        ask=text.ask,
        sources=json.dumps(text.sources, ensure_ascii=False),
        digest=text_digest(text),
        origin=origin,
        created_at=now,
    )
    return _key(tx.execute(row))


def _key(result: Any) -> int:
    return int(result.inserted_primary_key[0])
