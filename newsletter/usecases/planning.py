"""Planning what is due: five questions and two writes for a thousand enrollments, whatever else exists."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from newsletter.domain import itinerary, path
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.itinerary import Finish, Hold, Owe, Wait
from newsletter.store import deliveries, enrollments, planned, subscribers, timetables
from newsletter.store.engine import Transaction
from newsletter.store.planned import OwedLesson, Planned, Standing
from newsletter.usecases import conditions, enrolling, finishing, following, holding, side_by_side
from newsletter.usecases.house import House
from newsletter.usecases.side_by_side import Standings

AT_ONCE = 1000
TOO_LATE = "more than seven days late"

PLANNERS = 2
"""So many plan at a time where more than one may write: one reckons while the database works for the other."""


def plan_due(house: House) -> int:
    """Plan every lesson that is due now. Returns how many were planned; what is too late is held, or all of it."""
    count, is_more = _plan_some(house)
    if not is_more:
        return count
    if not house.store.has_many_writers:
        return count + _plan_the_rest(house)
    with ThreadPoolExecutor(PLANNERS, thread_name_prefix="planner") as planners:
        return count + sum(planners.map(_plan_the_rest, [house] * PLANNERS))


def _plan_the_rest(house: House) -> int:
    count, is_more = _plan_some(house)
    while is_more:
        planned_now, is_more = _plan_some(house)
        count += planned_now
    return count


def _plan_some(house: House) -> tuple[int, bool]:
    """Plan a batch in one transaction: how many were planned, and whether more may be due. Others pass it by."""
    with house.store.transaction() as tx:
        if holding.keep_back(house, tx):
            return 0, False
        due = enrollments.due(tx, house.clock.now(), AT_ONCE)
        mine, standings = side_by_side.take(house, tx, due)
        return plan(house, tx, mine, standings) if mine else 0, len(due) == AT_ONCE


def plan(house: House, tx: Transaction, due: Sequence[Enrollment], standings: Standings) -> int:
    """Plan the next lesson of these enrollments, which are locked and due. Returns how many were planned.

    `standings` has where their readers' other courses stand, and is kept up to date.
    """
    now, zone = house.clock.now(), house.letterhead.timezone
    people, known = subscribers.by_ids(tx, [one.subscriber_id for one in due]), _known(tx, due)
    courses = timetables.of_courses(tx, {one.course_id for one in due})
    had = {number: one.had for number, one in known.items()}
    lacking = conditions.unmet(house, tx, due, people, {number: one.order for number, one in courses.items()}, had)
    owed: list[tuple[Enrollment, Owe]] = []
    changed: list[Standing] = []
    nothing_left: list[Enrollment] = []
    again = 0
    for one in due:
        person, hers = people[one.subscriber_id], known[one.id]
        past = path.history(one, hers.had)
        unmet = lacking.get(one.id, ())
        course, beside = courses[one.course_id], side_by_side.beside(standings, one)
        step = itinerary.decide(one, person, zone, course, past, now, unmet=unmet, is_open=hers.is_open, beside=beside)
        if isinstance(step, Owe):
            if step.lesson.lesson_id in hers.unreached and _owe_again(tx, one, step, now):
                again += 1
            else:
                owed.append((one, step))
        elif isinstance(step, Finish):
            nothing_left.append(one)
        changed.append(_after(one, step, now))
        side_by_side.note(standings, one, step)
    count = planned.owe(tx, _owed(house, owed), planned=now, created=house.clock.machine()) if owed else 0
    planned.keep(tx, changed, now)
    if over := [one for one, stands in zip(due, changed, strict=True) if stands.state is Progress.FINISHED]:
        following.begin_next(house, tx, over, people)
    finishing.record(house, tx, nothing_left)
    return count + again


def replan(house: House, tx: Transaction, runs: Sequence[Enrollment]) -> int:
    """Give active enrollments, which are locked, their next slot anew: the course's calendar changed.

    Whose lesson is due already is left to the planner, which judges how late it is. Returns how many moved.
    """
    people = subscribers.by_ids(tx, [one.subscriber_id for one in runs])
    known, sent = _known(tx, runs), planned.last_weekly_sent(tx, [one.id for one in runs])
    courses = timetables.of_courses(tx, {one.course_id for one in runs})
    had = {number: one.had for number, one in known.items()}
    lacking = conditions.unmet(house, tx, runs, people, {number: one.order for number, one in courses.items()}, had)
    now, zone, standings = house.clock.now(), house.letterhead.timezone, side_by_side.standings(house, tx, people)
    moved = []
    for one in runs:
        if one.state is not Progress.ACTIVE or one.next_due_at is None or one.held_reason is not None:
            continue
        if one.next_due_at <= now:
            continue
        hers, person = known[one.id], people[one.subscriber_id]
        past, course = path.history(one, hers.had), courses[one.course_id]
        unmet, beside = lacking.get(one.id, ()), side_by_side.beside(standings, one)
        due = itinerary.next_due(
            one, person, zone, course, past, now, sent_at=sent.get(one.id), unmet=unmet, beside=beside
        )
        if due != one.next_due_at:
            moved.append(Standing(one.id, one.state, one.last_slot_at, due, one.ended_at, one.held_reason))
    if moved:
        planned.keep(tx, moved, now)
    return len(moved)


def _known(tx: Transaction, runs: Sequence[Enrollment]) -> dict[int, Planned]:
    known = planned.of_enrollments(tx, [one.id for one in runs])
    return {one.id: known.get(one.id) or Planned() for one in runs}


def _owed(house: House, steps: Sequence[tuple[Enrollment, Owe]]) -> list[OwedLesson]:
    names = enrolling.delivery_ids(house, [(one, step.lesson.lesson_id) for one, step in steps])
    return [
        OwedLesson(
            one.id, one.subscriber_id, one.subscription_id, to.lesson.lesson_id, to.lesson.revision_id, name, to.slot.at
        )
        for (one, to), name in zip(steps, names, strict=True)
    ]


def _owe_again(tx: Transaction, one: Enrollment, step: Owe, now: datetime) -> bool:
    lesson, due = step.lesson, step.slot.at
    return deliveries.plan_lesson_again(tx, one.id, lesson.lesson_id, revision=lesson.revision_id, due=due, planned=now)


def _after(one: Enrollment, step: itinerary.Step, now: datetime) -> Standing:
    """Where an enrollment stands after a step."""
    last, due = one.last_slot_at, one.next_due_at
    match step:
        case Wait(until):
            return Standing(one.id, one.state, last, until, one.ended_at, None)
        case Hold():
            return Standing(one.id, one.state, last, due, one.ended_at, TOO_LATE)
        case Owe(_, slot, following) if following is not None:
            return Standing(one.id, one.state, slot.at, following, one.ended_at, None)
        case Owe(_, slot, _):
            last = slot.at
        case Finish():
            pass
    return Standing(one.id, Progress.FINISHED, last, None, one.ended_at or now, None)
