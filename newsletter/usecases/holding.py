"""Letters that wait for the owner's word: all lessons by one switch, what is too late, who joined too early."""

from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.store import deliveries, enrollments, holds, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases import enrolling, preferences
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


def release(house: House) -> int:
    """Let what waits go on: one letter a slot, the first one at her first slot from now. Returns how many.

    The switch goes off first; then they are let go in small batches, each of them a transaction.
    """
    with house.store.transaction() as tx:
        if holds.is_on(tx):
            holds.turn(tx, "", admin=None, now=house.clock.now())
        freed = subscribers.release_all(tx)
        holds.let_repeats_go(tx, house.clock.now())
    while True:
        with house.store.transaction() as tx:
            waiting = enrollments.held(tx, limit=_AT_ONCE)
            for one in waiting:
                _let_go(house, tx, one)
        freed += len(waiting)
        if len(waiting) < _AT_ONCE:
            return freed


def _let_go(house: House, tx: Transaction, one: Enrollment) -> None:
    person = subscribers.by_id(tx, one.subscriber_id)
    assert person is not None  # enrollments are deleted with their subscriber
    enrollments.change(tx, one.id, held_reason=None, held_at=None)
    waiting = deliveries.waiting_lesson(tx, one.id)
    if waiting is not None:
        preferences.move_waiting(house, tx, person, replace(one, held_reason=None), waiting)
    elif one.state is Progress.ACTIVE:
        enrollments.change(tx, one.id, next_due_at=enrolling.next_due(house, tx, one, person))


def skip(house: House) -> int:
    """End the enrollments that wait, so that nobody gets these letters. Returns how many."""
    ended = 0
    while True:
        with house.store.transaction() as tx:
            waiting = enrollments.held(tx, limit=_AT_ONCE)
            for one in waiting:
                over = {"state": Progress.LEFT, "next_due_at": None, "ended_at": house.clock.now()}
                enrollments.change(tx, one.id, **over, held_reason=None, held_at=None)
                deliveries.skip_waiting(tx, "held", house.clock.machine(), enrollment_id=one.id)
        ended += len(waiting)
        if len(waiting) < _AT_ONCE:
            return ended
