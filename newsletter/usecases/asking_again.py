"""A letter once more: what she had of her courses, and sending one of it again at her word."""

from datetime import timedelta

from newsletter.domain.delivery import Kind
from newsletter.store import courses, deliveries, enrollments, holds, repeats
from newsletter.store.engine import Transaction
from newsletter.store.repeats import HadLesson
from newsletter.usecases import preferences
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError

MOST_A_DAY = 3
"""So many letters a person may ask for again in 24 hours: whoever finds her link cannot flood her with them."""

_DAY = timedelta(hours=24)


def had(house: House, tx: Transaction, token: str) -> list[HadLesson]:
    """The letters that the person behind a preferences link can have again, the newest first."""
    person = preferences.whose(house, tx, token)
    return repeats.had(tx, person.id) if person else []


def send_again(house: House, token: str, letter: str) -> bool:
    """Owe one of her letters once more, at once and in today's words; her place in the course stays what it was.

    `letter` is the delivery's public id. False when the link is not ours. Raises PreferenceError with a sentence when
    it is no letter of hers, on its way already, or one too many for today.
    """
    with house.store.transaction() as tx:
        person = preferences.whose(house, tx, token)
        if person is None:
            return False
        if person.is_paused(house.clock.now()):
            raise PreferenceError("Your letters are resting. Come back first, and it can be sent.", "letter")
        if person.held_reason is not None or holds.is_on(tx):
            raise PreferenceError("All letters rest at the moment. Please try again in a few days.", "letter")
        enrollments.lock(tx, person.id)  # so that two of her clicks are counted one after the other
        one = next((each for each in repeats.had(tx, person.id) if each.public_id == letter), None)
        if one is None:
            raise PreferenceError("Please choose one of the letters that you have had.", "letter")
        if not repeats.is_on_its_way(tx, one.enrollment_id, one.lesson_id):  # else: a second click
            _check_limit(house, tx, person.id)
            _owe_again(house, tx, person.id, one)
    return True


def _check_limit(house: House, tx: Transaction, subscriber: int) -> None:
    machine = house.clock.machine()
    asked = repeats.asked_since(tx, subscriber, machine - _DAY)
    if len(asked) < MOST_A_DAY:
        return
    hours = -(-(asked[-MOST_A_DAY] + _DAY - machine) // timedelta(hours=1))
    again = "in an hour" if hours <= 1 else f"in {hours} hours"
    raise PreferenceError(f"You have asked for {MOST_A_DAY} letters today. Please try {again}.", "letter")


def _owe_again(house: House, tx: Transaction, subscriber: int, one: HadLesson) -> None:
    now = house.clock.now()
    today = {lesson.lesson_id: lesson.revision_id for lesson in courses.order(tx, one.course_id)}
    deliveries.plan(
        tx,
        Kind.LESSON,
        subscriber=subscriber,
        due=now,
        planned=now,
        created=house.clock.machine(),
        subscription_id=one.subscription_id,
        enrollment_id=one.enrollment_id,
        lesson_id=one.lesson_id,
        lesson_revision_id=today.get(one.lesson_id, one.lesson_revision_id),
        occasion=repeats.last_occasion(tx, one.enrollment_id, one.lesson_id) + 1,
    )
