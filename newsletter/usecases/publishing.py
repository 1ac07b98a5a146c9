"""Publishing a course: what it would do, shown first; then the draft becomes what readers get."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.domain import forecast, itinerary, path
from newsletter.domain.enrollment import Enrollment, LessonRef, Progress, Timetable
from newsletter.domain.forecast import Forecast, Reader
from newsletter.domain.path import Late
from newsletter.store import courses, drafts, enrollments, places, planned, subscribers, timetables, whereabouts
from newsletter.store.engine import Transaction
from newsletter.usecases import calendars, conditions, lessons, walks
from newsletter.usecases.courses import CourseError, check
from newsletter.usecases.house import House

Choice = Mapping[str, Late]
"""Who else gets a lesson that is new in the draft, by its key; who is not named here, `upcoming` readers only."""

_AT_ONCE = 500
_TOLD_EVERY = 5_000


def look_ahead(
    house: House, slug: str, choice: Choice | None = None, *, asked: Callable[[int], None] | None = None
) -> Forecast | None:
    """What publishing the draft of a course would do now. None when there is no draft. Raises CourseError.

    `asked` is told from time to time how many readers were asked so far.
    """
    with house.store.reading() as tx:
        return look_ahead_in(house, tx, slug, choice, asked=asked)


def look_ahead_in(
    house: House,
    tx: Transaction,
    slug: str,
    choice: Choice | None = None,
    *,
    asked: Callable[[int], None] | None = None,
) -> Forecast | None:
    """The same in a transaction that is open already."""
    found = lessons.read(tx, slug)
    if found is None:
        raise CourseError(f"There is no course “{slug}”. `newsletter course list` shows those there are.")
    draft = drafts.newest(tx, found.course.id)
    if draft is None or not found.is_draft:
        return None
    before, drafted = timetables.of(tx, found.course.id), timetables.of_revision(tx, draft.id)
    _check(choice or {}, drafted.order, before.order)
    order = _as_published(drafted.order, before.order, choice or {}, house.clock.now())
    after = replace(drafted, order=tuple(order))
    everybody = readers(house, tx, found.course.id, after, is_moved=calendars.is_changed(before, after))
    told = forecast.look_ahead(
        _counted(everybody, asked) if asked else everybody,
        before,
        after,
        owner_zone=house.letterhead.timezone,
        now=house.clock.now(),
    )
    told.finished = whereabouts.runs(tx, found.course.id).get(found.course.id, {}).get(Progress.FINISHED, 0)
    return told


def _counted(everybody: Iterator[Reader], asked: Callable[[int], None]) -> Iterator[Reader]:
    for number, reader in enumerate(everybody, 1):
        if number % _TOLD_EVERY == 0:
            asked(number)
        yield reader


def new_lessons(house: House, slug: str) -> list[str]:
    """The keys of the lessons that are new in the draft of a course."""
    with house.store.reading() as tx:
        found = lessons.read(tx, slug)
    return list(found.changes.new) if found and found.is_draft else []


def publish(house: House, slug: str, *, seen: str | None = None, choice: Choice | None = None) -> int | None:
    """Publish the draft of a course, if it is still the one that was looked at (`seen`: its digest; None: whichever).

    Returns its number; None when it is another one by now, or none waits. Raises CourseError when there is no such
    course, when the draft has no lesson or one whose letter owes its reader a line, or when `choice` names a lesson
    that is not new in it.
    """
    now = house.clock.now()
    _check_letters(house, slug)
    with house.store.transaction() as tx:
        before = lessons.take(tx, slug)
        draft = drafts.newest(tx, before.course.id)
        if draft is None or not before.is_draft or (seen is not None and before.digest != seen):
            return None
        if not before.lessons:
            raise CourseError("A course needs at least one letter. Please add one first.")
        order, public = courses.order_of(tx, draft.id), courses.order(tx, before.course.id)
        was = timetables.of(tx, before.course.id)
        _check(choice or {}, order, public)
        for lesson in _as_published(order, public, choice or {}, now):
            places.change(tx, draft.id, lesson.lesson_id, late=lesson.late)
        number = courses.publish_newest(tx, before.course.id, now)
        if calendars.is_changed(was, timetables.of(tx, before.course.id)):
            timetables.mark_changed(tx, before.course.id)
        if any(lesson.late == Late.FINISHED for lesson in courses.order(tx, before.course.id)):
            drafts.reopen(tx, draft.id)
    return number


def _check_letters(house: House, slug: str) -> None:
    """Write every letter of a draft once: it takes a moment, in which nobody should have to wait for us."""
    with house.store.reading() as tx:
        found = lessons.read(tx, slug)
    if found is not None and found.is_draft:
        check(house, [one.text for one in found.lessons])


def reopen_finished(house: House) -> int:
    """Let finished runs go on for late lessons that are for those who finished too. Returns how many do.

    In small batches, each of them a transaction; where the last one stopped stands in the database.
    """
    reopened = 0
    while True:
        with house.store.transaction() as tx:
            found = drafts.reopening(tx)
            if found is None:
                return reopened
            course = timetables.of(tx, found.course_id)
            last, readers = _finished(house, tx, found.course_id, course, after=found.reopened_to, locked=True)
            for one in readers:
                goes_on = {"state": Progress.ACTIVE, "next_due_at": one.run.next_due_at}
                enrollments.change(tx, one.run.id, **goes_on)
            drafts.reopened(tx, found.id, last)
            reopened += len(readers)


def readers(house: House, tx: Transaction, course: int, after: Timetable, *, is_moved: bool) -> Iterator[Reader]:
    """Everybody whom a new revision of a course concerns: who is inside, and whose finished run would go on.

    `is_moved`: the calendar is another one, so that everybody inside gets her next slot anew.
    """
    last: int | None = 0
    while last is not None:
        runs = enrollments.of_course(tx, course, [Progress.ACTIVE], after=last, limit=_AT_ONCE)
        people = subscribers.by_ids(tx, {one.subscriber_id for one in runs})
        known = _had(tx, runs)
        lacking = conditions.unmet(house, tx, runs, people, {course: after.order}, known)
        sent = planned.last_weekly_sent(tx, [one.id for one in runs]) if is_moved else {}
        others = walks.others(house, tx, runs, people)
        for one in runs:
            person, past = people[one.subscriber_id], path.history(one, known[one.id])
            reader = Reader(one, person, past, lacking.get(one.id, ()), others.get(one.id, ()))
            yield _moved(house, reader, after, sent.get(one.id)) if is_moved else reader
        last = runs[-1].id if len(runs) == _AT_ONCE else None
    last = 0 if any(lesson.late == Late.FINISHED for lesson in after.order) else None
    while last is not None:
        last, going = _finished(house, tx, course, after, after=last)
        yield from going


def _moved(house: House, reader: Reader, after: Timetable, sent_at: datetime | None) -> Reader:
    """A reader with the slot that she gets under another calendar, as `calendars.replan_changed` finds it."""
    run, zone, now = reader.run, house.letterhead.timezone, house.clock.now()
    if run.next_due_at is None or run.held_reason is not None or run.next_due_at <= now:
        return reader
    unmet, beside = reader.unmet, [walk.beside for walk in reader.others]
    due = itinerary.next_due(
        run, reader.person, zone, after, reader.past, now, sent_at=sent_at, unmet=unmet, beside=beside
    )
    return reader._replace(run=replace(run, next_due_at=due))


def _finished(
    house: House, tx: Transaction, number: int, course: Timetable, *, after: int, locked: bool = False
) -> tuple[int | None, list[Reader]]:
    """Of some finished runs those that go on, with the slot at which they do; and the number of the last one."""
    now, zone = house.clock.now(), house.letterhead.timezone
    runs = enrollments.of_course(tx, number, [Progress.FINISHED], after=after, limit=_AT_ONCE, locked=locked)
    people = subscribers.by_ids(tx, {one.subscriber_id for one in runs})
    known, sent = _had(tx, runs), planned.last_weekly_sent(tx, [one.id for one in runs])
    lacking = conditions.unmet(house, tx, runs, people, {number: course.order}, known)
    confirmed = subscribers.confirmed_of(tx, {one.subscription_id for one in runs if one.subscription_id})
    others, going = walks.others(house, tx, runs, people), []
    for one in runs:
        person, past = people[one.subscriber_id], path.history(one, known[one.id])
        unmet, hers = lacking.get(one.id, ()), others.get(one.id, ())
        if one.subscription_id in confirmed and path.reopens(course.order, past, unmet):
            beside, last_sent = [walk.beside for walk in hers], sent.get(one.id)
            due = itinerary.next_due(
                one, person, zone, course, past, now, sent_at=last_sent, unmet=unmet, beside=beside
            )
            going.append(Reader(replace(one, next_due_at=due), person, past, unmet, hers))
    return runs[-1].id if len(runs) == _AT_ONCE else None, going


def _had(tx: Transaction, runs: Sequence[Enrollment]) -> dict[int, dict[int, datetime]]:
    """By enrollment, the lessons that she had or that are on their way, and when each was planned."""
    known = planned.of_enrollments(tx, [one.id for one in runs])
    return {one.id: known[one.id].had if one.id in known else {} for one in runs}


def _as_published(
    order: Sequence[LessonRef], public: Sequence[LessonRef], choice: Choice, now: datetime
) -> list[LessonRef]:
    """The lessons of a draft as they stand once it is published: since when, and who else gets the new ones."""
    stood = {lesson.lesson_id: lesson.since for lesson in public}
    return [
        replace(lesson, since=stood[lesson.lesson_id])
        if lesson.lesson_id in stood
        else replace(lesson, since=now, late=choice.get(lesson.key, Late.UPCOMING))
        for lesson in order
    ]


def _check(choice: Choice, order: Sequence[LessonRef], public: Sequence[LessonRef]) -> None:
    stood = {lesson.lesson_id for lesson in public}
    new = [lesson.key for lesson in order if lesson.lesson_id not in stood]
    for key in choice:
        if key not in new:
            names = ", ".join(new) or "none is"
            raise CourseError(f"“{key}” is not new in this draft, so nobody is late for it. New in it: {names}.")
