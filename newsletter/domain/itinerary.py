"""All coming letters of one person: the paths she still has before her, laid on the calendar.

`decide` is what the planner asks of every enrollment that is due. `together` asks it again and again, each time at the
moment when the planner will: so what a preview or a forecast shows is what happens.

Two courses of one person never meet on a day: a slot is found on a day that no other course has, and one that meets
another's letter all the same (both were paused, say) waits for the next free day.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from newsletter.domain import cadence, path
from newsletter.domain.cadence import Lateness, Slot
from newsletter.domain.enrollment import (
    Enrollment,
    LessonRef,
    Progress,
    Timetable,
    due_again,
    keep_distance,
    natural_slot,
)
from newsletter.domain.path import History
from newsletter.domain.subscriber import INDEFINITELY, Subscriber


@dataclass(frozen=True, slots=True)
class Owe:
    """The lesson is planned for its slot. `following` is when the next one is due, None when this was the last."""

    lesson: LessonRef
    slot: Slot
    following: datetime | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: the planner looks again at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """Too late to go by itself: the owner decides."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to come."""


Step = Owe | Wait | Hold | Finish


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to come, its slot, and of which enrollment it is."""

    lesson: LessonRef
    slot: Slot
    enrollment: int


class Beside(NamedTuple):
    """Another course of hers: the slot of its last letter, and when its next one is due; None where there is none."""

    slot: datetime | None
    due: datetime | None


NOTHING = Beside(None, None)


@dataclass(frozen=True, slots=True)
class Walk:
    """One enrollment on its way through its course, with all that its coming letters depend on."""

    run: Enrollment
    course: Timetable
    past: History
    unmet: Collection[int] = ()
    """The lessons, by number, whose condition she does not meet now."""
    beside: Beside = NOTHING
    """What her other courses see of this one."""

    @property
    def goes_on(self) -> bool:
        """Whether a letter comes at a time that is known."""
        due, is_active = self.run.next_due_at, self.run.state is Progress.ACTIVE
        return is_active and self.run.held_reason is None and due is not None and due != INDEFINITELY


def decide(
    one: Enrollment,
    person: Subscriber,
    owner_zone: str,
    course: Timetable,
    past: History,
    now: datetime,
    *,
    unmet: Collection[int] = (),
    is_open: bool = False,
    beside: Sequence[Beside] = (),
) -> Step:
    """What to do with an enrollment whose next lesson is due.

    `unmet`: lessons whose condition she does not meet. `is_open`: the lesson before has not gone out yet, so that
    this one has to wait, and never a burst. `beside`: her other courses, where they must not meet on a day.
    """
    assert one.next_due_at is not None
    lesson, after = (*path.to_come(course.order, past, unmet)[:2], None, None)[:2]
    if person.is_paused(now) or is_open:
        last = one.next_due_at if not person.is_paused(now) else one.last_slot_at
        timing = lesson.timing if lesson else cadence.AS_USUAL
        due = due_again(replace(one, last_slot_at=last), person, owner_zone, now, course.cadence, timing)
        return Wait(apart(due, person.rhythm(owner_zone), course.cadence, beside))
    if lesson is None:
        return Finish()
    slot = _slot_of(one, person, owner_zone, course, lesson)
    if slot.at > now:
        return Wait(apart(slot.at, person.rhythm(owner_zone), course.cadence, beside))
    match cadence.judge_lateness(slot.at, now):
        case Lateness.HOLD:
            return Hold()
        case Lateness.TOMORROW:
            late = cadence.day_after(now, person.rhythm(owner_zone, one.last_slot_at), course.cadence)
            slot = late._replace(why=("Its time had passed when it was planned: it goes on the next day.", *late.why))
        case Lateness.NOW:
            pass
    rhythm = person.rhythm(owner_zone, slot.at)
    if beside and cadence.local_day(slot.at, rhythm) in _days((other.slot for other in beside), rhythm):
        return Wait(apart(slot.at, person.rhythm(owner_zone), course.cadence, beside))
    if after is None:
        return Owe(lesson, slot, None)
    following = cadence.next_slot(slot.at, rhythm, course.cadence, after.timing).at
    return Owe(lesson, slot, apart(following, rhythm, course.cadence, beside))


def next_due(
    one: Enrollment,
    person: Subscriber,
    owner_zone: str,
    course: Timetable,
    past: History,
    now: datetime,
    *,
    sent_at: datetime | None = None,
    unmet: Collection[int] = (),
    beside: Sequence[Beside] = (),
) -> datetime:
    """When the next lesson is due after anything changed: her wishes, a pause, the course. From `now` on.

    Counted from her last slot, and kept away from the last letter that went out (`sent_at`), which a deferral or a
    pause may have moved to a later day than its slot; on a day that her other courses (`beside`) leave free.
    """
    lesson = path.next_lesson(course.order, past, unmet)
    due = due_again(one, person, owner_zone, now, course.cadence, lesson.timing if lesson else cadence.AS_USUAL)
    if sent_at is not None and due != INDEFINITELY:
        due = keep_distance(sent_at, due, person, owner_zone, course.cadence)
    return apart(due, person.rhythm(owner_zone), course.cadence, beside)


def apart(due: datetime, rhythm: cadence.Rhythm, calendar: cadence.Cadence, beside: Sequence[Beside]) -> datetime:
    """A slot, or the first one after it on a day that her other courses leave free."""
    if not beside or due == INDEFINITELY:
        return due
    taken = _days((moment for other in beside for moment in other), rhythm)
    return cadence.on_a_free_day(Slot(due), rhythm, calendar, taken).at


def letters(
    one: Enrollment,
    person: Subscriber,
    owner_zone: str,
    course: Timetable,
    past: History,
    now: datetime,
    *,
    unmet: Collection[int] = (),
) -> Iterator[Letter]:
    """Every coming letter of an enrollment, in order, of somebody who is in no other course."""
    return together([Walk(one, course, past, unmet)], person, owner_zone, now, is_apart=True)


def together(
    walks: Iterable[Walk], person: Subscriber, owner_zone: str, now: datetime, *, is_apart: bool
) -> Iterator[Letter]:
    """Every coming letter of one person's enrollments, as the planner comes to them, as long as nothing changes.

    Ends where only she knows when. `is_apart`: her courses must not meet on a day.
    """
    hers = {walk.run.id: walk for walk in walks}
    while coming := [walk for walk in hers.values() if walk.goes_on]:
        walk = coming[0] if len(coming) == 1 else min(coming, key=lambda one: _turn(one.run, now))
        one, past, moment = walk.run, walk.past, _turn(walk.run, now)[0]
        beside = [other.beside for other in hers.values() if other is not walk] if is_apart else ()
        step = decide(one, person, owner_zone, walk.course, past, moment, unmet=walk.unmet, beside=beside)
        match step:
            case Wait(until):
                one = replace(one, next_due_at=until)
            case Owe(lesson, slot, following):
                yield Letter(lesson, slot, one.id)
                past = replace(past, had={**past.had, lesson.lesson_id: moment})
                one = replace(one, last_slot_at=slot.at, next_due_at=following)
            case Hold() | Finish():
                one = replace(one, next_due_at=None)
        hers[one.id] = replace(walk, run=one, past=past, beside=stands(walk.beside, step))


def stands(before: Beside, step: Step) -> Beside:
    """What her other courses see of an enrollment after a step."""
    match step:
        case Owe(_, slot, following):
            return Beside(slot.at, following)
        case Wait(until):
            return Beside(before.slot, until)
        case Hold() | Finish():
            return Beside(before.slot, None)


def _turn(one: Enrollment, now: datetime) -> tuple[datetime, datetime, int]:
    """When the planner comes to an enrollment, and in which order where it comes to several."""
    assert one.next_due_at is not None
    return max(now, one.next_due_at), one.next_due_at, one.id


def _days(moments: Iterable[datetime | None], rhythm: cadence.Rhythm) -> set[date]:
    return {cadence.local_day(one, rhythm) for one in moments if one is not None and one != INDEFINITELY}


def _slot_of(one: Enrollment, person: Subscriber, owner_zone: str, course: Timetable, lesson: LessonRef) -> Slot:
    """The slot at which a due lesson goes: as it was set, or later where the course or its silent days changed."""
    due = one.next_due_at
    assert due is not None
    natural = natural_slot(one, person, owner_zone, course.cadence, lesson.timing)
    if natural.at >= due:
        return natural
    rhythm = person.rhythm(owner_zone, one.last_slot_at)
    if not cadence.stays(due, rhythm, course.cadence):
        return cadence.slot_from(due, rhythm, course.cadence)
    if person.paused_until is not None and natural.at < person.paused_until:
        return Slot(due, (f"She paused until {_day_words(person.paused_until, rhythm)}.",))
    return Slot(due, ("It was put off: a pause, a letter of another course, or the letter before went out late.",))


def _day_words(moment: datetime, rhythm: cadence.Rhythm) -> str:
    return f"{cadence.local_day(moment, rhythm):%-d %B %Y}"
