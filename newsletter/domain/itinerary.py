"""All coming letters of one enrollment: the path she still has before her, laid on the calendar.

`decide` is what the planner asks of every enrollment that is due. `letters` asks it again and again, each time at the
moment when the planner will: so what a preview or a forecast shows is what happens.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

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
    """One letter to come, and its slot."""

    lesson: LessonRef
    slot: Slot


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
) -> Step:
    """What to do with an enrollment whose next lesson is due.

    `unmet`: lessons whose condition she does not meet. `is_open`: the lesson before has not gone out yet, so that
    this one has to wait, and never a burst.
    """
    assert one.next_due_at is not None
    lesson, after = (*path.to_come(course.order, past, unmet)[:2], None, None)[:2]
    if person.is_paused(now) or is_open:
        last = one.next_due_at if not person.is_paused(now) else one.last_slot_at
        timing = lesson.timing if lesson else cadence.AS_USUAL
        return Wait(due_again(replace(one, last_slot_at=last), person, owner_zone, now, course.cadence, timing))
    if lesson is None:
        return Finish()
    slot = _slot_of(one, person, owner_zone, course, lesson)
    if slot.at > now:
        return Wait(slot.at)
    match cadence.judge_lateness(slot.at, now):
        case Lateness.HOLD:
            return Hold()
        case Lateness.TOMORROW:
            late = cadence.day_after(now, person.rhythm(owner_zone, one.last_slot_at), course.cadence)
            slot = late._replace(why=("Its time had passed when it was planned: it goes on the next day.", *late.why))
        case Lateness.NOW:
            pass
    if after is None:
        return Owe(lesson, slot, None)
    rhythm = person.rhythm(owner_zone, slot.at)
    return Owe(lesson, slot, cadence.next_slot(slot.at, rhythm, course.cadence, after.timing).at)


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
) -> datetime:
    """When the next lesson is due after anything changed: her wishes, a pause, the course. From `now` on.

    Counted from her last slot, and kept away from the last letter that went out (`sent_at`), which a deferral or a
    pause may have moved to a later day than its slot.
    """
    lesson = path.next_lesson(course.order, past, unmet)
    due = due_again(one, person, owner_zone, now, course.cadence, lesson.timing if lesson else cadence.AS_USUAL)
    if sent_at is None or due == INDEFINITELY:
        return due
    return keep_distance(sent_at, due, person, owner_zone, course.cadence)


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
    """Every coming letter of an enrollment, in order, as long as nothing changes. Ends where only she knows when."""
    state = one
    while state.state is Progress.ACTIVE and state.held_reason is None:
        if state.next_due_at is None or state.next_due_at == INDEFINITELY:
            return
        moment = max(now, state.next_due_at)
        match decide(state, person, owner_zone, course, past, moment, unmet=unmet):
            case Wait(until):
                state = replace(state, next_due_at=until)
            case Owe(lesson, slot, following):
                yield Letter(lesson, slot)
                past = replace(past, had={**past.had, lesson.lesson_id: moment})
                state = replace(state, last_slot_at=slot.at, next_due_at=following)
            case Hold() | Finish():
                return


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
    return Slot(due, ("It was put off: a pause, or the letter before went out late.",))


def _day_words(moment: datetime, rhythm: cadence.Rhythm) -> str:
    return f"{cadence.local_day(moment, rhythm):%-d %B %Y}"
