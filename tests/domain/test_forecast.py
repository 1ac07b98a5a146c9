"""What a forecast takes from one reader to the next is what each would have been told by herself."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain import path
from newsletter.domain.cadence import AS_USUAL
from newsletter.domain.course import Role
from newsletter.domain.enrollment import LessonRef
from newsletter.domain.forecast import Chains, Paths, Reader
from newsletter.domain.itinerary import letters
from newsletter.domain.path import History, Late
from tests.domain.test_course_calendar import MOMENTS, TIMINGS, cadences
from tests.domain.test_itinerary import BEGAN, MONDAY, OWNER, PEOPLE, a_timetable, an_enrollment

USUALLY = st.just(AS_USUAL) | TIMINGS
DAYS = st.sampled_from([5, 15, 25])
PLACES = st.tuples(st.integers(0, 3), st.sampled_from(list(Late)), st.sampled_from(["", "list:letters"]))


@settings(max_examples=100)
@given(MOMENTS, st.lists(PEOPLE, min_size=2, max_size=6), st.lists(USUALLY, min_size=1, max_size=6), cadences())
def test_slots_taken_from_others_are_those_that_the_planner_finds(began, people, timings, cadence) -> None:
    course = a_timetable(timings, cadence)
    chains = Chains(course, OWNER)
    for person in [*people, *people]:
        one = an_enrollment(began, person, course)
        past = History({}, began)
        coming = path.to_come(course.order, past)
        alone = [
            (letter.lesson.lesson_id, letter.slot.at) for letter in letters(one, person, OWNER, course, past, began)
        ]
        assert chains.slots(Reader(one, person, past), coming, began) == alone


@settings(max_examples=200)
@given(
    st.lists(PLACES, min_size=1, max_size=6),
    st.lists(st.dictionaries(st.integers(1, 4), DAYS, max_size=3), min_size=4, max_size=12),
)
def test_lessons_to_come_taken_from_others_are_her_own(places, readers) -> None:
    order = [
        LessonRef(
            n, 100 + n, f"lesson-{n}", Role.WEEKLY, since=MONDAY + timedelta(days=10 * since), late=late, condition=who
        )
        for n, (since, late, who) in enumerate(places, 1)
    ]
    paths = Paths(order)
    for days in [*readers, *readers]:
        had = {n: MONDAY + timedelta(days=days[n]) for n in sorted(days) if n <= len(order)}
        past = History(had, BEGAN, MONDAY + timedelta(days=20) if len(days) > 3 else None)
        assert paths.to_come(past, ()) == path.to_come(order, past, ())
        assert paths.to_come(past, {1}) == path.to_come(order, past, {1})


def test_who_had_the_same_in_other_times_goes_her_own_way() -> None:
    """A lesson came in between: late for whoever had the one behind it before, and to come for whoever had it since."""
    order = [
        LessonRef(1, 101, "first", Role.WEEKLY, since=MONDAY),
        LessonRef(2, 102, "new", Role.WEEKLY, since=MONDAY + timedelta(days=10)),
        LessonRef(3, 103, "last", Role.WEEKLY, since=MONDAY),
    ]
    paths = Paths(order)
    had = {1: MONDAY + timedelta(days=2), 3: MONDAY + timedelta(days=5)}
    early, since = History(had, BEGAN), History(had | {3: MONDAY + timedelta(days=15)}, BEGAN)

    assert paths.to_come(early, ()) == []
    assert [lesson.key for lesson in paths.to_come(since, ())] == ["new"]
    assert [lesson.key for lesson in Paths(order).to_come(since, ())] == ["new"]
