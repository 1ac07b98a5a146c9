"""When a course sends: its own calendar and its lessons' timings, in the draft; and the days on which none goes."""

from newsletter.domain.cadence import AS_USUAL, Blackout, Cadence, Timing
from newsletter.domain.course_calendar import kept_timing
from newsletter.domain.enrollment import Progress, Timetable
from newsletter.store import courses, drafts, enrollments, owner_settings, places, timetables
from newsletter.store.engine import Transaction
from newsletter.usecases import after_courses, lessons, planning
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import OFF, ONE_A_DAY, House


def drafted(tx: Transaction, slug: str) -> Timetable:
    """The order and calendar of a course as its writers have it. Raises CourseError when there is no such course."""
    course = courses.by_slug(tx, slug)
    if course is None:
        raise CourseError(f"There is no course “{slug}”.")
    return timetables.of_revision(tx, courses.newest_revision(tx, course.id, published=False))


def set_cadence(house: House, slug: str, cadence: Cadence) -> None:
    """Give the draft of a course this calendar. Raises CourseError when there is no such course, or no lesson yet."""
    with house.store.transaction() as tx:
        course, revision = _draft(house, tx, slug)
        timetables.set_cadence(tx, revision, cadence)
        _discard_if_same(tx, course)


def set_timing(house: House, slug: str, key: str, timing: Timing) -> None:
    """Give a lesson of the draft a timing of its own, or take it back (AS_USUAL). Raises CourseError."""
    with house.store.transaction() as tx:
        course, revision = _draft(house, tx, slug)
        lesson = next((one for one in courses.order_of(tx, revision) if one.key == key), None)
        if lesson is None:
            raise CourseError("This lesson is not in the draft any more. Somebody may have removed it.")
        places.change(tx, revision, lesson.lesson_id, timing=kept_timing(timing))
        _discard_if_same(tx, course)


def _draft(house: House, tx: Transaction, slug: str) -> tuple[int, int]:
    """The course and its open draft, by number; one begins with what readers have."""
    before = lessons.take(tx, slug)
    if not before.lessons:
        raise CourseError("A course needs at least one letter before it has a calendar. Please add one first.")
    return before.course.id, lessons.open_draft(tx, before, house.clock.now())


def _discard_if_same(tx: Transaction, course: int) -> None:
    """A draft that says what readers have anyway is none."""
    if drafts.is_as_published(tx, course):
        drafts.discard(tx, course)


def add_blackout(house: House, silence: Blackout) -> int:
    """From now on no lesson goes on these days; letters that are due on them move. Returns its number."""
    with house.store.transaction() as tx:
        number = timetables.add_blackout(tx, silence)
        timetables.mark_changed(tx)
    return number


def remove_blackout(house: House, number: int) -> bool:
    """Let lessons go on these days again. False when there were none of this number."""
    with house.store.transaction() as tx:
        is_gone = timetables.remove_blackout(tx, number)
        if is_gone:
            timetables.mark_changed(tx)
    return is_gone


def one_a_day(house: House, *, on: bool, by: int | None) -> None:
    """Let a campaign wait a day where a lesson comes, or not; `by` is the admin's number."""
    with house.store.transaction() as tx:
        owner_settings.change(tx, ONE_A_DAY, "" if on else OFF, admin=by, now=house.clock.now())


def is_changed(before: Timetable, after: Timetable) -> bool:
    """Whether the next slot of somebody may be another one under a new revision."""
    own = [lesson for course in (before, after) for lesson in course.order if lesson.timing != AS_USUAL]
    return before.cadence != after.cadence or bool(own)


def replan_changed(house: House) -> int:
    """Give readers of courses whose calendar changed their next slot anew. Returns how many moved.

    In small batches, each of them a transaction; where the last one stopped stands in the database.
    """
    moved = 0
    while True:
        with house.store.transaction() as tx:
            found = timetables.changed(tx)
            if found is None:
                return moved
            states = [Progress.ACTIVE]
            runs = enrollments.of_course(
                tx, found.course, states, after=found.replanned_to, limit=planning.AT_ONCE, locked=True
            )
            moved += planning.replan(house, tx, runs) if runs else 0
            after_courses.slots_moved(house, tx, {one.subscriber_id for one in runs})
            is_all = len(runs) < planning.AT_ONCE
            timetables.went_through(tx, found.revision, None if is_all else runs[-1].id)
