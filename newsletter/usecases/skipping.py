"""Skipping a letter's slot: the next letter comes one step of her own rhythm later; and taking that back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsletter.domain.cadence import local_day, next_slot
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import INDEFINITELY, Subscriber
from newsletter.store import courses, enrollments, skips
from newsletter.store.engine import Transaction
from newsletter.store.skips import Skip
from newsletter.usecases import enrolling, preferences, side_by_side
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError

FARTHEST = timedelta(weeks=26)
"""No skip moves the next letter farther from today; a pause says better what such a reader wants."""


@dataclass(frozen=True, slots=True)
class Step:
    """The next letter of a course, and when it would come if its slot were skipped. `course` names the enrollment."""

    course: str
    title: str
    slot: datetime
    then: datetime
    skipped: datetime | None = None
    """The slot that she skipped last and that is still to come, so that she may take it back."""


def steps(house: House, tx: Transaction, token: str) -> list[Step]:
    """The next letter of each course of the person behind a preferences link, where its time is known."""
    person = preferences.whose(house, tx, token)
    if person is None:
        return []
    titles = {course.id: course.title for course in courses.everything(tx)}
    coming = [one for one in enrollments.of_subscriber(tx, person.id) if _may_skip(one)]
    skipped = skips.newest(tx, [one.id for one in coming], house.clock.now())
    return [
        Step(
            one.public_id,
            titles[one.course_id],
            one.next_due_at,
            _then(house, tx, person, one, one.next_due_at),
            skipped[one.id].slot if one.id in skipped else None,
        )
        for one in coming
        if one.next_due_at is not None
    ]


def skip(house: House, token: str, *, course: str, slot: str) -> bool:
    """Skip the slot (an ISO instant) of the next letter of a course. False when the link is not ours.

    A slot that is not the next one any more was skipped by an earlier click, and nothing happens. Raises
    PreferenceError with a sentence when there is nothing to skip.
    """
    with house.store.transaction() as tx:
        person = preferences.whose(house, tx, token)
        if person is None:
            return False
        one, due = _hers(tx, person, course)
        if due.isoformat() == slot:
            after = _then(house, tx, person, one, due)
            if after > house.clock.now() + FARTHEST:
                raise PreferenceError("The next letter is far away already. A pause may suit you better.", "course")
            skips.add(tx, one.id, due, one.last_slot_at, house.clock.now())
            enrollments.change(tx, one.id, last_slot_at=due, next_due_at=after)
    return True


def take_back(house: House, token: str, *, course: str, slot: str) -> bool:
    """Let the letter come after all at a slot (an ISO instant) that was skipped. False when the link is not ours.

    A second click does nothing. Raises PreferenceError with a sentence when the slot has passed.
    """
    with house.store.transaction() as tx:
        person = preferences.whose(house, tx, token)
        if person is None:
            return False
        one, due = _hers(tx, person, course)
        skipped = skips.newest(tx, [one.id], house.clock.now()).get(one.id)
        if skipped is not None and skipped.slot.isoformat() == slot:
            before = _as_before(house, tx, person, one, skipped)
            skips.remove(tx, one.id, skipped.slot)
            enrollments.change(tx, one.id, last_slot_at=skipped.before, next_due_at=before)
        elif due.isoformat() != slot and not _is_to_come(house, slot):
            raise PreferenceError("That day has passed, so the letter comes on the next one.", "course")
    return True


def _hers(tx: Transaction, person: Subscriber, course: str) -> tuple[Enrollment, datetime]:
    """Her run of a course, locked, and when its next letter is due. Raises PreferenceError when there is none."""
    one = next((each for each in enrollments.lock(tx, person.id) if each.public_id == course), None)
    if one is None or not _may_skip(one) or one.next_due_at is None:
        raise PreferenceError("This course has no letter just now whose day could be skipped.", "course")
    return one, one.next_due_at


def _as_before(house: House, tx: Transaction, person: Subscriber, one: Enrollment, skipped: Skip) -> datetime:
    """The slot that was skipped, or what it is under all that she has changed since; never sooner than its day."""
    found = enrolling.next_due(house, tx, replace(one, last_slot_at=skipped.before), person)
    rhythm = person.rhythm(house.letterhead.timezone, skipped.before)
    return found if local_day(found, rhythm) >= local_day(skipped.slot, rhythm) else skipped.slot


def _is_to_come(house: House, slot: str) -> bool:
    try:
        return datetime.fromisoformat(slot) > house.clock.now()
    except (ValueError, TypeError):  # no instant, or one without a zone
        return False


def _may_skip(one: Enrollment) -> bool:
    return one.state is Progress.ACTIVE and one.held_reason is None and one.next_due_at not in (None, INDEFINITELY)


def _then(house: House, tx: Transaction, person: Subscriber, one: Enrollment, slot: datetime) -> datetime:
    cadence, timing = enrolling.calendar_of_next(tx, one)
    then = next_slot(slot, person.rhythm(house.letterhead.timezone, slot), cadence, timing).at
    return side_by_side.apart(house, tx, person, then, cadence, but=one.id)
