"""Where the people of a course are: how many run it, and which lesson each of them awaits."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, case, cast, func, select

from newsletter.domain.enrollment import Progress
from newsletter.store.deliveries import NOT_HAD
from newsletter.store.tables import ENDED_UNSENT, deliveries, enrollments

_BITS = 60
"""Lessons that one whole number of the database can remember."""
_AT_ONCE = 500
"""Enrollments that one question names; SQLite takes some thousands of parameters."""


def runs(tx: Connection, course: int | None = None) -> dict[int, dict[str, int]]:
    """By course, or for one of them, how many enrollments are active, finished and left."""
    counted = select(enrollments.c.course_id, enrollments.c.state, func.count())
    if course is not None:
        counted = counted.where(enrollments.c.course_id == course)
    found: dict[int, dict[str, int]] = {}
    for number, state, count in tx.execute(counted.group_by(enrollments.c.course_id, enrollments.c.state)):
        found.setdefault(number, {})[state] = count
    return found


def awaiting(tx: Connection, course: int, order: Sequence[int]) -> Counter[int | None]:
    """By lesson, how many active enrollments of a course get it next, in the order given; None: had them all.

    Exact in whatever order the lessons were had. What was ever owed is read from an index alone and counted by the
    database, pattern by pattern; what failed of it, which is little, is put right here. One question that looks at
    each row's state took SQLite three times as long with 475,000 deliveries.
    """
    places = {lesson: place for place, lesson in enumerate(order)}
    active = select(enrollments.c.id).where(enrollments.c.course_id == course, enrollments.c.state == Progress.ACTIVE)
    patterns = _patterns(tx, order, active)
    missed = _missed(tx, places)
    for had, enrollment in _had_by(tx, order, active, list(missed)):
        patterns[had] -= 1
        patterns[had & ~missed[enrollment]] += 1
    found: Counter[int | None] = Counter()
    for had, count in patterns.items():
        found[next((lesson for lesson, place in places.items() if not had >> place & 1), None)] += count
    inside = tx.scalar(select(func.count()).select_from(active.subquery())) or 0
    found[next(iter(order), None)] += inside - patterns.total()
    return +found


def letter_of(tx: Connection, enrollment: int, lesson: int) -> Row[Any] | None:
    """The delivery by which an enrollment got a lesson or will get it: `public_id`, `message_id`, `sent_at`."""
    columns: tuple[Any, ...] = (deliveries.c.public_id, deliveries.c.message_id, deliveries.c.sent_at)
    question = select(*columns)
    mine = question.where(deliveries.c.enrollment_id == enrollment, deliveries.c.lesson_id == lesson)
    return tx.execute(mine.where(deliveries.c.occasion == 0)).first()


def _patterns(tx: Connection, order: Sequence[int], active: Select[Any]) -> Counter[int]:
    """How many enrollments were owed the same lessons: numbers of which each bit is a lesson's place in the order."""
    owed = _owed(order).subquery()
    numbers = list(owed.c)[1:]
    question = select(*numbers, func.count()).where(owed.c.enrollment_id.in_(active)).group_by(*numbers)
    return Counter({_joined(parts): count for *parts, count in tx.execute(question)})


def _had_by(
    tx: Connection, order: Sequence[int], active: Select[Any], some: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Of some enrollments, those that are active: what each was owed, and its number."""
    for start in range(0, len(some), _AT_ONCE):
        here = some[start : start + _AT_ONCE]
        inside = set(tx.scalars(active.where(enrollments.c.id.in_(here))))
        for enrollment, *parts in tx.execute(_owed(order).where(deliveries.c.enrollment_id.in_(here))):
            if enrollment in inside:
                yield _joined(parts), enrollment


def _joined(parts: Sequence[int]) -> int:
    """One number of the numbers of all chunks."""
    return sum(int(part) << chunk * _BITS for chunk, part in enumerate(parts))


def _owed(order: Sequence[int]) -> Select[Any]:
    """By enrollment, the lessons it was owed, as numbers of which each bit is a lesson's place in the order."""
    chunks = [order[start : start + _BITS] for start in range(0, len(order), _BITS)]
    sums = [
        cast(
            func.sum(
                case({lesson: 1 << bit for bit, lesson in enumerate(chunk)}, value=deliveries.c.lesson_id, else_=0)
            ),
            BigInteger,
        )
        for chunk in chunks
    ]
    question = select(deliveries.c.enrollment_id, *sums)
    question = question.where(deliveries.c.enrollment_id.is_not(None), deliveries.c.occasion == 0)
    return question.group_by(deliveries.c.enrollment_id)


def _missed(tx: Connection, places: dict[int, int]) -> dict[int, int]:
    """By enrollment, the bits of the lessons that it was owed and that never reached it."""
    question = select(deliveries.c.enrollment_id, deliveries.c.lesson_id).where(
        ENDED_UNSENT,  # in its words it meets the partial index
        deliveries.c.state.in_(NOT_HAD),  # one that was refused for good counts as had, as the planner has it
        deliveries.c.occasion == 0,
        deliveries.c.enrollment_id.is_not(None),
    )
    missed: dict[int, int] = {}
    for enrollment, lesson in tx.execute(question):
        if enrollment is not None and lesson in places:
            missed[enrollment] = missed.get(enrollment, 0) | 1 << places[lesson]
    return missed
