"""Who gets another letter on the same day: asked for a batch of readers, once for each kind of letter."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, exists, or_, select

from newsletter.domain.delivery import State
from newsletter.domain.enrollment import Progress
from newsletter.store.batches import among, in_one_row, instant, packed, unpacked
from newsletter.store.tables import Instant, campaigns, deliveries, enrollments, skips


class Lessons(NamedTuple):
    """When a reader's course has or had a lesson for her; `next_due` None when none is to come soon."""

    subscriber: int
    enrollment: int
    last_slot: datetime | None
    next_due: datetime | None
    is_skipped: bool
    """Whether she skipped `last_slot`, so that nothing came then."""


def lessons_near(tx: Connection, subscribers: Iterable[int], *, soon: datetime, lately: datetime) -> list[Lessons]:
    """Of these readers' lessons those due before `soon`, and those whose slot was after `lately`."""
    values = {"readers": packed(list(subscribers)), "soon": soon, "lately": lately}
    rows = unpacked(tx.scalar(_lessons_near(tx.dialect.name), values))
    return [
        Lessons(reader, number, instant(last), instant(due), bool(skipped))
        for reader, number, last, due, skipped in rows
    ]


@cache
def _lessons_near(dialect: str) -> Select[Any]:
    row = enrollments.c
    to_come = and_(
        row.state == Progress.ACTIVE, row.held_reason.is_(None), row.next_due_at < bindparam("soon", type_=Instant)
    )
    had = row.last_slot_at > bindparam("lately", type_=Instant)
    skipped = exists().where(skips.c.enrollment_id == row.id, skips.c.slot == row.last_slot_at)
    question = select(row.subscriber_id, row.id, row.last_slot_at, row.next_due_at, skipped.label("skipped"))
    hers = among(dialect, row.subscriber_id, "readers"), row.state != Progress.LEFT
    return in_one_row(dialect, question.where(*hers, or_(to_come, had)))


def lessons_out(tx: Connection, runs: Iterable[int], since: datetime) -> list[tuple[int, datetime | None]]:
    """The course's own lessons of these runs that went out since, or are on their way (None), each with its reader."""
    question = select(deliveries.c.subscriber_id, deliveries.c.sent_at).where(
        among(tx.dialect.name, deliveries.c.enrollment_id, "wanted"),
        deliveries.c.occasion == 0,
        or_(deliveries.c.state == State.SENDING, deliveries.c.sent_at > since),
    )
    return [(row[0], row[1]) for row in tx.execute(question, {"wanted": packed(list(runs))})]


def under_way(tx: Connection, since: datetime) -> list[int]:
    """The campaigns that may have gone out to somebody since."""
    return list(tx.scalars(_under_way(), {"since": since}))


@cache
def _under_way() -> Select[Any]:
    lasts = or_(campaigns.c.finished_at.is_(None), campaigns.c.finished_at > bindparam("since", type_=Instant))
    return select(campaigns.c.id).where(campaigns.c.started_at.is_not(None), lasts).order_by(campaigns.c.id)


def take_turns(tx: Connection, numbers: Iterable[int]) -> None:
    """Let nobody else look at these campaigns' letters until this transaction ends: of two the second sees the first's.

    Without it two senders, each with a campaign of its own, would both find a reader's day free.
    """
    mine = select(campaigns.c.id).where(campaigns.c.id.in_(list(numbers))).order_by(campaigns.c.id)
    tx.execute(mine.with_for_update(key_share=True))


def campaigns_out(
    tx: Connection, numbers: Iterable[int], subscribers: Iterable[int], since: datetime
) -> list[tuple[int, int, datetime | None]]:
    """These campaigns' letters to these readers that went out since, or are on their way (None).

    Each is a campaign, its reader, and when it was sent. One that was tried and has to be tried again asks itself.
    """
    question = select(deliveries.c.campaign_id, deliveries.c.subscriber_id, deliveries.c.sent_at).where(
        deliveries.c.campaign_id.in_(list(numbers)),
        among(tx.dialect.name, deliveries.c.subscriber_id, "readers"),
        or_(deliveries.c.state == State.SENDING, deliveries.c.sent_at > since),
    )
    return [(row[0], row[1], row[2]) for row in tx.execute(question, {"readers": packed(list(subscribers))})]


def planned_before(tx: Connection, numbers: Iterable[int], moment: datetime) -> set[int]:
    """Of these deliveries, by number, those that were planned before an instant."""
    question = select(deliveries.c.id).where(
        among(tx.dialect.name, deliveries.c.id, "wanted"), deliveries.c.planned_at < moment
    )
    return set(tx.scalars(question, {"wanted": packed(list(numbers))}))
