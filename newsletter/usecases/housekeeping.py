"""What must be done now and then: one reminder, forgetting who never confirmed, clearing old counters."""

from datetime import timedelta

from newsletter.domain.delivery import Kind
from newsletter.domain.subscriber import Subscription
from newsletter.domain.subscription import CONFIRMATIONS_EVER, Status
from newsletter.store import admins, deliveries, limits, subscribers
from newsletter.store.engine import Transaction
from newsletter.usecases import signup
from newsletter.usecases.admins import SESSION_REMEMBERED
from newsletter.usecases.house import House

_AT_ONCE = 200
_COUNTERS_KEPT = timedelta(days=2)


def remind_due(house: House) -> int:
    """Owe the only reminder to those whose confirmation mail was accepted two days ago. Returns how many.

    Who was asked as often as anybody may be, because a stranger kept typing her address, gets none (S4).
    """
    now, planned = house.clock.now(), 0
    with house.store.transaction() as tx:
        for one in subscribers.to_remind(tx, now, _AT_ONCE):
            subscribers.change_subscription(tx, one.id, remind_at=None)
            if one.status is not Status.PENDING or not _may_remind(tx, one):
                continue
            subscribers.change_subscription(tx, one.id, reminded_at=now)
            planned += deliveries.plan(
                tx,
                Kind.REMINDER,
                subscriber=one.subscriber_id,
                due=now,
                planned=now,
                created=house.clock.machine(),
                subscription_id=one.id,
            )
    return planned


def _may_remind(tx: Transaction, one: Subscription) -> bool:
    reminded = signup.in_vain(tx, one.subscriber_id, (Kind.REMINDER,))
    asked = signup.in_vain(tx, one.subscriber_id, signup.ASKING)
    return not reminded and len(asked) < CONFIRMATIONS_EVER  # once, however often she asks for another confirmation


def forget_unconfirmed(house: House) -> int:
    """Delete sign-ups that were not confirmed in fourteen days; who had left before has left again."""
    with house.store.transaction() as tx:
        over = subscribers.to_forget(tx, house.clock.now(), _AT_ONCE)
        for one in over:
            if one.left_at is not None:
                values = {"status": Status.UNSUBSCRIBED, "expires_at": None, "remind_at": None}
                subscribers.change_subscription(tx, one.id, **values)
                asked = {"subscriber_id": one.subscriber_id, "subscription_id": one.id}
                deliveries.skip_waiting(tx, "not confirmed in time", house.clock.machine(), **asked)
            else:
                subscribers.forget_request(tx, one)
    return len(over)


def clear_counters(house: House) -> None:
    """Delete rate counters and sessions that nothing asks for any more."""
    machine = house.clock.machine()
    with house.store.transaction() as tx:
        limits.forget_before(tx, machine - _COUNTERS_KEPT)
        admins.forget_sessions(tx, machine - SESSION_REMEMBERED)
