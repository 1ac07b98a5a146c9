"""The ways into courses and out of them."""

from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, or_, select, update

from newsletter.domain.subscription import Status
from newsletter.domain.ways import Way, WayKind
from newsletter.store.engine import insert_new
from newsletter.store.tables import course_entries, enrollments, lists, subscriber_tags, subscriptions

_COLUMNS = (
    course_entries.c.id,
    course_entries.c.course_id,
    course_entries.c.kind,
    course_entries.c.what,
    course_entries.c.day,
    course_entries.c.done_at,
)


def of_course(tx: Connection, course: int) -> list[Way]:
    """The ways into a course and out of it, in the order in which they were said."""
    rows = tx.execute(select(*_COLUMNS).where(course_entries.c.course_id == course).order_by(course_entries.c.id))
    return [Way(row[0], row[1], WayKind(row[2]), *row[3:]) for row in rows]


def courses_by(tx: Connection, kind: WayKind, what: str) -> list[int]:
    """The courses, by number, that a list, another course or a tag lets begin, or ends."""
    question = select(course_entries.c.course_id).where(course_entries.c.kind == kind, course_entries.c.what == what)
    return list(tx.scalars(question.order_by(course_entries.c.id)))


def courses_by_tags_of(tx: Connection, subscriber: int) -> list[int]:
    """The courses, by number, that the tags of a person let begin."""
    hers = select(subscriber_tags.c.tag).where(subscriber_tags.c.subscriber_id == subscriber)
    mine = course_entries.c.kind == WayKind.TAG, course_entries.c.what.in_(hers)
    return list(tx.scalars(select(course_entries.c.course_id).where(*mine).order_by(course_entries.c.id)))


def to_begin(tx: Connection, list_slug: str) -> list[int]:
    """The courses, by number, that begin for whoever confirms a list now, at once or on a day to come."""
    at_once = course_entries.c.kind == WayKind.LIST
    some_day = and_(course_entries.c.kind == WayKind.DATE, course_entries.c.done_at.is_(None))
    question = select(course_entries.c.course_id).where(course_entries.c.what == list_slug, or_(at_once, some_day))
    return list(dict.fromkeys(tx.scalars(question.order_by(course_entries.c.id))))


def due(tx: Connection, today: str) -> list[Way]:
    """The dates that have come and on which not everybody has begun yet."""
    come = course_entries.c.kind == WayKind.DATE, course_entries.c.day <= today, course_entries.c.done_at.is_(None)
    return [Way(row[0], row[1], WayKind(row[2]), *row[3:]) for row in tx.execute(select(*_COLUMNS).where(*come))]


def add(tx: Connection, course: int, kind: WayKind, what: str, day: str) -> bool:
    """Remember a way. False when it stands already."""
    row = insert_new(tx, course_entries).values(course_id=course, kind=kind.value, what=what, day=day)
    return bool(tx.execute(row.on_conflict_do_nothing()).rowcount)


def remove(tx: Connection, course: int, way: int) -> bool:
    """Forget a way. False when the course has none of this number."""
    mine = course_entries.c.id == way, course_entries.c.course_id == course
    return bool(tx.execute(delete(course_entries).where(*mine)).rowcount)


def done(tx: Connection, way: int, now: datetime) -> None:
    """Write down that everybody has begun on a date."""
    tx.execute(update(course_entries).where(course_entries.c.id == way).values(done_at=now))


def not_begun(tx: Connection, course: int, list_slug: str, limit: int) -> list[tuple[int, int]]:
    """Some who are confirmed on a list and never began a course: pairs of (subscriber, subscription)."""
    began = exists().where(
        enrollments.c.subscriber_id == subscriptions.c.subscriber_id, enrollments.c.course_id == course
    )
    question = (
        select(subscriptions.c.subscriber_id, subscriptions.c.id)
        .join(lists, lists.c.id == subscriptions.c.list_id)
        .where(lists.c.slug == list_slug, subscriptions.c.status == Status.CONFIRMED, ~began)
        .order_by(subscriptions.c.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in tx.execute(question)]
