"""Beginning a course, going on with it, beginning it again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.domain import path
from newsletter.domain.cadence import SETTLING_IN, first_slot
from newsletter.domain.course import Role
from newsletter.domain.delivery import Kind
from newsletter.domain.enrollment import Enrollment, Progress, due_again, keep_distance
from newsletter.domain.subscriber import INDEFINITELY, Subscriber, Subscription
from newsletter.store import courses, deliveries, enrollments, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House


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
    """Begin the course that hangs on a list just confirmed, or take it up again where she stopped."""
    course = courses.by_slug(tx, house.begins.get(standing.list_slug, ""))
    if course is None or not courses.order(tx, course.id):
        return
    before = enrollments.latest(tx, subscriber, course.id)
    match (before.state if before else None, choice):
        case (None, _):
            begin_run(house, tx, subscriber, course.id, standing.id, run=1)
        case (Progress.LEFT | Progress.FINISHED, Choice.BEGIN_AGAIN):
            assert before is not None
            begin_run(house, tx, subscriber, course.id, standing.id, run=before.run + 1)
        case (Progress.LEFT, Choice.GO_ON):
            assert before is not None
            go_on(house, tx, subscriber, before, standing.id)


def begin_run(house: House, tx: Transaction, subscriber: int, course: int, subscription: int, *, run: int) -> None:
    """Begin one run of a course: the opening is owed at once, the first weekly lesson at her first slot."""
    now, person = house.clock.now(), subscribers.by_id(tx, subscriber)
    assert person is not None
    first = first_slot(now, person.rhythm(house.letterhead.timezone)).at
    begun = enrollments.begin(
        tx, subscriber=subscriber, course=course, subscription=subscription, run=run, now=now, next_due=first
    )
    opening = path.next_lesson(courses.order(tx, course), path.History({}, now))
    if begun and opening and opening.role is Role.OPENING:
        deliveries.plan(
            tx,
            Kind.LESSON,
            subscriber=subscriber,
            due=now,
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
    return house.keyring.public_id("lesson delivery", f"{course.public_id}:{lesson}")


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
    zone = house.letterhead.timezone
    due = due_again(course, person, zone, earliest or house.clock.now())
    sent_at = deliveries.last_weekly_sent_at(tx, course.id)
    if sent_at is None or due == INDEFINITELY:
        return due
    return keep_distance(sent_at, due, person, zone)


def coming(house: House, tx: Transaction, person: Subscriber, list_slug: str) -> Enrollment | None:
    """The active enrollment that a list's course has for a person."""
    course = courses.by_slug(tx, house.begins.get(list_slug, ""))
    found = enrollments.latest(tx, person.id, course.id) if course else None
    return found if found and found.state is Progress.ACTIVE else None


def next_letter_at(enrollment: Enrollment) -> datetime | None:
    """When the next letter of an enrollment comes, if a time is known."""
    return None if enrollment.next_due_at == INDEFINITELY else enrollment.next_due_at
