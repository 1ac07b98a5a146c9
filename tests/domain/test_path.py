"""Which lessons are still to come: whatever is done to a course, nobody gets a lesson twice and nobody is stuck."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.course import Role
from newsletter.domain.enrollment import Enrollment, LessonRef, Progress
from newsletter.domain.path import History, Late, history, next_lesson, reopens, to_come

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def lesson(number: int, since: datetime = START - WEEK, late: Late = Late.UPCOMING, condition: str = "") -> LessonRef:
    return LessonRef(number, 100 + number, f"lesson-{number}", Role.WEEKLY, since, late, condition)


def course(*numbers: int) -> list[LessonRef]:
    return [lesson(number) for number in numbers]


def read(*numbers: int, since: datetime = START, finished_at: datetime | None = None) -> History:
    """Somebody who began at START and had these lessons, one a week."""
    return History({number: since + WEEK * place for place, number in enumerate(numbers)}, START, finished_at)


def numbers(found: list[LessonRef]) -> list[int]:
    return [one.lesson_id for one in found]


@dataclass
class Reader:
    """Somebody who gets the next lesson each week, for as long as there is one."""

    began_at: datetime
    had: list[tuple[int, datetime]] = field(default_factory=list)
    finished_at: datetime | None = None
    is_active: bool = True

    def past(self) -> History:
        return History(dict(self.had), self.began_at, self.finished_at)

    def week(self, order: list[LessonRef], now: datetime) -> None:
        """What the planner does at her slot."""
        coming = to_come(order, self.past()) if self.is_active else []
        if coming:
            self.had.append((coming[0].lesson_id, now))
        if len(coming) <= 1 and self.is_active:
            self.is_active, self.finished_at = False, self.finished_at or now


LATE = st.sampled_from(list(Late))
EDITS = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 12), LATE),
    st.tuples(st.just("delete"), st.integers(0, 12), LATE),
    st.tuples(st.just("swap"), st.integers(0, 12), LATE),
    st.tuples(st.just("rename"), st.integers(0, 12), LATE),
)


def edited(order: list[LessonRef], edit: tuple[str, int, Late], fresh: int, now: datetime) -> list[LessonRef]:
    """Today's order after an edit at a place."""
    what, place, late = edit
    order, at = list(order), place % (len(order) + 1)
    match what:
        case "insert":
            order.insert(at, lesson(fresh, now, late))
        case "delete":
            del order[at : at + 1]
        case "swap":
            order[at : at + 2] = order[at : at + 2][::-1]
        case "rename":
            order[at : at + 1] = [replace(one, revision_id=one.revision_id + 1000) for one in order[at : at + 1]]
    return order


@settings(max_examples=500)
@given(
    st.integers(0, 6),
    st.lists(st.tuples(st.integers(1, 3), EDITS), max_size=8),
    st.lists(st.integers(0, 12), min_size=1, max_size=5),
)
def test_whatever_is_done_to_a_course_nobody_gets_a_lesson_twice_and_nobody_is_stuck(
    letters: int, edits: list[tuple[int, tuple[str, int, Late]]], begin_in_week: list[int]
) -> None:
    order, now, fresh = course(*range(letters)), START, 100
    readers = [Reader(START + WEEK * week) for week in begin_in_week]
    changes = iter(edits)
    wait, edit = next(changes, (0, None))
    for _ in range(60):
        for one in readers:
            if one.began_at <= now:
                one.week(order, now)
        now += WEEK
        wait -= 1
        if edit and wait <= 0:
            order, fresh = edited(order, edit, fresh, now - timedelta(days=3)), fresh + 1
            wait, edit = next(changes, (0, None))
            for one in readers:
                if not one.is_active and reopens(order, one.past()):
                    one.is_active = True

    for one in readers:
        got = [number for number, _ in one.had]
        assert len(got) == len(set(got)), "a lesson came twice"
        assert not one.is_active, "somebody is stuck"
        for wanted in order:
            is_everybodys = (wanted.since is not None and wanted.since < one.began_at) or wanted.late is Late.FINISHED
            assert wanted.lesson_id in got or not is_everybodys, "a lesson was lost"


@given(st.integers(1, 8), st.integers(0, 8), st.integers(0, 8), LATE)
def test_an_inserted_lesson_comes_before_at_and_behind_each_place_as_its_owner_said(
    letters: int, place: int, at: int, late: Late
) -> None:
    """The readers stand at every place; the new one, number 99, is put at every place."""
    place, at = min(place, letters), min(at, letters)
    past = read(*range(place))
    now = START + WEEK * letters
    order = [*course(*range(at)), lesson(99, now, late), *course(*range(at, letters))]

    coming = numbers(to_come(order, past))
    rest = list(range(place, letters))
    gets_it = late is Late.FINISHED or (late is Late.UPCOMING and at >= place)
    assert sorted(set(coming) - {99}) == rest
    assert (99 in coming) == gets_it
    assert coming == [one.lesson_id for one in order if one.lesson_id in coming], "today's order is kept"
    newcomer = History({}, now + WEEK)
    assert numbers(to_come(order, newcomer)) == numbers(order), "whoever begins later gets all of it"


@given(st.integers(2, 8), st.integers(0, 8))
def test_the_next_lesson_deleted_the_one_after_it_comes(letters: int, place: int) -> None:
    past, left = read(*range(min(place, letters))), list(range(min(place, letters), letters))
    order = [one for one in course(*range(letters)) if one.lesson_id not in left[:1]]

    assert numbers(to_come(order, past)) == left[1:]


@given(st.integers(2, 8), st.integers(0, 8), st.integers(0, 6))
def test_two_swapped_come_once_each_to_whoever_has_not_had_them(letters: int, place: int, at: int) -> None:
    place, at = min(place, letters), min(at, letters - 2)
    order = course(*range(letters))
    order[at], order[at + 1] = order[at + 1], order[at]

    assert sorted(numbers(to_come(order, read(*range(place))))) == list(range(place, letters))


def test_a_lesson_that_was_there_all_the_time_is_not_late_when_it_is_moved_ahead() -> None:
    assert numbers(to_come(course(3, 0, 1, 2), read(0, 1))) == [3, 2]


def test_a_lesson_passed_comes_after_all_when_it_is_moved_behind_her_place() -> None:
    late = lesson(99, START + WEEK * 2 - timedelta(days=1))

    assert numbers(to_come([*course(0), late, *course(1, 2)], read(0, 1))) == [2]
    assert numbers(to_come([*course(0, 1), late, *course(2)], read(0, 1))) == [99, 2]


def test_who_finished_gets_of_what_comes_later_only_what_is_for_those_who_finished() -> None:
    """Also of lessons that were appended to the end, and also when her run goes on for another one."""
    end = START + WEEK
    past = read(0, 1, finished_at=end)
    appended, inserted = lesson(50, end + WEEK), lesson(51, end + WEEK * 2, Late.FINISHED)

    assert not reopens([*course(0, 1), appended], past)
    assert reopens([*course(0), inserted, *course(1), appended], past)
    assert numbers(to_come([*course(0), inserted, *course(1), appended], past)) == [51]
    again = History({**past.had, 51: end + WEEK * 3}, START, end)
    assert not reopens([*course(0), inserted, *course(1), appended], again)


def test_a_condition_she_does_not_meet_passes_a_lesson_over_until_she_had_one_behind_it() -> None:
    order = [*course(0), lesson(1, condition="list: letters"), *course(2)]

    assert numbers(to_come(order, read(0), unmet={1})) == [2]
    assert numbers(to_come(order, read(0))) == [1, 2]
    assert numbers(to_come(order, read(0, 2))) == []


def test_nothing_is_to_come_at_the_end() -> None:
    assert next_lesson(course(0, 1), read(0, 1)) is None
    assert next_lesson([], read()) is None


@pytest.mark.parametrize(
    ("state", "finished"), [(Progress.ACTIVE, True), (Progress.FINISHED, True), (Progress.LEFT, False)]
)
def test_who_left_has_not_finished(state: Progress, finished: bool) -> None:
    run = Enrollment(1, "e", 1, 1, 1, 1, state, START, None, None, None, START + WEEK)

    assert history(run, None) == History({}, START, START + WEEK if finished else None)
