"""Every email we owe somebody, and what became of it.

A row is planned as `queued`. A sender claims it (a conditional UPDATE with a lease and a new attempt number),
records its intent (`sending`, re-checking in that same statement that the person still wants it), puts it on
the wire with no transaction open, and settles it, conditional on the attempt that it holds. What a dead sender
left behind is freed by `leases`, and tried again with the same Message-ID.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from newsletter.domain.campaign import CampaignState
from newsletter.domain.course import Role
from newsletter.domain.delivery import OPEN, PRIORITY, Claim, Kind, Priority, Standing, State
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscription import Status
from newsletter.domain.tokens import new_public_id
from newsletter.store import suppressions
from newsletter.store.engine import insert_new
from newsletter.store.tables import (
    Instant,
    campaigns,
    deliveries,
    enrollments,
    lesson_revisions,
    subscribers,
    subscriptions,
)

WAITING = (State.QUEUED, State.DEFERRED, State.UNCERTAIN)
_UNTRIED: dict[str, Any] = {"tries": 0, "first_try_at": None, "retry_at": None}
"""Seventy-two hours of patience must not run out while a letter waits for the end of a pause."""

# Word for word as in the index of the suspects, or SQLite would not use it. 2 is SUSPECT_AFTER.
_SUSPECT, _UNSUSPECTED = text("deliveries.orphaned > 1"), text("deliveries.orphaned <= 1")

NOT_HAD = (State.EXPIRED, State.SKIPPED)
"""A lesson in one of these was planned and never reached her: given up, or ended because she left."""

_ROWS_AT_ONCE = 1000


def plan(
    tx: Connection,
    kind: Kind,
    *,
    subscriber: int | None,
    due: datetime,
    planned: datetime,
    created: datetime,
    **causes: Any,
) -> bool:
    """Owe somebody an email. False when exactly this one is owed already (a unique cause says so)."""
    row = insert_new(tx, deliveries).values(_row(kind, subscriber, due, planned, created, **causes))
    return bool(tx.execute(row.on_conflict_do_nothing()).rowcount)


def plan_campaign(
    tx: Connection,
    campaign: int,
    audience: Sequence[tuple[int, int]],
    *,
    name: Callable[[int], str],
    due: datetime,
    planned: datetime,
    created: datetime,
) -> None:
    """Owe a campaign to everybody in its audience, pairs of (subscriber, subscription).

    `name` gives a delivery its public id by the subscriber's number.
    """
    for start in range(0, len(audience), _ROWS_AT_ONCE):
        rows = [
            _row(
                Kind.CAMPAIGN,
                subscriber,
                due,
                planned,
                created,
                public_id=name(subscriber),
                campaign_id=campaign,
                subscription_id=subscription,
            )
            for subscriber, subscription in audience[start : start + _ROWS_AT_ONCE]
        ]
        tx.execute(insert(deliveries), rows)


def plan_lesson_again(
    tx: Connection, enrollment: int, lesson: int, *, revision: int, due: datetime, planned: datetime
) -> bool:
    """Owe a lesson anew, in today's words, that was planned and never reached her. False when there is none such."""
    not_had = update(deliveries).where(
        deliveries.c.enrollment_id == enrollment,
        deliveries.c.lesson_id == lesson,
        deliveries.c.occasion == 0,
        deliveries.c.state.in_(NOT_HAD),
    )
    fresh = {"state": State.QUEUED, "due_at": due, "planned_at": planned, "lesson_revision_id": revision, "tries": 0}
    over = dict.fromkeys(("reason", "retry_at", "first_try_at", "settled_at"))
    return bool(tx.execute(not_had.values(**fresh, **over, orphaned=0)).rowcount)


def lessons_had(tx: Connection, enrollment_ids: Iterable[int]) -> dict[int, set[int]]:
    """By enrollment, the lessons that she had, or that are on their way."""
    question = select(deliveries.c.enrollment_id, deliveries.c.lesson_id).where(
        deliveries.c.enrollment_id.in_(list(enrollment_ids)), deliveries.c.state.not_in(NOT_HAD)
    )
    had: dict[int, set[int]] = {}
    for enrollment, lesson in tx.execute(question):
        if enrollment is not None and lesson is not None:
            had.setdefault(enrollment, set()).add(lesson)
    return had


def open_lessons(tx: Connection, enrollment_ids: Iterable[int]) -> set[int]:
    """Which of these enrollments have a lesson planned that has not gone out yet."""
    question = select(deliveries.c.enrollment_id).where(
        deliveries.c.enrollment_id.in_(list(enrollment_ids)),
        deliveries.c.state.in_(OPEN),
        deliveries.c.occasion == 0,
    )
    return {enrollment for enrollment in tx.scalars(question) if enrollment is not None}


def last_weekly_sent_at(tx: Connection, enrollment: int) -> datetime | None:
    """When the newest letter of a course after its welcome went out (business time)."""
    question = (
        select(deliveries.c.sent_at)
        .join(lesson_revisions, lesson_revisions.c.id == deliveries.c.lesson_revision_id)
        .where(deliveries.c.enrollment_id == enrollment, deliveries.c.state == State.SENT, deliveries.c.occasion == 0)
        .where(lesson_revisions.c.role != Role.OPENING)
    )
    return tx.scalar(question.order_by(deliveries.c.sent_at.desc()).limit(1))


def waiting_lesson(tx: Connection, enrollment: int) -> int | None:
    """The lesson delivery of an enrollment that is planned and not in a sender's hands."""
    question = select(deliveries.c.id).where(
        deliveries.c.enrollment_id == enrollment, deliveries.c.state.in_(WAITING), deliveries.c.occasion == 0
    )
    return tx.scalar(question.order_by(deliveries.c.id).limit(1))


def move_due(tx: Connection, delivery: int, due: datetime) -> None:
    """Give a waiting delivery another due time, and our patience with it anew."""
    moved = update(deliveries).where(deliveries.c.id == delivery, deliveries.c.state.in_(WAITING))
    tx.execute(moved.values(due_at=due, **_UNTRIED))


def urgent_mails(tx: Connection, subscriber: int, kinds: Iterable[Kind]) -> list[tuple[datetime, datetime]]:
    """When a person was owed mails of these kinds: (business time, machine time), the oldest first."""
    question = select(deliveries.c.planned_at, deliveries.c.created_at).where(
        deliveries.c.subscriber_id == subscriber,
        deliveries.c.kind.in_(list(kinds)),
        deliveries.c.state != State.SKIPPED,
    )
    return sorted(tx.execute(question), key=lambda times: times[1])


def claim(
    tx: Connection, *, now: datetime, machine: datetime, holder: str, lease: timedelta, limit: int, alone: bool = False
) -> list[Claim]:
    """Take up to `limit` due deliveries, urgent ones first, for `lease`; other senders pass them by.

    `alone` takes one of those that may be the reason why senders ended; no other claim touches them (see `leases`).
    """
    # No two claims may read the same row: SKIP LOCKED on PostgreSQL, the write lock of BEGIN IMMEDIATE on SQLite.
    most = 1 if alone else limit
    found = tx.execute(_due_now(alone=alone), {"now": now, "machine": machine, "most": most}).all()
    if not found:
        return []
    taken = update(deliveries).where(deliveries.c.id.in_([row.id for row in found]), deliveries.c.state.in_(WAITING))
    tx.execute(
        taken.values(
            state=State.CLAIMED,
            attempt=deliveries.c.attempt + 1,
            leased_by=holder,
            lease_until=machine + lease,
        )
    )
    return [_claim(row, now) for row in found]


def record_intent(
    tx: Connection, claimed: Claim, *, now: datetime, machine: datetime, lease: timedelta, message_id: str
) -> bool:
    """Say that a message is about to go on the wire.

    False when it must not go: the claim was lost, or the person left, paused or was suppressed meanwhile.
    """
    if tx.dialect.name == "postgresql" and claimed.subscription_id is not None:
        # An unsubscribe that commits first is seen by the UPDATE below; one that comes later waits for us.
        subscription = select(subscriptions.c.id).where(subscriptions.c.id == claimed.subscription_id)
        tx.execute(subscription.with_for_update(read=True))
    intent = update(deliveries).where(*_held_as(claimed, State.CLAIMED), _still_wanted(now))
    changed = intent.values(
        state=State.SENDING,
        lease_until=machine + lease,
        first_try_at=func.coalesce(deliveries.c.first_try_at, machine),
        message_id=message_id,
    )
    return bool(tx.execute(changed).rowcount)


def settle(tx: Connection, claimed: Claim, state: State, *, machine: datetime, reply: str, **values: Any) -> bool:
    """Write down what the wire answered. False when the claim is no longer ours."""
    done = update(deliveries).where(*_held_as(claimed, State.SENDING))
    settled = {"state": state, "reply": reply[:300], "settled_at": machine, "leased_by": None, "lease_until": None}
    return bool(tx.execute(done.values(**settled, orphaned=0, **values)).rowcount)


def put_back(tx: Connection, claimed: Claim, due: datetime | None = None) -> None:
    """Give a claim back untried, due at its old time, or at another with our patience anew."""
    back = update(deliveries).where(*_held_as(claimed, State.CLAIMED))
    values: dict[str, Any] = {"state": State.QUEUED, "leased_by": None, "lease_until": None}
    tx.execute(back.values(**values, **({"due_at": due, **_UNTRIED} if due else {})))


def give_up(tx: Connection, claimed: Claim, state: State, reason: str, machine: datetime) -> None:
    """End a claim that never reached the wire as skipped or failed, with the reason."""
    ended = update(deliveries).where(*_held_as(claimed, State.CLAIMED))
    values = {"state": state, "reason": reason, "settled_at": machine, "leased_by": None, "lease_until": None}
    tx.execute(ended.values(**values))


def skip_waiting(tx: Connection, reason: str, machine: datetime, **causes: int) -> int:
    """Skip what waits for one cause (subscription_id=…, campaign_id=…). Returns how many."""
    mine = [deliveries.c[column] == value for column, value in causes.items()]
    ended = update(deliveries).where(*mine, deliveries.c.state.in_(WAITING))
    return tx.execute(ended.values(state=State.SKIPPED, reason=reason, settled_at=machine)).rowcount


def go_on(tx: Connection, campaign: int, machine: datetime) -> None:
    """After a pause, let our patience with a campaign's emails go on as it stood at their last try.

    The seventy-two hours of a delivery count from its first try, which is moved by the time nobody could try it.
    """
    waiting = deliveries.c.campaign_id == campaign, deliveries.c.state.in_(WAITING)
    tried = select(deliveries).where(*waiting, deliveries.c.first_try_at.is_not(None)).with_for_update()
    moved = []
    for row in tx.execute(tried):
        last = max(row.settled_at or row.first_try_at, row.first_try_at)
        moved.append({"row": row.id, "began": machine - (last - row.first_try_at)})
    if moved:
        mine = update(deliveries).where(deliveries.c.id == bindparam("row"))
        tx.execute(mine.values(first_try_at=bindparam("began", type_=Instant)), moved)


def skip_urgent(tx: Connection, reason: str, machine: datetime) -> None:
    """Skip confirmations, reminders, preferences links and tests that wait."""
    ended = update(deliveries).where(deliveries.c.priority == Priority.URGENT, deliveries.c.state.in_(WAITING))
    tx.execute(ended.values(state=State.SKIPPED, reason=reason, settled_at=machine))


def by_public_id(tx: Connection, public_id: str) -> Row[Any] | None:
    """The delivery that a link names."""
    return tx.execute(select(deliveries).where(deliveries.c.public_id == public_id)).first()


def _row(
    kind: Kind, subscriber: int | None, due: datetime, planned: datetime, created: datetime, **causes: Any
) -> dict[str, Any]:
    return {
        "public_id": new_public_id(),
        "kind": kind.value,
        "priority": int(PRIORITY[kind]),
        "state": State.QUEUED.value,
        "subscriber_id": subscriber,
        "due_at": due,
        "planned_at": planned,
        "created_at": created,
        **causes,
    }


@cache
def _due_now(*, alone: bool) -> Select[Any]:
    # Asked every second by every sender, mostly in vain: building it anew took two thirds of its 1.6 ms.
    now, machine = bindparam("now", type_=Instant), bindparam("machine", type_=Instant)
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
    held = and_(subscribers.c.held_reason.is_not(None), deliveries.c.kind.in_((Kind.LESSON, Kind.CAMPAIGN)))
    resting = deliveries.c.kind == Kind.CAMPAIGN, campaigns.c.state.not_in((CampaignState.SENDING, "cancelled"))
    return (
        select(*columns)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id, isouter=True)
        .join(campaigns, campaigns.c.id == deliveries.c.campaign_id, isouter=True)
        .join(enrollments, enrollments.c.id == deliveries.c.enrollment_id, isouter=True)
        .where(
            deliveries.c.state.in_(WAITING),
            _SUSPECT if alone else _UNSUSPECTED,
            deliveries.c.due_at <= now,
            or_(deliveries.c.retry_at.is_(None), deliveries.c.retry_at <= machine),
            ~func.coalesce(held, False),
            ~func.coalesce(and_(*resting), False),
        )
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=deliveries, skip_locked=True)
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


def _held_as(claimed: Claim, state: State) -> tuple[Any, ...]:
    return (deliveries.c.id == claimed.id, deliveries.c.attempt == claimed.attempt, deliveries.c.state == state)


def _still_wanted(now: datetime) -> Any:
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


def forget_tests(tx: Connection, addresses: Sequence[str]) -> None:
    """Delete the tests that went to these addresses, as they were typed."""
    tx.execute(delete(deliveries).where(deliveries.c.kind == Kind.TEST, deliveries.c.test_address.in_(addresses)))
