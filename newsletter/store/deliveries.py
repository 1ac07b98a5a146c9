"""Every email we owe somebody, and what became of it.

A row is planned as `queued`; `dispatch` takes it from there.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    text,
    update,
)

from newsletter.domain.delivery import PRIORITY, Kind, Priority, State
from newsletter.domain.etiquette import CAME_WITH
from newsletter.domain.tokens import new_public_id
from newsletter.store.engine import insert_new
from newsletter.store.tables import (
    Instant,
    deliveries,
)

WAITING = (State.QUEUED, State.DEFERRED, State.UNCERTAIN)
NAMED_AT_RANDOM = (text("deliveries.kind <> 'campaign' AND coalesce(deliveries.occasion, 1) > 0"),)
"""Of these the public id stands in an index, whose condition this is, word for word."""

UNTRIED: dict[str, Any] = {"tries": 0, "first_try_at": None, "retry_at": None}
"""Seventy-two hours of patience must not run out while a letter waits for the end of a pause."""

NOT_HAD = (State.EXPIRED, State.SKIPPED)
"""A lesson in one of these was planned and never reached her: given up, or ended because she left."""


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


def lessons_had(tx: Connection, enrollment_ids: Iterable[int]) -> dict[int, dict[int, datetime]]:
    """By enrollment, the lessons that she had, or that are on their way, and when each was first planned."""
    question = select(deliveries.c.enrollment_id, deliveries.c.lesson_id, func.min(deliveries.c.planned_at)).where(
        deliveries.c.enrollment_id.in_(list(enrollment_ids)), deliveries.c.state.not_in(NOT_HAD)
    )
    had: dict[int, dict[int, datetime]] = {}
    for enrollment, lesson, planned in tx.execute(question.group_by(*question.selected_columns[:2])):
        if enrollment is not None and lesson is not None:
            had.setdefault(enrollment, {})[lesson] = planned
    return had


def waiting_lesson(tx: Connection, enrollment: int) -> int | None:
    """The lesson delivery of an enrollment that is planned and not in a sender's hands."""
    question = select(deliveries.c.id).where(
        deliveries.c.enrollment_id == enrollment, deliveries.c.state.in_(WAITING), deliveries.c.occasion == 0
    )
    return tx.scalar(question.order_by(deliveries.c.id).limit(1))


def move_due(tx: Connection, delivery: int, due: datetime) -> None:
    """Give a waiting delivery another due time, and our patience with it anew."""
    moved = update(deliveries).where(deliveries.c.id == delivery, deliveries.c.state.in_(WAITING))
    tx.execute(moved.values(due_at=due, **UNTRIED))


def urgent_mails(tx: Connection, subscriber: int, kinds: Iterable[Kind], *, since: datetime | None) -> list[datetime]:
    """When a person was owed mails of these kinds, the oldest first, from `since` on. Machine time."""
    question = select(deliveries.c.created_at).where(
        deliveries.c.subscriber_id == subscriber,
        deliveries.c.kind.in_(list(kinds)),
        deliveries.c.state != State.SKIPPED,
    )
    return sorted(created for created in tx.scalars(question) if since is None or created >= since)


def skip_waiting(tx: Connection, reason: str, machine: datetime, **causes: int) -> int:
    """Skip what waits for one cause (campaign_id=…, or subscriber_id=… and subscription_id=…). Returns how many."""
    mine = [deliveries.c[column] == value for column, value in causes.items()]
    ended = update(deliveries).where(*mine, deliveries.c.state.in_(WAITING))
    return tx.execute(ended.values(state=State.SKIPPED, reason=reason, settled_at=machine)).rowcount


class Skipped(NamedTuple):
    """A campaign's letter that was skipped; `brings` says whether other campaigns were to come in the same mail."""

    delivery: int
    campaign: int
    brings: bool


def skipped_of_campaigns(tx: Connection, subscriber: int, subscription: int, reason: str) -> list[Skipped]:
    """The letters of campaigns to a subscription of hers that were skipped for a reason."""
    other = deliveries.alias("other")
    comes_with = other.c.reason == literal(CAME_WITH).concat(deliveries.c.public_id)
    brings = exists().where(other.c.subscriber_id == deliveries.c.subscriber_id, comes_with)
    mine = deliveries.c.subscriber_id == subscriber, deliveries.c.subscription_id == subscription
    skipped = deliveries.c.kind == Kind.CAMPAIGN, deliveries.c.state == State.SKIPPED, deliveries.c.reason == reason
    question = select(deliveries.c.id, deliveries.c.campaign_id, brings).where(*mine, *skipped)
    return [Skipped(*row) for row in tx.execute(question.order_by(deliveries.c.id))]


def wait_after_all(tx: Connection, delivery: int, reason: str | None) -> None:
    """Let a delivery that was skipped wait as before; `reason` stands beside it again."""
    back = update(deliveries).where(deliveries.c.id == delivery, deliveries.c.state == State.SKIPPED)
    tx.execute(back.values(state=State.QUEUED, reason=reason, settled_at=None))


def skip_asked_for(tx: Connection, subscriber: int, reason: str, machine: datetime) -> None:
    """Skip the lessons that a person asked to have again and that wait."""
    mine = deliveries.c.subscriber_id == subscriber, deliveries.c.kind == Kind.LESSON, deliveries.c.occasion > 0
    ended = update(deliveries).where(*mine, deliveries.c.state.in_(WAITING))
    tx.execute(ended.values(state=State.SKIPPED, reason=reason, settled_at=machine))


def go_on(tx: Connection, campaign: int, now: datetime, machine: datetime) -> None:
    """After a pause, let our patience with a campaign's emails go on as it stood at their last try.

    The seventy-two hours of a delivery count from its first try, which is moved by the time nobody could try it; and
    for how long one may wait for another letter of its day counts from now.
    """
    of_it = deliveries.c.campaign_id == campaign, deliveries.c.state.in_(WAITING)
    tx.execute(update(deliveries).where(*of_it, deliveries.c.planned_at < now).values(planned_at=now))
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
    """The delivery that a link names, if its name was drawn at random."""
    return tx.execute(select(deliveries).where(deliveries.c.public_id == public_id, *NAMED_AT_RANDOM)).first()


def of_campaign(tx: Connection, campaign: int, subscriber: int) -> Row[Any] | None:
    """A campaign's delivery to somebody."""
    hers = deliveries.c.campaign_id == campaign, deliveries.c.subscriber_id == subscriber
    return tx.execute(select(deliveries).where(*hers)).first()


def of_lesson(tx: Connection, lesson: int, enrollment: int) -> Row[Any] | None:
    """The delivery by which a course gives somebody a lesson."""
    hers = deliveries.c.enrollment_id == enrollment, deliveries.c.lesson_id == lesson, deliveries.c.occasion == 0
    return tx.execute(select(deliveries).where(*hers)).first()


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


def forget_tests(tx: Connection, addresses: Sequence[str]) -> None:
    """Delete the tests that went to these addresses, as they were typed."""
    tx.execute(delete(deliveries).where(deliveries.c.kind == Kind.TEST, deliveries.c.test_address.in_(addresses)))
