"""What is to come, and when: the planner's own decision, asked once or asked ahead."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.cadence import AS_USUAL, Blackout, Cadence, Timing, local_day
from newsletter.domain.course import Role
from newsletter.domain.enrollment import Enrollment, LessonRef, Progress, Timetable, natural_slot
from newsletter.domain.itinerary import Beside, Finish, Hold, Owe, Wait, Walk, decide, letters, stands, together
from newsletter.domain.path import History
from newsletter.domain.subscriber import INDEFINITELY, Subscriber
from tests.domain.test_course_calendar import MOMENTS, TIMINGS, ZONES, cadences, is_silent

OWNER = "Europe/Berlin"
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
BEGAN = MONDAY - timedelta(days=3)


def a_person(
    zone: str | None = None, hour: int = 9, weekday: int | None = None, pace: int = 1, until: datetime | None = None
) -> Subscriber:
    return Subscriber(1, "p", "m@example.org", "k", "Maria", zone, hour, weekday, until, None, pace)


PEOPLE = st.builds(a_person, st.none() | ZONES, st.integers(0, 23), st.none() | st.integers(0, 6), st.integers(1, 3))


def a_timetable(timings: list[Timing], cadence: Cadence | None = None) -> Timetable:
    order = [LessonRef(n, 100 + n, f"lesson-{n}", Role.WEEKLY, timing=timing) for n, timing in enumerate(timings, 1)]
    return Timetable(tuple(order), cadence or Cadence())


def an_enrollment(began: datetime, person: Subscriber, course: Timetable) -> Enrollment:
    one = Enrollment(1, "e", 1, 1, 1, 1, Progress.ACTIVE, began, None, None, None)
    due = natural_slot(one, person, OWNER, course.cadence, course.order[0].timing).at
    return replace(one, next_due_at=due)


COURSES = st.builds(a_timetable, st.lists(TIMINGS, min_size=1, max_size=8), cadences())


@settings(max_examples=200)
@given(MOMENTS, PEOPLE, COURSES)
def test_every_lesson_comes_once_in_order_forward_and_never_within_the_gap(
    began: datetime, person: Subscriber, course: Timetable
) -> None:
    one = an_enrollment(began, person, course)
    coming = list(letters(one, person, OWNER, course, History({}, began), began))

    assert [letter.lesson for letter in coming] == list(course.order)
    rhythm = person.rhythm(OWNER)
    days = [local_day(letter.slot.at, rhythm) for letter in coming]
    assert all(later - sooner >= timedelta(days=course.cadence.gap) for sooner, later in pairwise(days))
    assert not any(is_silent(letter.slot.at, rhythm, course.cadence) for letter in coming)


@settings(max_examples=150)
@given(MOMENTS, PEOPLE, COURSES, st.integers(0, 8))
def test_asked_again_on_the_way_the_rest_is_what_it_was(
    began: datetime, person: Subscriber, course: Timetable, stop: int
) -> None:
    """Stable under re-planning: after so many letters, with the planner's own steps, the forecast is the same."""
    one, past = an_enrollment(began, person, course), History({}, began)
    promised = list(letters(one, person, OWNER, course, past, began))
    for letter in promised[:stop]:
        assert one.next_due_at is not None
        step = decide(one, person, OWNER, course, past, one.next_due_at)
        assert isinstance(step, Owe)
        assert (step.lesson, step.slot) == (letter.lesson, letter.slot)
        past = replace(past, had={**past.had, step.lesson.lesson_id: step.slot.at})
        one = replace(one, last_slot_at=step.slot.at, next_due_at=step.following)

    now = one.last_slot_at or began
    assert list(letters(one, person, OWNER, course, past, now)) == promised[stop:]


def test_a_lesson_that_got_a_later_day_meanwhile_waits_for_it() -> None:
    person, course = a_person(), a_timetable([AS_USUAL])
    one = replace(an_enrollment(BEGAN, person, course), last_slot_at=MONDAY - timedelta(days=7), next_due_at=MONDAY)
    later = a_timetable([Timing(day=date(2026, 4, 1))])

    step = decide(one, person, OWNER, later, History({}, BEGAN), MONDAY)
    assert step == Wait(datetime(2026, 4, 1, 7, tzinfo=UTC))


def test_a_day_that_fell_silent_meanwhile_is_passed_by() -> None:
    person = a_person()
    course = a_timetable([AS_USUAL], Cadence(blackouts=(Blackout("Mourning", date(2026, 3, 2), date(2026, 3, 3)),)))
    one = replace(an_enrollment(BEGAN, person, course), last_slot_at=MONDAY - timedelta(days=14), next_due_at=MONDAY)

    assert decide(one, person, OWNER, course, History({}, BEGAN), MONDAY) == Wait(MONDAY + timedelta(days=7))


def test_what_is_late_goes_at_once_or_tomorrow_or_waits_for_the_owner() -> None:
    person, course, past = a_person(), a_timetable([AS_USUAL, AS_USUAL]), History({}, BEGAN)
    one = replace(an_enrollment(BEGAN, person, course), last_slot_at=MONDAY - timedelta(days=7), next_due_at=MONDAY)

    in_time = decide(one, person, OWNER, course, past, MONDAY + timedelta(hours=3))
    assert isinstance(in_time, Owe)
    assert (in_time.slot.at, in_time.following) == (MONDAY, MONDAY + timedelta(days=7))
    late = decide(one, person, OWNER, course, past, MONDAY + timedelta(hours=4))
    assert isinstance(late, Owe)
    assert (late.slot.at, late.following) == (MONDAY + timedelta(days=1), MONDAY + timedelta(days=8))
    assert decide(one, person, OWNER, course, past, MONDAY + timedelta(days=8)) == Hold()


def test_who_has_had_everything_is_finished_and_an_unmet_condition_is_passed_over() -> None:
    person, course = a_person(), a_timetable([AS_USUAL, AS_USUAL])
    one = replace(an_enrollment(BEGAN, person, course), last_slot_at=MONDAY - timedelta(days=7), next_due_at=MONDAY)

    assert decide(one, person, OWNER, course, History({1: BEGAN, 2: BEGAN}, BEGAN), MONDAY) == Finish()
    step = decide(one, person, OWNER, course, History({}, BEGAN), MONDAY, unmet=(1,))
    assert isinstance(step, Owe)
    assert (step.lesson.lesson_id, step.following) == (2, None)


def test_a_pause_and_a_letter_not_yet_out_let_the_next_one_wait() -> None:
    course, past = a_timetable([AS_USUAL]), History({}, BEGAN)
    silent = a_person(until=MONDAY + timedelta(days=10))
    one = replace(an_enrollment(BEGAN, silent, course), last_slot_at=MONDAY - timedelta(days=7), next_due_at=MONDAY)

    assert decide(one, silent, OWNER, course, past, MONDAY) == Wait(MONDAY + timedelta(days=14))
    assert decide(one, a_person(), OWNER, course, past, MONDAY, is_open=True) == Wait(MONDAY + timedelta(days=7))
    gone = a_person(until=INDEFINITELY)
    assert decide(one, gone, OWNER, course, past, MONDAY) == Wait(INDEFINITELY)
    assert list(letters(one, gone, OWNER, course, past, MONDAY)) == []
    (only,) = letters(one, silent, OWNER, course, past, MONDAY)
    assert only.slot.at == MONDAY + timedelta(days=14)
    assert only.slot.why == ("She paused until 12 March 2026.",)


@settings(max_examples=100)
@given(MOMENTS, PEOPLE, st.lists(COURSES, min_size=2, max_size=3), st.integers(0, 12))
def test_letters_of_several_courses_never_meet_on_a_day_and_stay_what_they_were(
    began: datetime, person: Subscriber, courses: list[Timetable], stop: int
) -> None:
    """Each course has all of its letters, in order and apart; asked again on the way, the rest is what it was."""
    walks = [
        Walk(replace(an_enrollment(began, person, course), id=number), course, History({}, began))
        for number, course in enumerate(courses)
    ]
    walks = [replace(one, beside=Beside(None, one.run.next_due_at)) for one in walks]
    coming = list(together(walks, person, OWNER, began, is_apart=True))

    rhythm = person.rhythm(OWNER)
    days = [local_day(letter.slot.at, rhythm) for letter in coming]
    assert len(set(days)) == len(days)
    for number, course in enumerate(courses):
        mine = [letter for letter in coming if letter.enrollment == number]
        assert [letter.lesson for letter in mine] == list(course.order)
        apart = [local_day(letter.slot.at, rhythm) for letter in mine]
        assert all(later - sooner >= timedelta(days=course.cadence.gap) for sooner, later in pairwise(apart))
        assert not any(is_silent(letter.slot.at, rhythm, course.cadence) for letter in mine)
    assert list(together(_after(walks, stop, person, began), person, OWNER, began, is_apart=True)) == coming[stop:]


def _after(walks: list[Walk], letters_out: int, person: Subscriber, began: datetime) -> list[Walk]:
    """Her enrollments after so many letters, by the planner's own steps."""
    hers = {walk.run.id: walk for walk in walks}
    while letters_out:
        going = [walk for walk in hers.values() if walk.goes_on]
        if not going:
            break
        walk = min(going, key=lambda one: (one.run.next_due_at or began, one.run.id))
        one, past, due = walk.run, walk.past, walk.run.next_due_at or began
        beside = [other.beside for other in hers.values() if other is not walk]
        step = decide(one, person, OWNER, walk.course, past, due, beside=beside)
        if isinstance(step, Owe):
            letters_out -= 1
            past = replace(past, had={**past.had, step.lesson.lesson_id: due})
            one = replace(one, last_slot_at=step.slot.at, next_due_at=step.following)
        else:
            assert isinstance(step, Wait)
            one = replace(one, next_due_at=step.until)
        hers[one.id] = replace(walk, run=one, past=past, beside=stands(walk.beside, step))
    return list(hers.values())
