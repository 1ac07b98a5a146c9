"""When every coming letter comes, and why then: what the planner will decide, asked ahead; and how many a day."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain import address, itinerary, path
from newsletter.domain.cadence import AS_USUAL, first_slot
from newsletter.domain.course import Role
from newsletter.domain.enrollment import Enrollment, Progress, Timetable
from newsletter.domain.path import History
from newsletter.domain.subscriber import DEFAULT_HOUR, INDEFINITELY, Subscriber
from newsletter.store import courses, enrollments, planned, subscribers, timetables
from newsletter.store.engine import Transaction
from newsletter.usecases import after_courses, conditions, walks
from newsletter.usecases.after_courses import Later
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House

FORECAST_DAYS = 90
MOST_ASKED = 2000
"""Of more enrollments than this a forecast asks every so many-th, and says so."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One letter to come: the lesson, its instant in UTC, and in sentences why not when one would have thought."""

    lesson: str
    role: Role
    at: datetime
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ahead:
    """All coming letters of somebody in her zone. `rest` says why no more are known, empty at the course's end."""

    zone: str
    letters: list[Coming]
    rest: str = ""
    campaigns: tuple[Later, ...] = ()
    """What waits until her courses are over, where that is known."""
    is_changing: bool = False
    """Whether readers are still getting new times, after the course or its days of silence changed a moment ago."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Letters a day, by the day in the owner's zone. Of `inside` people every `one_in`-th was asked."""

    days: list[tuple[date, int]]
    inside: int
    one_in: int


def newcomer(house: House, slug: str, *, start: datetime, zone: str) -> Ahead:
    """When each letter would come to somebody who confirms at `start` in `zone`. Raises CourseError."""
    with house.store.reading() as tx:
        number = _course(tx, slug)
        course = timetables.of(tx, number)
        unmet = conditions.unmet_by_newcomers(house, tx, number, course.order, _somebody(zone))
    return Ahead(zone, calendar(course, start=start, zone=zone, unmet=unmet))


def calendar(course: Timetable, *, start: datetime, zone: str, unmet: Collection[int] = ()) -> list[Coming]:
    """The letters of a newcomer, who has said neither day nor hour; the opening goes at once."""
    coming, past = [], History({}, start)
    to_come = path.to_come(course.order, past, unmet)
    if to_come and to_come[0].role is Role.OPENING:
        opening, *to_come = to_come
        coming.append(Coming(opening.key, opening.role, start))
        past = History({opening.lesson_id: start}, start)
    person = _somebody(zone)
    timing = to_come[0].timing if to_come else AS_USUAL
    due = first_slot(start, person.rhythm(zone), course.cadence, timing).at
    run = Enrollment(0, "", 0, 0, None, 1, Progress.ACTIVE, start, None, due, None)
    letters = itinerary.letters(run, person, zone, course, past, start, unmet=unmet)
    coming += [Coming(one.lesson.key, one.lesson.role, one.slot.at, one.slot.why) for one in letters]
    return list(_with_changed_clocks(coming, zone))


def reader(house: House, slug: str, email: str) -> Ahead:
    """Every coming letter of one person. Raises AddressError, and CourseError when she is not in the course."""
    with house.store.reading() as tx:
        number = _course(tx, slug)
        person = subscribers.find(tx, house.address_keys(address.parse(email).comparable))
        run = enrollments.latest(tx, person.id, number) if person else None
        if person is None or run is None:
            raise CourseError(f"Nobody with this address is in the course “{slug}”.")
        going = [one for one in enrollments.of_subscriber(tx, person.id) if one.state is Progress.ACTIVE]
        everything = _coming(house, tx, [*(one for one in going if one.id != run.id), run], person)
        coming, waits = everything[run.id], _after(house, tx, going, person, everything)
        is_changing = timetables.is_changing(tx, number)
    zone = person.zone(house.letterhead.timezone)
    return Ahead(zone, list(_with_changed_clocks(coming, zone)), _rest(run, person), waits, is_changing)


def _coming(house: House, tx: Transaction, runs: Sequence[Enrollment], person: Subscriber) -> dict[int, list[Coming]]:
    """By enrollment, every letter of some runs of hers that is planned or still to come."""
    coming = {
        run.id: [
            Coming(one.key, one.role, one.due, ("It is planned and waits to go out.",))
            for one in planned.waiting(tx, run.id)
            if one.due < INDEFINITELY
        ]
        for run in runs
    }
    hers = walks.of_readers(house, tx, runs, {person.id: person}).get(person.id, [])
    zone, now = house.letterhead.timezone, house.clock.now()
    for one in itinerary.together(hers, person, zone, now, is_apart=house.one_a_day):
        if one.enrollment in coming:
            coming[one.enrollment].append(Coming(one.lesson.key, one.lesson.role, one.slot.at, one.slot.why))
    return coming


def _after(
    house: House, tx: Transaction, going: Sequence[Enrollment], person: Subscriber, coming: Mapping[int, list[Coming]]
) -> tuple[Later, ...]:
    """What of campaigns waits until the last letter of her courses; nothing where only she or the owner knows when."""
    if any(_rest(one, person) or not coming[one.id] for one in going):
        return ()
    over = [letter.at for letters in coming.values() for letter in letters]
    return tuple(after_courses.ahead(house, tx, person, max(over))) if over else ()


def forecast(house: House, *, days: int = FORECAST_DAYS, most: int = MOST_ASKED) -> Forecast:
    """How many letters go out on each coming day to those who are in a course now."""
    owner_zone, now = house.letterhead.timezone, house.clock.now()
    zone = ZoneInfo(owner_zone)
    today = now.astimezone(zone).date()
    last, counted = today + timedelta(days=days - 1), Counter[date]()
    with house.store.reading() as tx:
        inside = enrollments.count_with_due(tx)
        one_in = max(1, -(-inside // most))
        runs = enrollments.every(tx, one_in)
        people = subscribers.by_ids(tx, {one.subscriber_id for one in runs})
        everybody = walks.of_readers(house, tx, runs, people)
    asked = {one.id for one in runs}
    for reader, hers in everybody.items():
        for letter in itinerary.together(hers, people[reader], owner_zone, now, is_apart=house.one_a_day):
            day = letter.slot.at.astimezone(zone).date()
            if day > last:
                break
            if letter.enrollment in asked:
                counted[day] += one_in
    dates = [today + timedelta(days=number) for number in range(days)]
    return Forecast([(day, counted[day]) for day in dates], inside, one_in)


def _somebody(zone: str) -> Subscriber:
    return Subscriber(0, "", "", "", "", zone, DEFAULT_HOUR, None, None, None)


def _course(tx: Transaction, slug: str) -> int:
    course = courses.by_slug(tx, slug)
    if course is None:
        raise CourseError(f"There is no course “{slug}”. `newsletter course list` shows those there are.")
    return course.id


def _rest(run: Enrollment, person: Subscriber) -> str:
    """Why no letter, or none after these, has a time."""
    if run.state is Progress.LEFT:
        return "She left this course."
    if run.held_reason or person.held_reason:
        return f"Her letters wait for your word: {run.held_reason or person.held_reason}."
    if run.next_due_at == INDEFINITELY:
        return "She paused until she returns: her letters wait for her."
    return "She has finished this course." if run.state is Progress.FINISHED else ""


def _with_changed_clocks(coming: Sequence[Coming], zone: str) -> Iterator[Coming]:
    """Tell, at the first letter after it, that the clocks changed since the one before."""
    before = None
    for one in coming:
        local = one.at.astimezone(ZoneInfo(zone))
        offset = local.utcoffset()
        if before is not None and offset != before:
            changed = f"The clocks have changed there: {local:%H:%M} is {one.at:%H:%M} UTC from now on."
            one = Coming(one.lesson, one.role, one.at, (*one.why, changed))
        before = offset
        yield one
