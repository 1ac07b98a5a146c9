"""What the wire answered, written into the ledger, and what follows from it for courses and addresses."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from newsletter.domain import delivery, enrollment
from newsletter.domain.delivery import Blame, Claim, Deferred, Failed, Kind, Outcome, Sent, State, Uncertain
from newsletter.domain.enrollment import Enrollment, Progress
from newsletter.domain.subscriber import INDEFINITELY
from newsletter.domain.subscription import REMIND_AFTER
from newsletter.store import dispatch, enrollments, leases, relays, subscribers, suppressions, timetables
from newsletter.store.engine import Transaction
from newsletter.store.leases import InHand
from newsletter.usecases import enrolling, finishing, notices, side_by_side, stopping
from newsletter.usecases.house import House

RELAY_REST = timedelta(seconds=5)
"""How long a message rests that a broken connection gave back, times the intents it has seen."""

Answer = tuple[Claim, Outcome]


def settle(house: House, answers: Sequence[Answer]) -> None:
    """Write answers down, all in one transaction."""
    accepted = [(claim, outcome) for claim, outcome in answers if isinstance(outcome, Sent)]
    with house.store.transaction() as tx:
        over = _settle_sent(house, tx, accepted) if accepted else []
        refused: Counter[int] = Counter()
        for claim, outcome in answers:
            if not isinstance(outcome, Sent):
                _settle_other(house, tx, claim, outcome)
                if isinstance(outcome, Failed) and claim.kind is Kind.CAMPAIGN and claim.campaign_id is not None:
                    refused[claim.campaign_id] += 1
        stopping.weigh(house, tx, refused)
        finishing.record(house, tx, over)


def settle_noted(house: House, noted: Sequence[tuple[int, int]], words: str) -> None:
    """Write down what the notes of a sender that ended say was accepted, pairs of (delivery, attempt)."""
    now, machine = house.clock.now(), house.clock.machine()
    with house.store.transaction() as tx:
        letters = leases.in_hand(tx, noted)
        accepted = [(number, attempt, words) for number, attempt in noted]
        dispatch.settle_sent(tx, accepted, now=now, machine=machine)
        followed = [_follow(house, tx, letter) for letter in letters]
        finishing.record(house, tx, [run for run in followed if run is not None])


def _settle_sent(house: House, tx: Transaction, accepted: Sequence[tuple[Claim, Sent]]) -> list[Enrollment]:
    """Write acceptances down. Returns the runs whose last letter is among them."""
    now, machine = house.clock.now(), house.clock.machine()
    to_many = [(claim.id, claim.attempt, said.reply) for claim, said in accepted if claim.kind is Kind.CAMPAIGN]
    if to_many:
        dispatch.settle_sent(tx, to_many, now=now, machine=machine)
    if trouble := relays.note_success(tx):
        notices.relay_is_back(house, tx, trouble)
    over = []
    for claim, said in accepted:
        if claim.kind is Kind.CAMPAIGN:
            continue
        still_ours = dispatch.settle_sent(tx, [(claim.id, claim.attempt, said.reply)], now=now, machine=machine)
        if still_ours and (run := _follow(house, tx, claim)):
            over.append(run)
    return over


def _follow(house: House, tx: Transaction, taken: Claim | InHand) -> Enrollment | None:
    """What follows from an acceptance, beside its row. Returns the run of which it was the last letter."""
    if taken.kind is Kind.CONFIRMATION and taken.subscription_id is not None:
        remind_at = house.clock.now() + REMIND_AFTER
        subscribers.change_subscription(tx, taken.subscription_id, remind_at=remind_at)
    if taken.kind is not Kind.LESSON or taken.occasion:  # one that she asked for again moves nothing
        return None
    course = enrollments.by_id(tx, taken.enrollment_id or 0)
    if course is not None and course.state is Progress.FINISHED:
        return course
    if course is not None:
        _keep_distance(house, tx, course)
    return None


def _keep_distance(house: House, tx: Transaction, course: Enrollment) -> None:
    """A lesson that went out later than planned pushes the next one away; a welcome has said when that comes."""
    person = subscribers.by_id(tx, course.subscriber_id)
    if person is None or course.last_slot_at is None:
        return
    if course.next_due_at is None or course.next_due_at == INDEFINITELY:
        return
    zone = house.letterhead.timezone
    calendar = timetables.cadence_of(tx, course.course_id)
    after = enrollment.keep_distance(house.clock.now(), course.next_due_at, person, zone, calendar)
    if after != course.next_due_at:
        apart = side_by_side.apart(house, tx, person, after, calendar, but=course.id)
        enrollments.change(tx, course.id, next_due_at=apart)


def _settle_other(house: House, tx: Transaction, claim: Claim, outcome: Outcome) -> None:
    machine = house.clock.machine()
    match outcome:
        case Deferred(reply, Blame.RELAY):
            # No attempt is spent. The rest keeps one message that breaks every connection from going round
            # and round; a relay that fails them all is reported by the transport itself.
            rest = min(RELAY_REST * claim.attempt, delivery.LONGEST_WAIT)
            restored = {"first_try_at": claim.first_try_at, "retry_at": machine + rest}
            dispatch.settle(tx, claim, State.QUEUED, machine=machine, reply=reply, **restored)
        case Deferred(reply):
            _try_later(house, tx, claim, State.DEFERRED, reply)
        case Uncertain(reply):
            _try_later(house, tx, claim, State.UNCERTAIN, reply)
        case Failed(reply, bad_address):
            _settle_failed(house, tx, claim, reply, bad_address)


def _try_later(house: House, tx: Transaction, claim: Claim, state: State, reply: str) -> None:
    machine, tries = house.clock.machine(), claim.tries + 1
    if machine >= delivery.patience_ends(claim.first_try_at or machine):
        dispatch.settle(tx, claim, State.EXPIRED, machine=machine, reply=reply, tries=tries)
        if claim.kind is Kind.LESSON:
            _owe_again(house, tx, claim)
        return
    wait = delivery.wait_after(tries, random.random())  # noqa: S311 - jitter, not a secret
    dispatch.settle(tx, claim, state, machine=machine, reply=reply, tries=tries, retry_at=machine + wait)


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
    settled = dispatch.settle(tx, claim, State.FAILED, machine=machine, reply=reply, tries=claim.tries + 1)
    person = subscribers.by_id(tx, claim.subscriber_id) if claim.subscriber_id is not None else None
    if settled and bad_address and person is not None:
        suppressions.add(tx, person.address_key, "the mailbox does not exist", house.clock.now())
        subscribers.suppress_subscriptions(tx, person.id)
        for course in enrollments.of_subscriber(tx, person.id):
            if course.subscription_id is not None:
                enrollments.end_with_subscription(tx, person.id, course.subscription_id, house.clock.now())
