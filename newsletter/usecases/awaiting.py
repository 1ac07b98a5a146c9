"""Which lesson each reader of a course awaits, counted for the page of the course."""

from collections import Counter

from newsletter.domain import path
from newsletter.domain.enrollment import LessonRef, Progress
from newsletter.store import timetables, whereabouts
from newsletter.store.engine import Transaction
from newsletter.usecases import publishing
from newsletter.usecases.house import House

MOST_ASKED = 2_000
"""Readers who are asked one by one where some lesson is not for everybody. Of more, the database counts: a lesson that
came late then counts as awaited also by some who have passed it."""


def count(house: House, tx: Transaction, course: int) -> Counter[int | None]:
    """By lesson, how many who are inside a course get it next; None: nothing is left for them."""
    timetable = timetables.of(tx, course)
    if not timetable.order:
        return Counter()
    inside = whereabouts.runs(tx, course).get(course, {}).get(Progress.ACTIVE, 0)
    if inside > MOST_ASKED or not any(_is_not_for_all(lesson, timetable.order) for lesson in timetable.order):
        return whereabouts.awaiting(tx, course, [lesson.lesson_id for lesson in timetable.order])
    found: Counter[int | None] = Counter()
    for reader in publishing.readers(house, tx, course, timetable, is_moved=False):
        if reader.run.state is Progress.ACTIVE:
            lesson = path.next_lesson(timetable.order, reader.past, reader.unmet)
            found[lesson.lesson_id if lesson else None] += 1
    return found


def _is_not_for_all(lesson: LessonRef, order: tuple[LessonRef, ...]) -> bool:
    """Whether a lesson came later than others, or has a condition."""
    return bool(lesson.condition) or lesson.since != order[0].since
