"""What begins by itself: a course after another one, and a course on its day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from newsletter.domain.cadence import AS_USUAL, SETTLING_IN, Rhythm, instant, next_slot, slot_from
from newsletter.domain.enrollment import Enrollment
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.ways import WayKind
from newsletter.store import courses, enrollments, subscribers, timetables, ways
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling, side_by_side
from newsletter.usecases.house import House

_AT_ONCE = 200
_FARTHEST_AHEAD = timedelta(hours=14)
"""Where a day begins first: the Line Islands' zone, UTC+14."""


def begin_next(house: House, tx: Transaction, over: Sequence[Enrollment], people: Mapping[int, Subscriber]) -> None:
    """Begin the courses that follow on those which came to their end just now; each at its reader's next slot.

    So the farewell and the welcome of the next course stand as far apart as two letters of a course.
    """
    for number in {one.course_id for one in over}:
        row = courses.by_id(tx, number)
        for course in ways.courses_by(tx, WayKind.AFTER_COURSE, row.slug if row else ""):
            timetable = timetables.of(tx, course)
            for one in over if timetable.order else ():
                if one.course_id == number and one.subscription_id is not None:
                    person = people[one.subscriber_id]
                    last = (enrollments.by_id(tx, one.id) or one).last_slot_at or house.clock.now()
                    rhythm = person.rhythm(house.letterhead.timezone, last)
                    slot = next_slot(max(last, house.clock.now()), rhythm, timetable.cadence, AS_USUAL).at
                    slot = side_by_side.apart(house, tx, person, slot, timetable.cadence, but=one.id)
                    _begin_later(house, tx, one.subscriber_id, one.subscription_id, course, slot)


def _begin_later(
    house: House, tx: Transaction, subscriber: int, subscription: int, course: int, slot: datetime
) -> None:
    """Begin a course whose first letter, the welcome too, comes at a slot. Who ever began it does not begin again."""
    # She confirmed long ago: the day between confirming and the first weekly letter is over.
    began = min(house.clock.now(), slot - SETTLING_IN)
    about = {"subscriber": subscriber, "course": course, "subscription": subscription}
    if enrollments.begin(tx, **about, run=1, now=began, next_due=slot) is not None:
        enrolling.end_for_others(house, tx, subscriber, course)


def begin_on_day(house: House) -> int:
    """Begin courses whose day comes, for everybody who is on their list. Returns how many began.

    Each reader's first letter comes on that day at her own hour, so they begin as soon as it is that day anywhere. In
    small batches, each of them a transaction; who has begun says where the last one stopped. A course that is not
    published by its day begins when it is.
    """
    begun = 0
    while True:
        now = house.clock.now()
        with house.store.transaction() as tx:
            come = ways.due(tx, (now + _FARTHEST_AHEAD).date().isoformat())
            due = next((one for one in come if courses.order(tx, one.course_id)), None)
            if due is None:
                return begun
            waiting = ways.not_begun(tx, due.course_id, due.what, _AT_ONCE)
            people = subscribers.by_ids(tx, [subscriber for subscriber, _ in waiting])
            for subscriber, subscription in waiting:
                slot = _on_the_day(house, people[subscriber], date.fromisoformat(due.day))
                _begin_later(house, tx, subscriber, subscription, due.course_id, slot)
            if len(waiting) < _AT_ONCE:
                ways.done(tx, due.id, now)
            begun += len(waiting)


def _on_the_day(house: House, person: Subscriber, day: date) -> datetime:
    """Her hour on a day, or the next one when that is over."""
    zone = person.zone(house.letterhead.timezone)
    return max(instant(day, person.hour, zone), slot_from(house.clock.now(), Rhythm(person.hour, zone)).at)
