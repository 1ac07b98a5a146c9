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
    ColumnElement,
    Connection,
    Integer,
    Row,
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
from newsletter.domain.delivery import Claim, Kind, Standing, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscription import Status
from newsletter.store import suppressions
from newsletter.store.batches import among, answers, packed
from newsletter.store.deliveries import UNTRIED, WAITING
from newsletter.store.tables import Instant, campaigns, deliveries, enrollments, subscribers, subscriptions

# Word for word as in the index, or SQLite would sort everything that waits for each batch.
_WAITS = text("deliveries.state IN ('queued', 'deferred', 'uncertain')")

# Word for word as in the index of the suspects, or SQLite would not use it. 1 is one less than SUSPECT_AFTER.
_SUSPECT, _UNSUSPECTED = text("deliveries.orphaned > 1"), text("deliveries.orphaned <= 1")


def take(tx: Connection, *, now: datetime, machine: datetime, limit: int, alone: bool = False) -> list[Claim]:
    """Up to `limit` deliveries that are due, urgent ones first; others pass them by until this transaction ends.

    The `attempt` of each is the number that its intent will have. `alone` takes one of those that may be the reason
    why senders ended, which are taken in no other way (see `leases`).
    """
    # No two senders may read the same row: SKIP LOCKED on PostgreSQL, the write lock of BEGIN IMMEDIATE on SQLite.
    most = 1 if alone else limit
    found = tx.execute(_due_now(alone=alone), {"now": now, "machine": machine, "most": most})
    return [_claim(row, now) for row in found]


def is_anything_due(tx: Connection, *, now: datetime, machine: datetime, alone: bool = False) -> bool:
    """Whether `take` would find something."""
    return tx.execute(_first_due(alone=alone), {"now": now, "machine": machine}).first() is not None


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

    One may not when the person left, paused or was suppressed meanwhile. `domain` is the right-hand side of new
    Message-IDs; one that was given stays for every retry.
    """
    if tx.dialect.name == "postgresql":
        # An unsubscribe that commits first is seen by the UPDATE below; one that comes later waits for us.
        standing = sorted({one.subscription_id for one in taken if one.subscription_id is not None})
        tx.execute(_subscriptions_kept(), {"ids": packed(standing)})
    values = {
        "ids": packed([one.id for one in taken]),
        "now": now,
        "machine": machine,
        "holder": holder,
        "until": machine + lease,
        "domain": f"@{domain}>",
    }
    return set(tx.scalars(_intents(tx.dialect.name), values))


def settle(tx: Connection, claimed: Claim, state: State, *, machine: datetime, reply: str, **values: Any) -> bool:
    """Write down what the wire answered. False when the claim is no longer ours."""
    settled = {"state": state, "reply": reply[:300], "settled_at": machine, "leased_by": None, "lease_until": None}
    return bool(tx.execute(_as_held(claimed).values(**settled, orphaned=0, **values)).rowcount)


def settle_sent(tx: Connection, taken: Sequence[tuple[int, int, str]], *, now: datetime, machine: datetime) -> set[int]:
    """Write down that messages were accepted: (id, attempt, the server's words). Returns the ids of those settled."""
    words = packed([(number, attempt, reply[:300]) for number, attempt, reply in taken])
    values = {"answers": words, "now": now, "machine": machine}
    return set(tx.scalars(_accepted(tx.dialect.name), values))


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


def give_up(tx: Connection, taken: Claim, reason: str, machine: datetime) -> None:
    """End as skipped what was taken and must not go, with the reason."""
    tx.execute(_as_taken(taken).values(state=State.SKIPPED, reason=reason, settled_at=machine))


@cache
def _due_now(*, alone: bool) -> Select[Any]:
    # Asked every second by every sender, mostly in vain: building it anew took two thirds of its 1.6 ms.
    address = func.coalesce(deliveries.c.test_address, subscribers.c.address).label("address")
    suppressed = suppressions.silences().label("is_suppressed")
    columns: tuple[Any, ...] = (
        deliveries,
        address,
        suppressed,
        subscribers.c.paused_until,
        subscriptions.c.status.label("subscription_status"),
        campaigns.c.state.label("campaign_state"),
        enrollments.c.state.label("enrollment_state"),
    )
    return (
        _due(*columns, alone=alone)
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=deliveries, skip_locked=True)
    )


@cache
def _first_due(*, alone: bool) -> Select[Any]:
    return (
        _due(deliveries.c.id, alone=alone)
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(1)
    )


def _due(*columns: Any, alone: bool) -> Select[Any]:
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
            _WAITS,
            _SUSPECT if alone else _UNSUSPECTED,
            deliveries.c.due_at <= now,
            or_(deliveries.c.retry_at.is_(None), deliveries.c.retry_at <= machine),
            ~func.coalesce(held, False),
            ~func.coalesce(and_(*resting), False),
        )
    )


@cache
def _subscriptions_kept() -> Select[Any]:
    mine = among("postgresql", subscriptions.c.id, "ids")
    return select(subscriptions.c.id).where(mine).order_by(subscriptions.c.id).with_for_update(read=True)


@cache
def _intents(dialect: str) -> Any:
    now, machine = bindparam("now", type_=Instant), bindparam("machine", type_=Instant)
    fresh_name = literal("<").concat(deliveries.c.public_id).concat(bindparam("domain", type_=String))
    untouched = among(dialect, deliveries.c.id, "ids"), deliveries.c.state.in_(WAITING)
    return (
        update(deliveries)
        .where(*untouched, _still_wanted(now))
        .returning(deliveries.c.id)
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
def _accepted(dialect: str) -> Any:
    now, machine = bindparam("now", type_=Instant), bindparam("machine", type_=Instant)
    answer = answers(dialect, "answers")
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
        .returning(deliveries.c.id)
    )


def _claim(row: Row[Any], now: datetime) -> Claim:
    kind = Kind(row.kind)
    standing = Standing(
        kind=kind,
        suppressed=bool(row.is_suppressed),
        subscription=row.subscription_status,
        campaign=row.campaign_state,
        enrollment=row.enrollment_state,
        paused=row.paused_until is not None and row.paused_until > now,
    )
    return Claim(
        id=row.id,
        public_id=row.public_id,
        kind=kind,
        attempt=row.attempt + 1,
        tries=row.tries,
        first_try_at=row.first_try_at,
        due_at=row.due_at,
        message_id=row.message_id,
        address=row.address,
        subscriber_id=row.subscriber_id,
        subscription_id=row.subscription_id,
        campaign_id=row.campaign_id,
        enrollment_id=row.enrollment_id,
        lesson_id=row.lesson_id,
        lesson_revision_id=row.lesson_revision_id,
        occasion=row.occasion,
        standing=standing,
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
        kind == Kind.TEST,
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
