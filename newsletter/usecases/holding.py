"""Letters that wait for the owner's word: all lessons by one switch, what is too late, who joined too early."""

from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import Subscriber
from newsletter.store import deliveries, enrollments, held_word, holds, subscribers, tallies
from newsletter.store.engine import Transaction
from newsletter.store.held_word import Word
from newsletter.usecases import after_courses, enrolling, preferences
from newsletter.usecases.house import House

LONGEST_REASON = 200
_AT_ONCE = 200


class HoldError(ValueError):
    """Lessons cannot be held so; the message is a sentence that says what is missing."""


@dataclass(frozen=True, slots=True)
class Held:
    """A person whose letters wait for the owner's word, and why."""

    subscriber: str
    reason: str
    due_at: datetime | None


def hold_all(house: House, reason: str, *, by: int | None = None) -> int:
    """Hold all lessons until they are released, also those that are planned and not in a sender's hands.

    `by` is the admin's number. Returns how many people's next lesson was due or waiting just now; whoever's falls due
    later joins them. Raises HoldError.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise HoldError("Please say why, in a few words; whoever releases the lessons will want to know.")
    if len(reason) > LONGEST_REASON:
        raise HoldError(f"Please say it in {LONGEST_REASON} characters at most.")
    with house.store.transaction() as tx:
        holds.turn(tx, reason, admin=by, now=house.clock.now())
        held_word.keep(tx, None)  # a release that is under way ends here
        return holds.put_aside(tx, house.clock.now())


def keep_back(house: House, tx: Transaction) -> bool:
    """Whether all lessons are held; what falls due meanwhile is put aside here."""
    if not holds.is_on(tx):
        return False
    holds.put_aside(tx, house.clock.now())
    return True


def held(house: House) -> list[Held]:
    """Everybody whose letters wait."""
    with house.store.reading() as tx:
        people = [Held(one.address, one.held_reason or "", None) for one in subscribers.held(tx)]
        waiting = enrollments.held(tx)
        who = subscribers.by_ids(tx, {one.subscriber_id for one in waiting})
        return people + [
            Held(who[one.subscriber_id].address, one.held_reason or "", one.next_due_at) for one in waiting
        ]


def begin_release(house: House) -> bool:
    """Let what waits go on: one letter a slot, the first one at her first slot from now. False: nothing was held.

    The switch goes off at once; readers are let go in small batches, by the job that carries words out (`carry_out`).
    """
    with house.store.transaction() as tx:
        was_on = holds.is_on(tx)
        if was_on:
            holds.turn(tx, "", admin=None, now=house.clock.now())
        freed = subscribers.release_all(tx)
        holds.let_repeats_go(tx, house.clock.now())
        return _say(house, tx, "release") or bool(freed) or was_on


def begin_skip(house: House) -> bool:
    """End the enrollments that wait, so that nobody gets these letters, in the same way. False: none was held."""
    with house.store.transaction() as tx:
        return _say(house, tx, "skip")


def _say(house: House, tx: Transaction, word: str) -> bool:
    total = enrollments.count_held(tx)
    if total:
        held_word.keep(tx, Word(word, house.clock.now().isoformat(), total))
    return total > 0


def carry_out(house: House) -> int:
    """Carry out the word that was given on what is held, to its end. Returns of how many enrollments."""
    many = 0
    while done := carry_on(house):
        many += done
    return many


def carry_on(house: House) -> int:
    """Carry it out for the next few, in a transaction, with how far it is. Returns for how many: 0, it is done.

    Whoever was held after the word was given waits for another one.
    """
    with house.store.transaction() as tx:
        said = held_word.take(tx)
        if said is None:
            return 0
        waiting = enrollments.held(tx, limit=_AT_ONCE, until=said.said_at)
        people = subscribers.by_ids(tx, {one.subscriber_id for one in waiting})
        for one in waiting:
            person = people[one.subscriber_id]
            _let_go(house, tx, one, person) if said.word == "release" else _end(house, tx, one)
        is_all = len(waiting) < _AT_ONCE
        held_word.keep(tx, None if is_all else replace(said, done=said.done + len(waiting)))
    return len(waiting)


def release(house: House) -> int:
    """Let what waits go on, all of it before this returns. Returns how many people and enrollments."""
    early = held_people(house)
    begin_release(house)
    return early + carry_out(house)


def skip(house: House) -> int:
    """End the enrollments that wait, all of them before this returns. Returns how many."""
    begin_skip(house)
    return carry_out(house)


def held_people(house: House) -> int:
    """How many people's whole mail waits."""
    with house.store.reading() as tx:
        return sum(tallies.held_people(tx).values())


def _let_go(house: House, tx: Transaction, one: Enrollment, person: Subscriber) -> None:
    enrollments.change(tx, one.id, held_reason=None, held_at=None)
    waiting = deliveries.waiting_lesson(tx, one.id)
    if waiting is not None:
        preferences.move_waiting(house, tx, person, replace(one, held_reason=None), waiting)
    elif one.state is Progress.ACTIVE:
        enrollments.change(tx, one.id, next_due_at=enrolling.next_due(house, tx, one, person))


def _end(house: House, tx: Transaction, one: Enrollment) -> None:
    over = {"state": Progress.LEFT, "next_due_at": None, "ended_at": house.clock.now()}
    enrollments.change(tx, one.id, **over, held_reason=None, held_at=None)
    deliveries.skip_waiting(tx, "held", house.clock.machine(), enrollment_id=one.id)
    after_courses.course_ended(house, tx, one.subscriber_id)
