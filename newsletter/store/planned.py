"""Which lessons are planned, for many enrollments at a time: planning costs a few statements, however many are due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    String,
    Update,
    bindparam,
    case,
    func,
    literal,
    select,
    text,
    true,
    update,
)

from newsletter.domain.course import Role
from newsletter.domain.delivery import OPEN, PRIORITY, Kind, State
from newsletter.domain.enrollment import Progress
from newsletter.store.batches import among, in_one_row, instant, moment, moments, packed, rows_in, unpacked
from newsletter.store.deliveries import NOT_HAD
from newsletter.store.engine import insert_in
from newsletter.store.tables import Instant, deliveries, enrollments, lesson_revisions, lessons

# Word for word as in the index of lessons, or SQLite would not use it.
_OF_A_COURSE = text("deliveries.enrollment_id IS NOT NULL")


@dataclass(slots=True)
class Planned:
    """What is planned for one enrollment: `had` pairs the lessons she had, or that are on their way, with when."""

    had: dict[int, datetime] = field(default_factory=dict)
    is_open: bool = False
    """Whether a lesson of the course's own has not gone out yet."""
    unreached: set[int] = field(default_factory=set)
    """Lessons that were planned and never reached her: they are owed anew in the same row."""


class OwedLesson(NamedTuple):
    """A lesson to be owed to somebody."""

    enrollment: int
    subscriber: int
    subscription: int | None
    lesson: int
    revision: int
    public_id: str
    due: datetime


class Standing(NamedTuple):
    """Where an enrollment stands after a step of the planner."""

    id: int
    state: Progress
    last_slot_at: datetime | None
    next_due_at: datetime | None
    ended_at: datetime | None
    held_reason: str | None


def of_enrollments(tx: Connection, numbers: Iterable[int]) -> dict[int, Planned]:
    """What is planned for these enrollments, by number; one that has nothing is not among them."""
    found: dict[int, Planned] = {}
    answer = tx.scalar(_planned(tx.dialect.name), {"wanted": packed(list(numbers))})
    for enrollment, lesson, occasion, state, planned_at in unpacked(answer):
        one, at = found.setdefault(enrollment, Planned()), instant(planned_at)
        assert at is not None  # the column is NOT NULL
        if state in NOT_HAD:
            if occasion == 0:
                one.unreached.add(lesson)
            continue
        one.had[lesson] = min(one.had.get(lesson, at), at)
        one.is_open |= occasion == 0 and state in OPEN
    return found


@cache
def _planned(dialect: str) -> Select[Any]:
    columns = (deliveries.c.enrollment_id, deliveries.c.lesson_id, deliveries.c.occasion, deliveries.c.state)
    question = select(*columns, deliveries.c.planned_at)
    return in_one_row(dialect, question.where(among(dialect, deliveries.c.enrollment_id, "wanted"), _OF_A_COURSE))


class Waiting(NamedTuple):
    """A lesson that is planned and has not gone out: its key, its role, and when it is due."""

    key: str
    role: Role
    due: datetime


def waiting(tx: Connection, enrollment: int) -> list[Waiting]:
    """The lessons of an enrollment that are planned and have not gone out, the first due first."""
    question = (
        select(lessons.c.key, lesson_revisions.c.role, deliveries.c.due_at)
        .join(lessons, lessons.c.id == deliveries.c.lesson_id)
        .join(lesson_revisions, lesson_revisions.c.id == deliveries.c.lesson_revision_id)
        .where(deliveries.c.enrollment_id == enrollment, deliveries.c.state.in_(OPEN), deliveries.c.occasion == 0)
    )
    return [Waiting(row.key, Role(row.role), row.due_at) for row in tx.execute(question.order_by(deliveries.c.due_at))]


def last_weekly_sent(tx: Connection, numbers: Iterable[int]) -> dict[int, datetime]:
    """By enrollment, when the newest letter of the course after its welcome went out (business time)."""
    rows = tx.execute(_last_weekly_sent(tx.dialect.name), {"wanted": packed(list(numbers))})
    return {row[0]: row[1] for row in rows}


@cache
def _last_weekly_sent(dialect: str) -> Select[Any]:
    return (
        select(deliveries.c.enrollment_id, func.max(deliveries.c.sent_at))
        .join(lesson_revisions, lesson_revisions.c.id == deliveries.c.lesson_revision_id)
        .where(among(dialect, deliveries.c.enrollment_id, "wanted"), _OF_A_COURSE)
        .where(deliveries.c.state == State.SENT, deliveries.c.occasion == 0, lesson_revisions.c.role != Role.OPENING)
        .group_by(deliveries.c.enrollment_id)
    )


def owe(tx: Connection, owed: Sequence[OwedLesson], *, planned: datetime, created: datetime) -> int:
    """Owe lessons that were never planned. Returns how many are owed now; what is owed already stays as it is."""
    dialect = tx.dialect.name
    rows = packed([(*one[:-1], moment(dialect, one.due)) for one in owed])
    return tx.execute(_owe(dialect), {"lessons": rows, "planned": planned, "created": created}).rowcount


@cache
def _owe(dialect: str) -> Any:
    numbers = ("enrollment", "subscriber", "subscription", "lesson", "revision")
    columns: dict[str, Any] = dict.fromkeys(numbers, BigInteger())
    one = rows_in(dialect, "lessons", {**columns, "name": String(), "due": moments(dialect)})
    values: dict[str, Any] = {
        "public_id": one.c.name,
        "kind": literal(Kind.LESSON.value),
        "priority": literal(int(PRIORITY[Kind.LESSON])),
        "state": literal(State.QUEUED.value),
        "subscriber_id": one.c.subscriber,
        "subscription_id": one.c.subscription,
        "enrollment_id": one.c.enrollment,
        "lesson_id": one.c.lesson,
        "lesson_revision_id": one.c.revision,
        "occasion": literal(0),
        "due_at": one.c.due,
        "planned_at": bindparam("planned", type_=Instant),
        "created_at": bindparam("created", type_=Instant),
    }
    # Without a condition SQLite would read ON CONFLICT as the condition of a join.
    rows = select(*values.values()).where(true())
    return insert_in(dialect, deliveries).from_select(list(values), rows).on_conflict_do_nothing()


def keep(tx: Connection, changed: Sequence[Standing], now: datetime) -> None:
    """Write down where enrollments stand; a hold begins now."""
    dialect = tx.dialect.name
    rows = [
        (number, state.value, moment(dialect, last), moment(dialect, due), moment(dialect, ended), held)
        for number, state, last, due, ended, held in changed
    ]
    tx.execute(_keep(dialect), {"runs": packed(rows), "now": now})


@cache
def _keep(dialect: str) -> Update:
    at = moments(dialect)
    columns: dict[str, Any] = {"id": BigInteger(), "state": String(), "last_slot": at, "next_due": at, "ended": at}
    one = rows_in(dialect, "runs", {**columns, "held": String()})
    held_at = func.coalesce(enrollments.c.held_at, bindparam("now", type_=Instant))
    return (
        update(enrollments)
        .where(enrollments.c.id == one.c.id)
        .values(
            state=one.c.state,
            last_slot_at=one.c.last_slot,
            next_due_at=one.c.next_due,
            ended_at=one.c.ended,
            held_reason=one.c.held,
            held_at=case((one.c.held.is_not(None), held_at), else_=None),
        )
    )
