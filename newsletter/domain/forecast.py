"""What publishing a course would do, before it is done: who gets which lesson when, and whom a deletion strands.

It asks the same functions that the planner asks (path.py, itinerary.py), of the same readers: what it shows is what
happens, as long as nobody leaves, pauses or changes her hour meanwhile.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from newsletter.domain import itinerary, path
from newsletter.domain.cadence import AS_USUAL, next_slot
from newsletter.domain.enrollment import Enrollment, LessonRef, Progress, Timetable
from newsletter.domain.itinerary import Walk
from newsletter.domain.path import History
from newsletter.domain.subscriber import Subscriber


class Reader(NamedTuple):
    """One run of the course. A run that is over has, as `next_due_at`, when it would go on."""

    run: Enrollment
    person: Subscriber
    past: History
    unmet: Collection[int] = ()
    """The lessons, by number, whose condition she does not meet now."""
    others: Sequence[Walk] = ()
    """Her other courses, where two must not meet on a day."""


@dataclass(slots=True)
class LessonAhead:
    """What becomes of one lesson of the new order, in people who began before now."""

    key: str
    is_new: bool
    late: str
    people: int = 0
    """Who gets it from now on."""
    next_for: int = 0
    """To whom it is the next letter."""
    finished: int = 0
    """Of `people`, those who had finished the course, which goes on for them."""
    passed: int = 0
    """Of a new lesson: who is inside and does not get it, because its place is behind them."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    """The first and the last slot at which one of them gets it; None when no time is known."""


@dataclass(slots=True)
class LessonGone:
    """What becomes of those who would have got a lesson that is taken out."""

    key: str
    people: int = 0
    """Who would have got it."""
    instead: Counter[str] = field(default_factory=Counter)
    """Of those to whom it was the next letter: which one comes in its stead, by key; "" when the course ends there."""


@dataclass(slots=True)
class Forecast:
    """What publishing would do."""

    inside: int = 0
    finished: int = 0
    """Runs that are over."""
    reopened: int = 0
    """Of these, those that go on for a late lesson."""
    stranded: int = 0
    """Who would have got another letter and now gets none: their course ends without it."""
    twice: int = 0
    """Who would get a letter that they had. Nobody, ever."""
    undated: int = 0
    """Whose next letter has no time: paused until they return, or held."""
    lessons: list[LessonAhead] = field(default_factory=list)
    gone: list[LessonGone] = field(default_factory=list)


def look_ahead(
    readers: Iterable[Reader], before: Timetable, after: Timetable, *, owner_zone: str, now: datetime
) -> Forecast:
    """What becomes of each reader when `after` takes the place of `before`, added up."""
    known, stays = {one.lesson_id for one in before.order}, {one.lesson_id for one in after.order}
    ahead = {one.lesson_id: LessonAhead(one.key, one.lesson_id not in known, one.late) for one in after.order}
    gone = {one.lesson_id: LessonGone(one.key) for one in before.order if one.lesson_id not in stays}
    found = Forecast(lessons=list(ahead.values()), gone=list(gone.values()))
    slots: dict[Hashable, list[tuple[int, datetime]]] = {}
    chains, was, will_be = Chains(after, owner_zone), Paths(before.order), Paths(after.order)
    for reader in readers:
        is_over = reader.run.state is not Progress.ACTIVE
        coming = _coming(will_be, reader)
        found.inside, found.finished = found.inside + (not is_over), found.finished + is_over
        found.reopened += is_over and bool(coming)
        if not is_over:
            _compare(found, gone, was.to_come(reader.past, reader.unmet), coming)
        _count(found, ahead, coming, reader, is_over=is_over)
        if coming:
            alike = _alike(reader, coming)
            if alike not in slots:
                slots[alike] = chains.slots(reader, coming, now)
            _date(found, ahead, slots[alike])
    return found


class Paths:
    """The lessons still to come in one order, found once for all readers who had the same in the same times.

    Of an instant it counts alone which lessons stood in the course by then: readers between two changes are alike.
    """

    def __init__(self, order: Sequence[LessonRef]) -> None:
        """Nothing is known yet."""
        self.order = order
        self._changes = sorted({lesson.since for lesson in order if lesson.since is not None})
        self._known: dict[Hashable, list[LessonRef]] = {}

    def to_come(self, past: History, unmet: Collection[int]) -> list[LessonRef]:
        """As `path.to_come`; the list is shared."""
        planned = past.had.values()
        first, last = (self._time(min(planned)), self._time(max(planned))) if planned else (0, 0)
        if first != last:
            return path.to_come(self.order, past, unmet)
        finished = None if past.finished_at is None else self._time(past.finished_at)
        alike = tuple(past.had), tuple(unmet), first, self._time(past.began_at), finished
        found = self._known.get(alike)
        if found is None:
            found = self._known[alike] = path.to_come(self.order, past, unmet)
        return found

    def _time(self, moment: datetime) -> int:
        return bisect_right(self._changes, moment)


def _coming(after: Paths, reader: Reader) -> list[LessonRef]:
    if reader.run.state is not Progress.ACTIVE and not path.reopens(after.order, reader.past, reader.unmet):
        return []
    return after.to_come(reader.past, reader.unmet)


def _alike(reader: Reader, coming: list[LessonRef]) -> Hashable:
    """What the slots of somebody's letters depend on: in a large course many readers have all of it in common."""
    run, person = reader.run, reader.person
    hers = person.timezone, person.hour, person.weekday, person.pace_weeks, person.paused_until
    stands = run.next_due_at, run.last_slot_at or run.began_at, run.held_reason
    if reader.others:
        return run.id
    return hers, stands, tuple(lesson.lesson_id for lesson in coming)


class Chains:
    """When coming letters go, found as the planner does: but the steps that many readers share are taken once.

    The first letter of a reader is the planner's own decision. Where no lesson has a timing of its own, the ones after
    it are steps of the calendar from slot to slot, which depend on her hour, zone, weekday and pace alone.
    """

    def __init__(self, course: Timetable, owner_zone: str) -> None:
        """Nothing is known yet."""
        self._course = course
        self._zone = owner_zone
        self._steps: dict[Hashable, dict[datetime, datetime]] = {}

    def slots(self, reader: Reader, coming: Sequence[LessonRef], now: datetime) -> list[tuple[int, datetime]]:
        """By lesson, when each coming letter goes once the run goes on."""
        run = replace(reader.run, state=Progress.ACTIVE)
        walk = Walk(run, self._course, reader.past, reader.unmet)
        letters = itinerary.together([walk, *reader.others], reader.person, self._zone, now, is_apart=True)
        if reader.others:
            return [(one.lesson.lesson_id, one.slot.at) for one in letters if one.enrollment == run.id]
        if any(lesson.timing != AS_USUAL for lesson in coming[1:]):
            return [(letter.lesson.lesson_id, letter.slot.at) for letter in letters]
        first = next(letters, None)
        if first is None:
            return []
        steps = self._after(reader.person, first.slot.at, len(coming) - 1)
        return list(zip((lesson.lesson_id for lesson in coming), (first.slot.at, *steps), strict=True))

    def _after(self, person: Subscriber, slot: datetime, many: int) -> list[datetime]:
        hers = person.timezone, person.hour, person.weekday, person.pace_weeks
        known, steps = self._steps.setdefault(hers, {}), []
        for _ in range(many):
            following = known.get(slot)
            if following is None:
                following = next_slot(slot, person.rhythm(self._zone, slot), self._course.cadence, AS_USUAL).at
                known[slot] = following
            steps.append(slot := following)
        return steps


def _compare(found: Forecast, gone: dict[int, LessonGone], was: list[LessonRef], coming: list[LessonRef]) -> None:
    found.stranded += bool(was) and not coming
    for lesson in was:
        if lesson.lesson_id in gone:
            gone[lesson.lesson_id].people += 1
    if was and was[0].lesson_id in gone:
        gone[was[0].lesson_id].instead[coming[0].key if coming else ""] += 1


def _count(
    found: Forecast, ahead: dict[int, LessonAhead], coming: list[LessonRef], reader: Reader, *, is_over: bool
) -> None:
    numbers, had = [lesson.lesson_id for lesson in coming], reader.past.had
    found.twice += len(set(numbers) - had.keys()) < len(numbers)
    for number in numbers:
        ahead[number].people += 1
        ahead[number].finished += is_over
    if numbers:
        ahead[numbers[0]].next_for += 1
    for number, lesson in ahead.items():
        lesson.passed += lesson.is_new and not is_over and number not in numbers and number not in had


def _date(found: Forecast, ahead: dict[int, LessonAhead], slots: list[tuple[int, datetime]]) -> None:
    for number, at in slots:
        lesson = ahead[number]
        lesson.first_at = min(lesson.first_at or at, at)
        lesson.last_at = max(lesson.last_at or at, at)
    found.undated += not slots
