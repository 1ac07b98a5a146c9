"""From what is due to messages that may begin: judge, record the intent, gather; then compose."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from newsletter.domain import address, delivery, enrollment
from newsletter.domain.cadence import slot_from
from newsletter.domain.delivery import LEASE, PRIORITY, Claim, Priority, Verdict
from newsletter.domain.etiquette import AWAITING
from newsletter.domain.message import Outgoing
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.mail.lanes import Lanes
from newsletter.store import dispatch, enrollments, subscribers, timetables
from newsletter.store.engine import StoreError, Transaction
from newsletter.usecases import allowance, campaigns, drawing, etiquette
from newsletter.usecases.house import House
from newsletter.usecases.press import Press
from newsletter.usecases.sources import Sources

log = logging.getLogger(__name__)


ENOUGH_PUT_OFF = 2000
"""So many messages are put off at a time before the wire hears again: some tenths of a second."""

MOST_LOOKED_THROUGH = 500

Ready = tuple[Claim, Sources | Exception]
"""A delivery whose intent is recorded, and what its letter is written from."""

Printed = tuple[Claim, Outgoing | Exception]
"""A delivery and its message, or why it cannot be written."""


@dataclass(slots=True)
class Taken:
    """Deliveries whose intent is recorded, and how many others ended here."""

    ready: list[Ready]
    skipped: int = 0
    moments: dict[int, float] = field(default_factory=dict)
    """When those may begin, in monotonic seconds, that have to wait for a moment of their domain; by delivery."""
    put_off: int = 0
    """How many went back to wait for the turn of their domain."""
    is_all: bool = True
    """Whether nothing more was due."""


def take(house: House, press: Press, holder: str, limit: int, *, alone: bool = False) -> Taken:
    """Take up to `limit` deliveries that may begin at once, or soon. None are ready when nothing (more) is due.

    Where a domain's messages wait for their turn more are looked through, to find others that need not.
    """
    taken = Taken([])
    while not taken.ready and taken.put_off < ENOUGH_PUT_OFF:
        with house.store.transaction() as tx:
            may = allowance.bounds(house, tx, limit)
            when = {"now": house.clock.now(), "machine": house.clock.machine()}
            found = dispatch.take(tx, **when, limit=may.most, lowest=may.lowest, alone=alone)
            taken.is_all = len(found) < may.most
            fates = [_admit(house, tx, one) for one in found]
            going = [one for one, fate in zip(found, fates, strict=True) if fate is Verdict.GO]
            going = etiquette.aside(house, tx, going)
            if house.lanes:
                going = _in_turn(house, tx, house.lanes, going, taken)
                limit = max(limit, min(taken.put_off, MOST_LOOKED_THROUGH))
            begun = _intend(house, tx, going, holder) if going else set()
        if not any(fates):  # nothing is due, or all of it waits for somebody else
            if alone or not _find_more(house, press, holder, limit, taken):
                break
            continue
        taken.skipped += sum(fate not in (Verdict.GO, Verdict.PUT_BACK, None) for fate in fates)
        taken.ready = _gather(house, press, [one for one in going if one.id in begun])
    return taken


def _find_more(house: House, press: Press, holder: str, limit: int, taken: Taken) -> bool:
    """Go on with a campaign's audience, of which not all are owed it yet. False when nobody is left."""
    if not drawing.may_draw(house, limit):
        return campaigns.owe_more(house)
    drawn = drawing.draw(house, holder, _domain(house))
    if drawn:
        taken.ready = _gather(house, press, drawn)
        taken.is_all = False
    return drawn is not None


def _in_turn(house: House, tx: Transaction, lanes: Lanes, going: Sequence[Claim], taken: Taken) -> list[Claim]:
    """Those whose domains take them now or soon; the others are due again when their turn comes."""
    now, kept, later = house.clock.now(), [], []
    for claim in going:
        turn = lanes.turn(claim.address, urgent=PRIORITY[claim.kind] is Priority.URGENT)
        if turn is None or not turn.wait:
            kept.append(claim)
            if turn:
                taken.moments[claim.id] = turn.moment
        else:
            later.append((claim, now + timedelta(seconds=turn.wait)))
    if later:
        dispatch.wait_aside(tx, later)
        taken.put_off += len(later)
    return kept


def _gather(house: House, press: Press, intended: list[Claim]) -> list[Ready]:
    try:
        with house.store.reading() as tx:
            return list(zip(intended, press.gathered(tx, intended), strict=True))
    except StoreError:  # trouble with the database is no fault of the letters'
        hand_back(house, intended)
        raise


def compose(house: House, press: Press, batch: Sequence[Ready]) -> list[Printed]:
    """The messages of a batch, not yet signed, or why one cannot be written: that stops this row only."""
    claims, domain = [claim for claim, _ in batch], _domain(house)
    names = [claim.message_id or f"<{claim.public_id}@{domain}>" for claim in claims]
    printed = press.print_from([sources for _, sources in batch], claims, house.clock.now(), names)
    sender = address.on_the_wire(house.letterhead.sender.address)
    return [
        (
            claim,
            data
            if isinstance(data, Exception)
            else Outgoing(claim.id, claim.attempt, sender, address.on_the_wire(claim.address), data),
        )
        for claim, data in zip(claims, printed, strict=True)
    ]


def spoil(house: House, claim: Claim, poison: Exception) -> None:
    """End as failed a delivery whose letter cannot be written, by name."""
    log.error("delivery %s cannot be written: %s", claim.public_id, type(poison).__name__)
    with house.store.transaction() as tx:
        dispatch.spoil(tx, claim, f"cannot be written: {type(poison).__name__}", house.clock.machine())


def hand_back(house: House, unbegun: Sequence[Claim]) -> None:
    """Take intents back whose messages never began; with no database their leases lapse by themselves."""
    with suppress(StoreError), house.store.transaction() as tx:
        for claim in unbegun:
            dispatch.hand_back(tx, claim)


def _intend(house: House, tx: Transaction, going: Sequence[Claim], holder: str) -> set[int]:
    now, machine = house.clock.now(), house.clock.machine()
    who = {"holder": holder, "domain": _domain(house)}
    return dispatch.record_intents(tx, going, now=now, machine=machine, lease=LEASE, **who)


def _admit(house: House, tx: Transaction, taken: Claim) -> Verdict | None:
    """What becomes of a delivery now; None when that has to wait for somebody else."""
    match delivery.judge(taken.standing):
        case Verdict.GO:
            return Verdict.GO
        case Verdict.PAUSED if taken.reason in AWAITING:  # her course rests, and so does what waits for its end
            return Verdict.GO
        case Verdict.PUT_BACK if taken.occasion:  # she can ask again; it must not come beside the first one after it
            dispatch.give_up(tx, taken, Verdict.PAUSED.value, house.clock.machine())
            return Verdict.PAUSED
        case Verdict.PUT_BACK:
            return Verdict.PUT_BACK if _wait_for_her(house, tx, taken) else None
        case verdict:
            dispatch.give_up(tx, taken, verdict.value, house.clock.machine())
            return verdict


def _wait_for_her(house: House, tx: Transaction, taken: Claim) -> bool:
    """A pause keeps her place: the lesson waits for her first slot after it, the following ones after that."""
    person = subscribers.by_id(tx, taken.subscriber_id or 0)
    # Not waiting for whoever changes her course just now: she waits for the rows that we have locked.
    course = enrollments.take(tx, taken.enrollment_id or 0)
    if course is None or person is None or person.paused_until is None:
        return False
    rhythm = person.rhythm(house.letterhead.timezone, course.last_slot_at)
    calendar = timetables.cadence_of(tx, course.course_id)
    slot = INDEFINITELY if person.paused_until == INDEFINITELY else slot_from(person.paused_until, rhythm, calendar).at
    dispatch.put_off(tx, taken, slot)
    if slot != INDEFINITELY and course.next_due_at is not None:
        zone = house.letterhead.timezone
        after = enrollment.keep_distance(slot, course.next_due_at, person, zone, calendar)
        enrollments.change(tx, course.id, next_due_at=after)
    return True


def _domain(house: House) -> str:
    """The right-hand side of new Message-IDs."""
    return house.letterhead.sender.address.rpartition("@")[2]
