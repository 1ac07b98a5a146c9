"""What is due, in the hands of a sender: taken, intended, put on the wire, settled.

A sender takes what is due and in the same transaction records its intent (`sending`, with a lease and a new attempt
number, in a statement that checks once more that the person still wants it). It puts the message on the wire with no
transaction open, and settles it, conditional on the attempt that it holds. What a dead sender left behind is freed by
`leases`, and tried again under the same Message-ID. What happens to each row of a campaign of a million is one
statement for many of them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)

from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import TO_NO_SUBSCRIBER, Claim, Kind, Priority, Standing, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import Correspondent, Membership
from newsletter.domain.subscription import Status
from newsletter.store import suppressions
from newsletter.store.batches import among, in_one_row, instant, packed, rows_in, unpacked
from newsletter.store.deliveries import UNTRIED, WAITING
from newsletter.store.tables import WAITS, Instant, campaigns, deliveries, enrollments, subscribers, subscriptions

_KINDS = {kind.value: kind for kind in Kind}

# Word for word as in the index of the suspects, or SQLite would not use it. 1 is one less than SUSPECT_AFTER.
_SUSPECT, _UNSUSPECTED = text("deliveries.orphaned > 1"), text("deliveries.orphaned <= 1")


def take(
    tx: Connection,
    *,
    now: datetime,
    machine: datetime,
    limit: int,
    lowest: Priority = Priority.CAMPAIGN,
    alone: bool = False,
) -> list[Claim]:
    """Up to `limit` deliveries that are due, urgent ones first; others pass them by until this transaction ends.

    Nothing less urgent than `lowest` is taken.

    The `attempt` of each is the number that its intent will have. `alone` takes one of those that may be the reason
    why senders ended, which are taken in no other way (see `leases`).
    """
    # No two senders may read the same row: SKIP LOCKED on PostgreSQL, the write lock of BEGIN IMMEDIATE on SQLite.
    most = 1 if alone else limit
    answer = tx.scalar(_due_now(tx.dialect.name, lowest, alone=alone), {"now": now, "machine": machine, "most": most})
    return [_claim(*row) for row in unpacked(answer)]


def is_anything_due(
    tx: Connection,
    *,
    now: datetime,
    machine: datetime,
    lowest: Priority = Priority.CAMPAIGN,
    alone: bool = False,
) -> bool:
    """Whether `take` would find something."""
    return tx.execute(_first_due(lowest, alone=alone), {"now": now, "machine": machine}).first() is not None


def record_intents(
    tx: Connection,
    taken: Sequence[Claim],
    *,
    now: datetime,
    machine: datetime,
    holder: str,
    lease: timedelta,
    domain: str,
) -> set[int]:
    """Say that messages are about to go on the wire. Returns the ids of those that may.

    One may not when the person left, paused or was suppressed meanwhile. Whoever leaves at this very moment ends her
    waiting deliveries in the same transaction (`deliveries.skip_waiting`), and waits there for the rows that `take`
    has locked: so her leaving is committed before this statement looks, or after the intent (F20).
    `domain` is the right-hand side of new Message-IDs; one that was given stays for every retry.
    """
    values = {
        "ids": packed([one.id for one in taken]),
        "now": now,
        "machine": machine,
        "holder": holder,
        "until": machine + lease,
        "domain": f"@{domain}>",
    }
    begun = tx.execute(_intents(tx.dialect.name), values).rowcount
    if begun == len(taken):
        return {one.id for one in taken}
    return set(tx.scalars(_begun(tx.dialect.name), {"ids": values["ids"], "holder": holder})) if begun else set()


def settle(tx: Connection, claimed: Claim, state: State, *, machine: datetime, reply: str, **values: Any) -> bool:
    """Write down what the wire answered. False when the claim is no longer ours."""
    settled = {"state": state, "reply": reply[:300], "settled_at": machine, "leased_by": None, "lease_until": None}
    return bool(tx.execute(_as_held(claimed).values(**settled, orphaned=0, **values)).rowcount)


def settle_sent(tx: Connection, taken: Sequence[tuple[int, int, str]], *, now: datetime, machine: datetime) -> int:
    """Write down that messages were accepted: (id, attempt, the server's words). Returns how many were still ours."""
    words = packed([(number, attempt, reply[:300]) for number, attempt, reply in taken])
    values = {"answers": words, "now": now, "machine": machine}
    return tx.execute(_accepted(tx.dialect.name), values).rowcount


def hand_back(tx: Connection, claimed: Claim) -> None:
    """Take back an intent whose message never began: due as before, with no try counted."""
    back = {"state": State.QUEUED, "first_try_at": claimed.first_try_at, "leased_by": None, "lease_until": None}
    tx.execute(_as_held(claimed).values(**back))


def spoil(tx: Connection, claimed: Claim, reason: str, machine: datetime) -> None:
    """End as failed what cannot be put on the wire at all, with the reason."""
    over = {"state": State.FAILED, "reason": reason, "settled_at": machine, "leased_by": None, "lease_until": None}
    tx.execute(_as_held(claimed).values(**over))


def put_off(tx: Connection, taken: Claim, due: datetime) -> None:
    """Let a delivery that was taken wait until another time, with our patience anew."""
    tx.execute(_as_taken(taken).values(state=State.QUEUED, due_at=due, **UNTRIED))


def wait_aside(tx: Connection, turns: Sequence[tuple[Claim, datetime]]) -> None:
    """Let deliveries that were taken be due when it is their turn (business time); nothing else about them changes."""
    if turns:
        tx.execute(_moved(), [{"row": claim.id, "turn": due} for claim, due in turns])


@cache
def _moved() -> Update:
    mine = update(deliveries).where(deliveries.c.id == bindparam("row"))  # which nobody else has, until we commit
    return mine.values(due_at=bindparam("turn", type_=Instant))


def give_up(tx: Connection, taken: Claim, reason: str, machine: datetime) -> None:
    """End as skipped what was taken and must not go, with the reason."""
    tx.execute(_as_taken(taken).values(state=State.SKIPPED, reason=reason, settled_at=machine))


@cache
def _due_now(dialect: str, lowest: Priority, *, alone: bool) -> Select[Any]:
    # Asked every second by every sender, mostly in vain: building it anew took two thirds of its 1.6 ms.
    columns: tuple[Any, ...] = (
        deliveries.c.id,
        deliveries.c.public_id,
        deliveries.c.kind,
        (deliveries.c.attempt + 1).label("attempt"),
        deliveries.c.tries,
        deliveries.c.first_try_at,
        deliveries.c.message_id,
        func.coalesce(deliveries.c.test_address, subscribers.c.address).label("address"),
        deliveries.c.subscriber_id,
        deliveries.c.subscription_id,
        deliveries.c.campaign_id,
        deliveries.c.enrollment_id,
        deliveries.c.lesson_revision_id,
        deliveries.c.occasion,
        suppressions.silences().label("is_suppressed"),
        subscriptions.c.status.label("subscription_status"),
        campaigns.c.state.label("campaign_state"),
        enrollments.c.state.label("enrollment_state"),
        (subscribers.c.paused_until > bindparam("now", type_=Instant)).label("is_paused"),
        subscribers.c.public_id.label("person_public_id"),
        subscribers.c.name,
        subscribers.c.timezone,
        subscribers.c.discreet,
        subscribers.c.pace_weeks,
        subscriptions.c.public_id.label("subscription_public_id"),
        subscriptions.c.list_id,
        subscriptions.c.expires_at,
        deliveries.c.reason,
    )
    question = (
        _due(*columns, lowest=lowest, alone=alone)
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=deliveries, skip_locked=True)
    )
    return in_one_row(dialect, question)


@cache
def _first_due(lowest: Priority, *, alone: bool) -> Select[Any]:
    return (
        _due(deliveries.c.id, lowest=lowest, alone=alone)
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(1)
    )


def _due(*columns: Any, lowest: Priority, alone: bool) -> Select[Any]:
    now, machine = bindparam("now", type_=Instant), bindparam("machine", type_=Instant)
    held = and_(subscribers.c.held_reason.is_not(None), deliveries.c.kind.in_((Kind.LESSON, Kind.CAMPAIGN)))
    resting = deliveries.c.kind == Kind.CAMPAIGN, campaigns.c.state.not_in((CampaignState.SENDING, "cancelled"))
    return (
        select(*columns)
        .select_from(deliveries)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id, isouter=True)
        .join(campaigns, campaigns.c.id == deliveries.c.campaign_id, isouter=True)
        .join(enrollments, enrollments.c.id == deliveries.c.enrollment_id, isouter=True)
        .where(
            WAITS,  # whose index is in this order: nothing is sorted
            _SUSPECT if alone else _UNSUSPECTED,
            *([] if lowest is Priority.CAMPAIGN else [deliveries.c.priority <= int(lowest)]),
            deliveries.c.due_at <= now,
            or_(deliveries.c.retry_at.is_(None), deliveries.c.retry_at <= machine),
            ~func.coalesce(held, False),
            ~func.coalesce(and_(*resting), False),
        )
    )


@cache
def _intents(dialect: str) -> Any:
    now, machine = bindparam("now", type_=Instant), bindparam("machine", type_=Instant)
    fresh_name = literal("<").concat(deliveries.c.public_id).concat(bindparam("domain", type_=String))
    untouched = among(dialect, deliveries.c.id, "ids"), deliveries.c.state.in_(WAITING)
    return (
        update(deliveries)
        .where(*untouched, _still_wanted(now))
        .values(
            state=State.SENDING,
            attempt=deliveries.c.attempt + 1,
            leased_by=bindparam("holder", type_=String),
            lease_until=bindparam("until", type_=Instant),
            first_try_at=func.coalesce(deliveries.c.first_try_at, machine),
            message_id=func.coalesce(deliveries.c.message_id, fresh_name),
        )
    )


@cache
def _begun(dialect: str) -> Select[Any]:
    held = deliveries.c.state == State.SENDING, deliveries.c.leased_by == bindparam("holder", type_=String)
    return select(deliveries.c.id).where(among(dialect, deliveries.c.id, "ids"), *held)


@cache
def _accepted(dialect: str) -> Any:
    now, machine = bindparam("now", type_=Instant), bindparam("machine", type_=Instant)
    answer = rows_in(dialect, "answers", {"id": BigInteger(), "attempt": Integer(), "reply": String()})
    ours = (
        deliveries.c.id == answer.c.id,
        deliveries.c.attempt == answer.c.attempt,
        deliveries.c.state == State.SENDING,
    )
    return (
        update(deliveries)
        .where(*ours)
        .values(
            state=State.SENT,
            sent_at=now,
            settled_at=machine,
            tries=deliveries.c.tries + 1,
            orphaned=0,
            retry_at=None,
            leased_by=None,
            lease_until=None,
            reply=answer.c.reply,
        )
    )


def _claim(
    number: int,
    public_id: str,
    kind: str,
    attempt: int,
    tries: int,
    first_try_at: str | None,
    message_id: str | None,
    address: str,
    subscriber: int | None,
    subscription: int | None,
    campaign: int | None,
    enrollment: int | None,
    revision: int | None,
    occasion: int | None,
    *known: Any,
) -> Claim:
    """One of the rows of `_due_now`."""
    suppressed, status, campaign_state, progress, paused, person, name, timezone, discreet, pace, *hers = known
    membership, to, expires, reason = hers
    of_kind = _KINDS[kind]
    return Claim(
        number,
        public_id,
        of_kind,
        attempt,
        tries,
        instant(first_try_at),
        message_id,
        address,
        subscriber,
        subscription,
        campaign,
        enrollment,
        revision,
        occasion,
        Standing(of_kind, bool(suppressed), status, campaign_state, progress, bool(paused)),
        None if subscriber is None else Correspondent(subscriber, person, name, timezone, discreet == 1, pace),
        None if subscription is None else Membership(subscription, membership, to, instant(expires)),
        reason,
    )


def _as_held(claimed: Claim) -> Update:
    ours = deliveries.c.id == claimed.id, deliveries.c.attempt == claimed.attempt
    return update(deliveries).where(*ours, deliveries.c.state == State.SENDING)


def _as_taken(taken: Claim) -> Update:
    untouched = deliveries.c.id == taken.id, deliveries.c.attempt == taken.attempt - 1
    return update(deliveries).where(*untouched, deliveries.c.state.in_(WAITING))


def _still_wanted(now: ColumnElement[datetime]) -> Any:
    """The same judgement as `domain.delivery.judge`, as SQL, so that intent and judgement are one statement."""
    kind = deliveries.c.kind
    person = exists().where(subscribers.c.id == deliveries.c.subscriber_id)
    listening = person.where(
        subscribers.c.held_reason.is_(None),
        or_(subscribers.c.paused_until.is_(None), subscribers.c.paused_until <= now),
    )
    suppressed = person.where(suppressions.silences())
    subscribed = exists().where(subscriptions.c.id == deliveries.c.subscription_id)
    confirmed = and_(subscribed.where(subscriptions.c.status == Status.CONFIRMED), listening)
    enrolled = exists().where(enrollments.c.id == deliveries.c.enrollment_id, enrollments.c.state != Progress.LEFT)
    sending = exists().where(campaigns.c.id == deliveries.c.campaign_id, campaigns.c.state == CampaignState.SENDING)
    to_confirm = kind.in_((Kind.CONFIRMATION, Kind.REMINDER))
    return or_(
        kind.in_(TO_NO_SUBSCRIBER),
        and_(
            ~suppressed,
            or_(
                and_(to_confirm, subscribed.where(subscriptions.c.status == Status.PENDING)),
                kind == Kind.PREFERENCES,
                and_(kind == Kind.LESSON, confirmed, enrolled),
                and_(kind == Kind.CAMPAIGN, confirmed, sending),
            ),
        ),
    )
