"""The people, and where each stands with each list."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Row, Select, bindparam, delete, exists, select, update

from newsletter.domain.subscriber import Correspondent, Membership, Subscriber, Subscription
from newsletter.domain.subscription import Status
from newsletter.domain.tokens import new_public_id
from newsletter.store.batches import ByNumber
from newsletter.store.engine import insert_new
from newsletter.store.tables import Instant, deliveries, lists, subscribers, subscriptions

_PERSON: tuple[Any, ...] = (
    subscribers.c.id,
    subscribers.c.public_id,
    subscribers.c.address,
    subscribers.c.address_key,
    subscribers.c.name,
    subscribers.c.timezone,
    subscribers.c.hour,
    subscribers.c.weekday,
    subscribers.c.paused_until,
    subscribers.c.held_reason,
    subscribers.c.pace_weeks,
    subscribers.c.discreet,
)
_SUBSCRIPTION: tuple[Any, ...] = (
    subscriptions.c.id,
    subscriptions.c.public_id,
    subscriptions.c.subscriber_id,
    subscriptions.c.list_id,
    lists.c.slug.label("list_slug"),
    lists.c.title.label("list_title"),
    subscriptions.c.status,
    subscriptions.c.requested_at,
    subscriptions.c.expires_at,
    subscriptions.c.confirmed_at,
    subscriptions.c.left_at,
)
_PEOPLE = ByNumber(select(*_PERSON), subscribers.c.id)
_CORRESPONDENTS = ByNumber(
    select(
        subscribers.c.id,
        subscribers.c.public_id,
        subscribers.c.name,
        subscribers.c.timezone,
        subscribers.c.discreet,
        subscribers.c.pace_weeks,
    ),
    subscribers.c.id,
)
_CONFIRMED = ByNumber(select(subscriptions.c.id).where(subscriptions.c.status == Status.CONFIRMED), subscriptions.c.id)
_CONFIRMED_LISTS = ByNumber(
    select(subscriptions.c.subscriber_id, lists.c.slug)
    .join(lists, lists.c.id == subscriptions.c.list_id)
    .where(subscriptions.c.status == Status.CONFIRMED),
    subscriptions.c.subscriber_id,
)
_MEMBERSHIPS = ByNumber(
    select(subscriptions.c.id, subscriptions.c.public_id, subscriptions.c.list_id, subscriptions.c.expires_at),
    subscriptions.c.id,
)


def find(tx: Connection, keys: list[str]) -> Subscriber | None:
    """The subscriber whose address has one of these keyed digests."""
    return _person(tx.execute(select(*_PERSON).where(subscribers.c.address_key.in_(keys))).first())


def by_id(tx: Connection, subscriber: int) -> Subscriber | None:
    """The subscriber with a number of ours."""
    return _person(tx.execute(select(*_PERSON).where(subscribers.c.id == subscriber)).first())


def by_ids(tx: Connection, numbers: Iterable[int]) -> dict[int, Subscriber]:
    """The subscribers with these numbers of ours, by number."""
    return {row.id: _somebody(row) for row in _PEOPLE.ask(tx, numbers)}


def correspondents(tx: Connection, numbers: Iterable[int]) -> dict[int, Correspondent]:
    """What letters need of the subscribers with these numbers of ours, by number."""
    return {row[0]: Correspondent._make(row) for row in _CORRESPONDENTS.ask(tx, numbers)}


def by_public_id(tx: Connection, public_id: str) -> Subscriber | None:
    """The subscriber that a preferences link names."""
    return _person(tx.execute(select(*_PERSON).where(subscribers.c.public_id == public_id)).first())


def add(tx: Connection, *, address: str, key: str, name: str, timezone: str | None, now: datetime) -> None:
    """Remember a person; somebody with the same key is left as she is."""
    row = insert_new(tx, subscribers).values(
        public_id=new_public_id(), address=address, address_key=key, name=name, timezone=timezone, created_at=now
    )
    tx.execute(row.on_conflict_do_nothing(index_elements=["address_key"]))


def lock(tx: Connection, keys: list[str]) -> Subscriber | None:
    """Find a person and keep others from changing her until this transaction ends."""
    question = select(*_PERSON).where(subscribers.c.address_key.in_(keys)).with_for_update()
    return _person(tx.execute(question).first())


def change(tx: Connection, subscriber: int, **values: Any) -> None:
    """Set columns of one subscriber."""
    tx.execute(update(subscribers).where(subscribers.c.id == subscriber).values(**values))


def forget(tx: Connection, subscriber: int) -> None:
    """Delete a person and all that hangs on her."""
    tx.execute(delete(subscribers).where(subscribers.c.id == subscriber))


def hold_all(tx: Connection, reason: str) -> int:
    """Hold the mail of every subscriber not yet held. Returns how many."""
    change_all = update(subscribers).where(subscribers.c.held_reason.is_(None)).values(held_reason=reason)
    return tx.execute(change_all).rowcount


def held(tx: Connection) -> list[Subscriber]:
    """Everybody whose mail waits for the owner's word."""
    question = select(*_PERSON).where(subscribers.c.held_reason.is_not(None)).order_by(subscribers.c.id)
    return [_somebody(row) for row in tx.execute(question)]


def release_all(tx: Connection) -> int:
    """End every hold on a person. Returns how many there were."""
    freed = update(subscribers).where(subscribers.c.held_reason.is_not(None)).values(held_reason=None)
    return tx.execute(freed).rowcount


def subscription(tx: Connection, subscriber: int, list_id: int) -> Subscription | None:
    """Where a person stands with a list."""
    return _one(
        tx, _subscriptions().where(subscriptions.c.subscriber_id == subscriber, subscriptions.c.list_id == list_id)
    )


def subscription_by_id(tx: Connection, number: int) -> Subscription | None:
    """The subscription with a number of ours."""
    return _one(tx, _subscriptions().where(subscriptions.c.id == number))


def confirmed_of(tx: Connection, numbers: Iterable[int]) -> set[int]:
    """Of these subscriptions, by number, those that are confirmed."""
    return {row.id for row in _CONFIRMED.ask(tx, numbers)}


def confirmed_lists(tx: Connection, numbers: Iterable[int]) -> dict[int, set[str]]:
    """By subscriber, the slugs of the lists that they confirmed."""
    found: dict[int, set[str]] = {}
    for row in _CONFIRMED_LISTS.ask(tx, numbers):
        found.setdefault(row.subscriber_id, set()).add(row.slug)
    return found


def memberships(tx: Connection, numbers: Iterable[int]) -> dict[int, Membership]:
    """What letters need of the subscriptions with these numbers of ours, by number."""
    return {row[0]: Membership._make(row) for row in _MEMBERSHIPS.ask(tx, numbers)}


def subscription_by_public_id(tx: Connection, public_id: str) -> Subscription | None:
    """The subscription that an unsubscribe link names."""
    return _one(tx, _subscriptions().where(subscriptions.c.public_id == public_id))


def subscriptions_of(tx: Connection, subscriber: int) -> list[Subscription]:
    """Everything one person is, or was, subscribed to."""
    question = _subscriptions().where(subscriptions.c.subscriber_id == subscriber).order_by(lists.c.slug)
    return [_subscription(row) for row in tx.execute(question)]


def add_subscription(
    tx: Connection,
    subscriber: int,
    list_id: int,
    status: Status,
    now: datetime,
    *,
    expires_at: datetime | None = None,
) -> None:
    """Begin a subscription; one that exists is left as it is. A pending one is forgotten when it expires."""
    row = insert_new(tx, subscriptions).values(
        public_id=new_public_id(),
        subscriber_id=subscriber,
        list_id=list_id,
        status=status,
        requested_at=now,
        expires_at=expires_at,
    )
    tx.execute(row.on_conflict_do_nothing(index_elements=["subscriber_id", "list_id"]))


def change_subscription(tx: Connection, number: int, was: Status | None = None, /, **values: Any) -> bool:
    """Set columns of one subscription. False when it is not, or no longer, in the status that it `was` seen in."""
    mine = update(subscriptions).where(subscriptions.c.id == number)
    if was is not None:  # of two that leave at once, the second waits here for the first and finds her gone
        mine = mine.where(subscriptions.c.status == was)
    return bool(tx.execute(mine.values(**values)).rowcount)


def suppress_subscriptions(tx: Connection, subscriber: int) -> None:
    """Mark every subscription of a suppressed address."""
    everything = update(subscriptions).where(subscriptions.c.subscriber_id == subscriber)
    tx.execute(everything.values(status=Status.SUPPRESSED))


def to_remind(tx: Connection, now: datetime, limit: int) -> list[Subscription]:
    """Subscriptions whose reminder is due."""
    return [_subscription(row) for row in tx.execute(_to_remind(), {"now": now, "most": limit})]


def to_forget(tx: Connection, now: datetime, limit: int) -> list[Subscription]:
    """Pending subscriptions that were never confirmed in time."""
    return [_subscription(row) for row in tx.execute(_to_forget(), {"now": now, "most": limit})]


def forget_request(tx: Connection, unconfirmed: Subscription) -> None:
    """Delete an unconfirmed subscription and its mails, and the person when nothing else is known of her."""
    hers = deliveries.c.subscriber_id == unconfirmed.subscriber_id, deliveries.c.subscription_id == unconfirmed.id
    tx.execute(delete(deliveries).where(*hers))
    tx.execute(delete(subscriptions).where(subscriptions.c.id == unconfirmed.id))
    others = exists().where(subscriptions.c.subscriber_id == unconfirmed.subscriber_id)
    tx.execute(delete(subscribers).where(subscribers.c.id == unconfirmed.subscriber_id, ~others))


_now, _most = bindparam("now", type_=Instant), bindparam("most", type_=Integer)


@cache
def _to_remind() -> Select[Any]:
    return _subscriptions().where(subscriptions.c.remind_at <= _now).order_by(subscriptions.c.remind_at).limit(_most)


@cache
def _to_forget() -> Select[Any]:
    over = _subscriptions().where(subscriptions.c.status == Status.PENDING, subscriptions.c.expires_at <= _now)
    return over.limit(_most)


def _subscriptions() -> Select[Any]:
    return select(*_SUBSCRIPTION).join(lists, lists.c.id == subscriptions.c.list_id)


def _one(tx: Connection, question: Select[Any]) -> Subscription | None:
    row = tx.execute(question).first()
    return _subscription(row) if row else None


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(**{**row._mapping, "status": Status(row.status)})


def _person(row: Row[Any] | None) -> Subscriber | None:
    return _somebody(row) if row else None


def _somebody(row: Any) -> Subscriber:
    hers: list[Any] = list(row)  # by position, as _PERSON stands
    hers[-1] = bool(row.discreet)
    return Subscriber(*hers)
