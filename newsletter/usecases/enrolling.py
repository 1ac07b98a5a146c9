"""Beginning a course, going on with it, beginning it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.domain import itinerary, path
from newsletter.domain.cadence import AS_USUAL, SETTLING_IN, Cadence, Timing, first_slot
from newsletter.domain.course import Role
from newsletter.domain.delivery import Kind
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import INDEFINITELY, Subscriber, Subscription
from newsletter.domain.ways import WayKind
from newsletter.store import courses, deliveries, enrollments, holds, planned, subscribers, timetables, ways
from newsletter.store.engine import Transaction
from newsletter.usecases import after_courses, side_by_side
from newsletter.usecases.house import House

SEALED = "lesson delivery"


class Choice(StrEnum):
    """What somebody who comes back wants of the course she left."""

    GO_ON = "go on"
    BEGIN_AGAIN = "begin again"


@dataclass(frozen=True, slots=True)
class Resumption:
    """A course that somebody left or finished: how many of its letters she had, of how many."""

    course_title: str
    had: int
    of: int
    finished: bool


def resumption(house: House, tx: Transaction, subscriber: int, list_slug: str) -> Resumption | None:
    """The course that a returning person could go on with or begin again; None for a newcomer."""
    course = courses.by_slug(tx, house.begins.get(list_slug, ""))
    before = enrollments.latest(tx, subscriber, course.id) if course else None
    if course is None or before is None or before.state is Progress.ACTIVE:
        return None
    had = deliveries.lessons_had(tx, [before.id]).get(before.id, {})
    order = courses.order(tx, course.id)
    return Resumption(course.title, len(had), len(order), before.state is Progress.FINISHED)


def begin(house: House, tx: Transaction, subscriber: int, standing: Subscription, choice: Choice) -> None:
    """Begin the courses that hang on a list just confirmed, or take them up again; end those that it ends."""
    for course in ways.courses_by(tx, WayKind.UNTIL_LIST, standing.list_slug):
        end(house, tx, subscriber, course)
    main = courses.by_slug(tx, house.begins.get(standing.list_slug, ""))
    others = ways.courses_by(tx, WayKind.LIST, standing.list_slug)
    tagged = [one for one in ways.courses_by_tags_of(tx, subscriber) if _hangs_on(tx, subscriber, one, standing.id)]
    for course in dict.fromkeys([*([main.id] if main else []), *others, *tagged]):
        take_in(house, tx, subscriber, course, standing.id, choice)


def _hangs_on(tx: Transaction, subscriber: int, course: int, subscription: int) -> bool:
    """Whether confirming a subscription may begin a course by a tag: nobody gets one anew that she left otherwise."""
    before = enrollments.latest(tx, subscriber, course)
    return before is None or before.subscription_id == subscription


def take_in(house: House, tx: Transaction, subscriber: int, course: int, subscription: int, choice: Choice) -> None:
    """Begin a course for somebody, or take it up again where she stopped; one that nobody published begins not."""
    if not courses.order(tx, course):
        return
    before = enrollments.latest(tx, subscriber, course)
    match (before.state if before else None, choice):
        case (None, _):
            begin_run(house, tx, subscriber, course, subscription, run=1)
        case (Progress.LEFT | Progress.FINISHED, Choice.BEGIN_AGAIN):
            assert before is not None
            begin_run(house, tx, subscriber, course, subscription, run=before.run + 1)
        case (Progress.LEFT, Choice.GO_ON):
            assert before is not None
            go_on(house, tx, subscriber, before, subscription)


def end(house: House, tx: Transaction, subscriber: int, course: int) -> None:
    """End a course for somebody who is in it: what of it waits is not sent, and nothing more comes."""
    one = enrollments.latest(tx, subscriber, course)
    if one is None or one.state is not Progress.ACTIVE:
        return
    over = {"state": Progress.LEFT, "next_due_at": None, "ended_at": house.clock.now()}
    enrollments.change(tx, one.id, **over, held_reason=None, held_at=None)
    deliveries.skip_waiting(tx, "the course ended", house.clock.machine(), enrollment_id=one.id)
    after_courses.course_ended(house, tx, subscriber)


def end_for_others(house: House, tx: Transaction, subscriber: int, course: int) -> None:
    """End the courses that end when somebody begins this one."""
    row = courses.by_id(tx, course)
    for other in ways.courses_by(tx, WayKind.UNTIL_COURSE, row.slug if row else ""):
        if other != course:
            end(house, tx, subscriber, other)


def begin_run(house: House, tx: Transaction, subscriber: int, course: int, subscription: int, *, run: int) -> None:
    """Begin one run of a course: the opening is owed at once, the first weekly lesson at her first slot."""
    now, person = house.clock.now(), subscribers.by_id(tx, subscriber)
    assert person is not None
    timetable = timetables.of(tx, course)
    opening, second = (*path.to_come(timetable.order, path.History({}, now))[:2], None, None)[:2]
    begins_with = second if opening and opening.role is Role.OPENING else opening
    timing = begins_with.timing if begins_with else AS_USUAL
    first = first_slot(now, person.rhythm(house.letterhead.timezone), timetable.cadence, timing).at
    due = side_by_side.apart(house, tx, person, first, timetable.cadence)
    begun = enrollments.begin(
        tx, subscriber=subscriber, course=course, subscription=subscription, run=run, now=now, next_due=due
    )
    if begun:
        end_for_others(house, tx, subscriber, course)
    if begun and opening and opening.role is Role.OPENING:
        is_held = holds.is_on(tx)
        if is_held:
            enrollments.change(tx, begun.id, held_reason=holds.REASON, held_at=now)
        deliveries.plan(
            tx,
            Kind.LESSON,
            subscriber=subscriber,
            due=INDEFINITELY if is_held else now,
            planned=now,
            created=house.clock.machine(),
            public_id=delivery_id(house, begun, opening.lesson_id),
            subscription_id=subscription,
            enrollment_id=begun.id,
            lesson_id=opening.lesson_id,
            lesson_revision_id=opening.revision_id,
            occasion=0,
        )


def delivery_id(house: House, course: Enrollment, lesson: int) -> str:
    """The public id that the delivery of a lesson to somebody has or will have: a preview can know its links."""
    return delivery_ids(house, [(course, lesson)])[0]


def delivery_ids(house: House, whose: Sequence[tuple[Enrollment, int]]) -> list[str]:
    """The same of many enrollments and lessons."""
    return house.keyring.sealed(SEALED, [(lesson, course.id) for course, lesson in whose])


def go_on(house: House, tx: Transaction, subscriber: int, before: Enrollment, subscription: int) -> None:
    """Take up a course where it stopped; the next letter comes at her first slot at least a day from now."""
    now, person = house.clock.now(), subscribers.by_id(tx, subscriber)
    assert person is not None
    past = path.history(before, deliveries.lessons_had(tx, [before.id]).get(before.id))
    if path.next_lesson(courses.order(tx, before.course_id), past) is None:
        enrollments.change(tx, before.id, state=Progress.FINISHED)
        return
    due = next_due(house, tx, before, person, earliest=now + SETTLING_IN)
    values = {"state": Progress.ACTIVE, "subscription_id": subscription, "ended_at": None, "next_due_at": due}
    enrollments.change(tx, before.id, **values)


def next_due(
    house: House, tx: Transaction, course: Enrollment, person: Subscriber, *, earliest: datetime | None = None
) -> datetime:
    """When the next lesson of a course is due after anything about her changed, from now or from `earliest` on.

    Counted from her last slot, and kept away from the last letter that went out, which a deferral or a pause may
    have moved to a later day than its slot.
    """
    past = path.history(course, deliveries.lessons_had(tx, [course.id]).get(course.id))
    sent_at = planned.last_weekly_sent(tx, [course.id]).get(course.id)
    timetable, zone = timetables.of(tx, course.course_id), house.letterhead.timezone
    beside, now = side_by_side.of_one(house, tx, person.id, but=course.id), earliest or house.clock.now()
    return itinerary.next_due(course, person, zone, timetable, past, now, sent_at=sent_at, beside=beside)


def calendar_of_next(tx: Transaction, course: Enrollment) -> tuple[Cadence, Timing]:
    """The calendar of a course, and the timing of the lesson that comes next after all that are planned."""
    timetable = timetables.of(tx, course.course_id)
    past = path.history(course, deliveries.lessons_had(tx, [course.id]).get(course.id))
    lesson = path.next_lesson(timetable.order, past)
    return timetable.cadence, lesson.timing if lesson else AS_USUAL


def coming(house: House, tx: Transaction, person: Subscriber, list_slug: str) -> Enrollment | None:
    """The active enrollment that a list's course has for a person."""
    course = courses.by_slug(tx, house.begins.get(list_slug, ""))
    found = enrollments.latest(tx, person.id, course.id) if course else None
    return found if found and found.state is Progress.ACTIVE else None


def next_letter_at(enrollment: Enrollment) -> datetime | None:
    """When the next letter of an enrollment comes, if a time is known."""
    return None if enrollment.next_due_at == INDEFINITELY else enrollment.next_due_at
