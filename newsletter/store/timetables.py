"""The calendars of courses, and the days on which no lesson goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, or_, select, update

from newsletter.domain import course_calendar
from newsletter.domain.cadence import Blackout, Cadence
from newsletter.domain.enrollment import Timetable
from newsletter.store import courses
from newsletter.store.tables import Id, blackouts, course_revisions

_BLACKOUTS = select(blackouts.c.name, blackouts.c.first_day, blackouts.c.last_day, blackouts.c.region).order_by(
    blackouts.c.first_day, blackouts.c.id
)


@dataclass(frozen=True, slots=True)
class KnownBlackout:
    """Days of silence by their number."""

    id: int
    blackout: Blackout


def of(tx: Connection, course: int) -> Timetable:
    """A course as its readers have it: the order and the calendar of the published revision."""
    return of_courses(tx, [course])[course]


def of_courses(tx: Connection, numbers: Iterable[int]) -> dict[int, Timetable]:
    """The same of several courses, by number; one that nobody published has no lesson."""
    silent = silences(tx)
    return {number: _of_revision(tx, courses.newest_revision(tx, number, published=True), silent) for number in numbers}


def of_revision(tx: Connection, revision: int | None) -> Timetable:
    """The order and calendar of one revision of a course, published or not."""
    return _of_revision(tx, revision, silences(tx))


def _of_revision(tx: Connection, revision: int | None, silent: tuple[Blackout, ...]) -> Timetable:
    return Timetable(tuple(courses.order_of(tx, revision)), cadence(tx, revision, silent))


def cadence_of(tx: Connection, course: int) -> Cadence:
    """The calendar by which a course is sent now."""
    return course_calendar.read(tx.scalar(_cadence_of(), {"course": course}) or "{}", silences(tx))


@cache
def _cadence_of() -> Select[Any]:
    # Asked for every lesson that was sent: building it anew took twice as long as its answer.
    row = course_revisions.c
    published = row.course_id == bindparam("course", type_=Id), row.published_at.is_not(None)
    return select(row.cadence).where(*published).order_by(row.number.desc()).limit(1)


def cadence(tx: Connection, revision: int | None, silent: tuple[Blackout, ...] = ()) -> Cadence:
    """The calendar of one revision, with these blackouts."""
    said = tx.scalar(select(course_revisions.c.cadence).where(course_revisions.c.id == revision))
    return course_calendar.read(said or "{}", silent)


def set_cadence(tx: Connection, revision: int, cadence: Cadence) -> None:
    """Give a revision another calendar."""
    said = course_calendar.kept(cadence)
    tx.execute(update(course_revisions).where(course_revisions.c.id == revision).values(cadence=said))


@dataclass(frozen=True, slots=True)
class Changed:
    """A published revision whose readers get their next slot anew, up to the enrollment `replanned_to` so far."""

    revision: int
    course: int
    replanned_to: int


def mark_changed(tx: Connection, course: int | None = None) -> None:
    """The calendar of a course, or of all, is another one: their readers get their next slot anew."""
    newest = (
        select(func.max(course_revisions.c.id))
        .where(course_revisions.c.published_at.is_not(None))
        .group_by(course_revisions.c.course_id)
    )
    if course is not None:
        newest = newest.where(course_revisions.c.course_id == course)
    tx.execute(update(course_revisions).where(course_revisions.c.id.in_(newest)).values(replanned_to=0))


def changed(tx: Connection) -> Changed | None:
    """A course whose readers still get their next slot anew."""
    row = course_revisions.c
    question = select(row.id, row.course_id, row.replanned_to).where(row.replanned_to.is_not(None))
    found = tx.execute(question.order_by(row.id).limit(1).with_for_update(skip_locked=True)).first()
    return Changed(*found) if found else None


def is_changing(tx: Connection, course: int) -> bool:
    """Whether some of a course's readers still have to get their next slot after it was published or fell silent."""
    row = course_revisions.c
    open_ = or_(row.replanned_to.is_not(None), row.reopened_to.is_not(None))
    return tx.execute(select(row.id).where(row.course_id == course, open_).limit(1)).first() is not None


def went_through(tx: Connection, revision: int, last: int | None) -> None:
    """A changed course's readers up to this enrollment have their slot; None: all have."""
    tx.execute(update(course_revisions).where(course_revisions.c.id == revision).values(replanned_to=last))


def silences(tx: Connection) -> tuple[Blackout, ...]:
    """All blackouts, the first days first."""
    return tuple(Blackout(*row) for row in tx.execute(_BLACKOUTS))


def known_blackouts(tx: Connection) -> list[KnownBlackout]:
    """The same with their numbers."""
    rows = tx.execute(_BLACKOUTS.add_columns(blackouts.c.id))
    return [KnownBlackout(row.id, Blackout(*row[:4])) for row in rows]


def add_blackout(tx: Connection, one: Blackout) -> int:
    """Remember days of silence. Returns their number."""
    values = {"name": one.name, "region": one.region, "first_day": one.first_day, "last_day": one.last_day}
    made: Any = tx.execute(insert(blackouts).values(**values))
    return int(made.inserted_primary_key[0])


def remove_blackout(tx: Connection, number: int) -> bool:
    """Forget days of silence. False when there were none of this number."""
    return bool(tx.execute(delete(blackouts).where(blackouts.c.id == number)).rowcount)
