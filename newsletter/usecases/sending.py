"""Send what is due: claim, compose, record the intent, put it on the wire, settle.

No transaction is open while the wire is busy. A message is composed and its intent recorded when a connection
is ready for it, so what is in flight is never more than the connections; what a fault leaves behind is found
by its lease and tried again under the same Message-ID.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, islice

from newsletter.content.mime import build
from newsletter.domain import address, delivery, enrollment
from newsletter.domain.cadence import slot_from
from newsletter.domain.delivery import (
    LEASE,
    Blame,
    Claim,
    Deferred,
    Failed,
    Kind,
    Outcome,
    Sent,
    State,
    Uncertain,
    Verdict,
)
from newsletter.domain.enrollment import Progress
from newsletter.domain.message import Outgoing
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.domain.subscription import REMIND_AFTER
from newsletter.mail.transport import RelayUnavailable, Transport
from newsletter.store import deliveries, enrollments, leases, relays, subscribers, suppressions
from newsletter.store.engine import StoreError, Transaction
from newsletter.usecases import enrolling, letters
from newsletter.usecases.house import House

log = logging.getLogger(__name__)

BATCH = 100
RELAY_REST = timedelta(seconds=5)
"""How long a message rests that a broken connection gave back, times the claims it has seen."""
RENEW_EVERY = 15.0
"""Seconds between renewals of the leases of a living sender; a lease lasts 60."""


@dataclass(slots=True)
class Tally:
    """What one round of sending came to."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    skipped: int = 0
    relay_down: str = ""


@dataclass(slots=True)
class _Round:
    house: House
    holder: str
    stop: Callable[[], bool]
    tally: Tally = field(default_factory=Tally)


def send_due(house: House, transport: Transport, *, holder: str, stop: Callable[[], bool] = lambda: False) -> Tally:
    """Send everything that is due now. Ends early when `stop()` says so or the relay is down."""
    this = _Round(house, holder, stop)
    turns, empty = cycle((False, True)), 0  # many at once, then one that has to go alone
    while empty < 2 and not stop():
        if reason := _why_the_breaker_is_open(house):
            this.tally.relay_down = this.tally.relay_down or reason
            break
        this.house = house.current()  # before the claim: should it fail, nothing is left in our hands
        claims = _claim(this, alone=next(turns))
        empty = empty + 1 if claims is None else 0
        if claims and not _send_batch(this, transport, claims):
            break
    return this.tally


def recover(house: House, dead: Callable[[str], bool]) -> int:
    """Free what dead senders left: those whose lease lapsed and those of which `dead(holder)` is true."""
    with house.store.transaction() as tx:
        gone = [holder for holder in leases.holders(tx) if dead(holder)]
        freed, given_up = leases.recover(tx, house.clock.machine(), gone)
    for public_id in given_up:
        log.error("delivery %s is %s", public_id, leases.GIVEN_UP)
    return freed


def _claim(this: _Round, *, alone: bool) -> list[Claim] | None:
    """Claims that may go out now; None when nothing at all is due."""
    house = this.house
    now, machine = house.clock.now(), house.clock.machine()
    with house.store.transaction() as tx:
        claims = deliveries.claim(
            tx, now=now, machine=machine, holder=this.holder, lease=LEASE, limit=BATCH, alone=alone
        )
        return [one for one in claims if _admit(this, tx, one)] if claims else None


def _admit(this: _Round, tx: Transaction, claim: Claim) -> bool:
    match delivery.judge(claim.standing):
        case Verdict.GO:
            return True
        case Verdict.PUT_BACK:
            _wait_for_her(this.house, tx, claim)
        case verdict:
            this.tally.skipped += 1
            deliveries.give_up(tx, claim, State.SKIPPED, verdict.value, this.house.clock.machine())
    return False


def _wait_for_her(house: House, tx: Transaction, claim: Claim) -> None:
    """A pause keeps her place: the lesson waits for her first slot after it, the following ones after that."""
    person = subscribers.by_id(tx, claim.subscriber_id or 0)
    # Not waiting for whoever changes her course just now: she waits for the rows that this claim has locked.
    course = enrollments.take(tx, claim.enrollment_id or 0)
    if course is None or person is None or person.paused_until is None:
        deliveries.put_back(tx, claim)  # the next claim says what became of it
        return
    rhythm = person.rhythm(house.letterhead.timezone, course.last_slot_at)
    slot = INDEFINITELY if person.paused_until == INDEFINITELY else slot_from(person.paused_until, rhythm)
    deliveries.put_back(tx, claim, slot)
    if slot != INDEFINITELY and course.next_due_at is not None:
        after = enrollment.keep_distance(slot, course.next_due_at, person, house.letterhead.timezone)
        enrollments.change(tx, course.id, next_due_at=after)


def _send_batch(this: _Round, transport: Transport, claims: list[Claim]) -> bool:
    """Send what was claimed. False when the relay is in trouble and this round should end."""
    waiting = {claim.id: claim for claim in claims}
    in_flight: dict[int, Claim] = {}
    try:
        with _leases_renewed(this.house, this.holder):
            messages = _messages(this, claims, waiting, in_flight)
            for answers in transport.send(lambda most: list(islice(messages, 1))):
                for message, outcome in answers:
                    _settle(this, in_flight.pop(message.delivery), outcome)
    except RelayUnavailable as trouble:
        _note_trouble(this, trouble.reason)
        return False
    finally:
        _give_back(this.house, waiting)
    return True


def _messages(
    this: _Round, claims: list[Claim], waiting: dict[int, Claim], in_flight: dict[int, Claim]
) -> Iterator[Outgoing]:
    for claim in claims:
        if this.stop():
            return
        message = _prepare(this, claim)
        del waiting[claim.id]
        if message is not None:
            in_flight[claim.id] = claim
            yield message


def _prepare(this: _Round, claim: Claim) -> Outgoing | None:
    """Compose, sign, and record the intent; None when it cannot or must not go."""
    house, machine = this.house, this.house.clock.machine()
    domain = house.letterhead.sender.address.rpartition("@")[2]
    message_id = claim.message_id or f"<{claim.public_id}@{domain}>"
    try:
        data, to = _bytes(house, claim, message_id), address.on_the_wire(claim.address)
    except StoreError:  # trouble with the database is no fault of the letter's
        raise
    except Exception as poison:  # a text that cannot be written must stop this row only
        log.error("delivery %s cannot be written: %s", claim.public_id, type(poison).__name__)
        with house.store.transaction() as tx:
            deliveries.give_up(tx, claim, State.FAILED, f"cannot be written: {type(poison).__name__}", machine)
        this.tally.failed += 1
        return None
    with house.store.transaction() as tx:
        now = house.clock.now()
        if not deliveries.record_intent(tx, claim, now=now, machine=machine, lease=LEASE, message_id=message_id):
            deliveries.put_back(tx, claim)  # she left or paused since the claim: the next claim says which
            return None
    return Outgoing(claim.id, claim.attempt, address.on_the_wire(house.letterhead.sender.address), to, data)


def _bytes(house: House, claim: Claim, message_id: str) -> bytes:
    with house.store.reading() as tx:
        letter = letters.write(house, tx, claim)
    head = letters.headers(house, letter, address=claim.address, message_id=message_id, date=house.clock.now())
    return house.seal(build(letter.written, head))


def _settle(this: _Round, claim: Claim, outcome: Outcome) -> None:
    """Write one answer down."""
    house, tally, machine = this.house, this.tally, this.house.clock.machine()
    with house.store.transaction() as tx:
        match outcome:
            case Sent(reply):
                tally.sent += 1
                _settle_sent(house, tx, claim, reply)
            case Deferred(reply, Blame.RELAY):
                tally.deferred += 1
                # No attempt is spent. The rest keeps one message that breaks every connection from going round
                # and round; a relay that fails them all is reported by the transport itself.
                rest = min(RELAY_REST * claim.attempt, delivery.LONGEST_WAIT)
                restored = {"first_try_at": claim.first_try_at, "retry_at": machine + rest}
                deliveries.settle(tx, claim, State.QUEUED, machine=machine, reply=reply, **restored)
            case Deferred(reply):
                tally.deferred += 1
                _try_later(house, tx, claim, State.DEFERRED, reply)
            case Uncertain(reply):
                tally.uncertain += 1
                _try_later(house, tx, claim, State.UNCERTAIN, reply)
            case Failed(reply, bad_address):
                tally.failed += 1
                _settle_failed(house, tx, claim, reply, bad_address)


def _settle_sent(house: House, tx: Transaction, claim: Claim, reply: str) -> None:
    now, machine = house.clock.now(), house.clock.machine()
    values = {"sent_at": now, "tries": claim.tries + 1, "retry_at": None}
    if not deliveries.settle(tx, claim, State.SENT, machine=machine, reply=reply, **values):
        return
    relays.note_success(tx)
    if claim.kind is Kind.CONFIRMATION and claim.subscription_id is not None:
        subscribers.change_subscription(tx, claim.subscription_id, remind_at=now + REMIND_AFTER)
    if claim.kind is Kind.LESSON:
        _keep_distance(house, tx, claim)


def _keep_distance(house: House, tx: Transaction, claim: Claim) -> None:
    """A lesson that went out later than planned pushes the next one away; a welcome has said when that comes."""
    course = enrollments.by_id(tx, claim.enrollment_id or 0)
    person = subscribers.by_id(tx, claim.subscriber_id or 0)
    if course is None or person is None or course.last_slot_at is None:
        return
    if course.next_due_at is None or course.next_due_at == INDEFINITELY:
        return
    zone = house.letterhead.timezone
    after = enrollment.keep_distance(house.clock.now(), course.next_due_at, person, zone)
    if after != course.next_due_at:
        enrollments.change(tx, course.id, next_due_at=after)


def _try_later(house: House, tx: Transaction, claim: Claim, state: State, reply: str) -> None:
    machine, tries = house.clock.machine(), claim.tries + 1
    if machine >= delivery.patience_ends(claim.first_try_at or machine):
        deliveries.settle(tx, claim, State.EXPIRED, machine=machine, reply=reply, tries=tries)
        if claim.kind is Kind.LESSON:
            _owe_again(house, tx, claim)
        return
    wait = delivery.wait_after(tries, random.random())  # noqa: S311 - jitter, not a secret
    deliveries.settle(tx, claim, state, machine=machine, reply=reply, tries=tries, retry_at=machine + wait)


def _owe_again(house: House, tx: Transaction, claim: Claim) -> None:
    """A lesson given up is planned again at her next slot, even if it was the last one."""
    course = enrollments.by_id(tx, claim.enrollment_id or 0)
    person = subscribers.by_id(tx, claim.subscriber_id or 0)
    if course is None or person is None or course.state is Progress.LEFT or claim.occasion != 0:
        return
    due = course.next_due_at or enrolling.next_due(house, tx, course, person)
    enrollments.change(tx, course.id, state=Progress.ACTIVE, next_due_at=due, ended_at=None)


def _settle_failed(house: House, tx: Transaction, claim: Claim, reply: str, bad_address: bool) -> None:
    machine = house.clock.machine()
    settled = deliveries.settle(tx, claim, State.FAILED, machine=machine, reply=reply, tries=claim.tries + 1)
    person = subscribers.by_id(tx, claim.subscriber_id) if claim.subscriber_id is not None else None
    if settled and bad_address and person is not None:
        suppressions.add(tx, person.address_key, "the mailbox does not exist", house.clock.now())
        subscribers.suppress_subscriptions(tx, person.id)
        for course in enrollments.of_subscriber(tx, person.id):
            if course.subscription_id is not None:
                enrollments.end_with_subscription(tx, course.subscription_id, house.clock.now())


def _note_trouble(this: _Round, reason: str) -> None:
    house, machine = this.house, this.house.clock.machine()
    this.tally.relay_down = reason
    with house.store.transaction() as tx:
        before = relays.trouble(tx)
        failures = before.failures + 1 if before else 1
        wait = delivery.wait_after(failures, random.random())  # noqa: S311 - jitter, not a secret
        relays.note_failure(tx, reason[:300], machine, machine + wait)
    log.warning("the relay is in trouble, next try in %d s: %s", wait.total_seconds(), reason)


def _why_the_breaker_is_open(house: House) -> str:
    """Why the relay is left alone for now; empty when it is not."""
    with house.store.reading() as tx:
        trouble = relays.trouble(tx)
    return trouble.reason if trouble is not None and trouble.open_until > house.clock.machine() else ""


def _give_back(house: House, waiting: dict[int, Claim]) -> None:
    if waiting:
        with house.store.transaction() as tx:
            for claim in waiting.values():
                deliveries.put_back(tx, claim)


@contextmanager
def _leases_renewed(house: House, holder: str) -> Iterator[None]:
    """Keep the leases of this sender alive, however long a slow server takes."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_EVERY):
            try:
                with house.store.transaction() as tx:
                    leases.renew(tx, holder, house.clock.machine() + LEASE)
            except StoreError as trouble:  # two more chances before the leases lapse
                log.warning("the leases of this sender could not be renewed: %s", trouble)

    heart = threading.Thread(target=renew, name="leases", daemon=True)
    heart.start()
    try:
        yield
    finally:
        done.set()
        heart.join()
