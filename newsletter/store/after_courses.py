"""Campaign letters that wait for the end of their readers' courses, and where these readers stand with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, func, literal, select, update

from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import State
from newsletter.domain.enrollment import Progress
from newsletter.domain.etiquette import AWAITING, AWAITS, CAME_WITH, LET_GO, ONE_MAIL, Etiquette
from newsletter.store.batches import among, in_one_row, instant, packed, unpacked
from newsletter.store.deliveries import WAITING
from newsletter.store.tables import Instant, campaigns, deliveries, enrollments, subscribers, subscriptions


class Whereabouts(NamedTuple):
    """A reader's hour, whether she is in a course and when its next letter is due, or since when she is in none."""

    hour: int
    paused_until: datetime | None
    is_inside: bool
    next_due: datetime | None
    over_since: datetime | None


class Awaiting(NamedTuple):
    """A letter of a campaign that is being sent and that waits for the end of its reader's course."""

    reader: int
    list_id: int
    delivery: int
    campaign: int
    etiquette: Etiquette


_AWAITS = and_(deliveries.c.state == State.QUEUED, deliveries.c.reason.in_(sorted(AWAITING)))
_OF = {words: etiquette for etiquette, words in AWAITS.items()}


def whereabouts(
    tx: Connection, readers: Iterable[int], now: datetime, *, inside: bool = False
) -> dict[int, Whereabouts]:
    """Where these readers stand, by number; only those who are in a course, if `inside`."""
    values = {"readers": packed(list(readers)), "now": now}
    rows = unpacked(tx.scalar(_whereabouts(tx.dialect.name, inside=inside), values))
    return {
        reader: Whereabouts(hour, instant(paused), bool(is_inside), instant(due), instant(over))
        for reader, hour, paused, is_inside, due, over in rows
    }


@cache
def _whereabouts(dialect: str, *, inside: bool) -> Select[Any]:
    run, now = enrollments.c, bindparam("now", type_=Instant)
    is_active = run.state == Progress.ACTIVE
    active = func.max(case((is_active, 1), else_=0))
    last_slot = case((run.last_slot_at <= now, run.last_slot_at))  # one that she skipped may lie ahead
    later = func.max(run.ended_at), func.max(last_slot)
    over = case((func.coalesce(later[0] > later[1], later[1].is_(None)), later[0]), else_=later[1])
    due = func.min(case((is_active, run.next_due_at)))
    hers = subscribers.c.id, subscribers.c.hour, subscribers.c.paused_until
    question = select(*hers, active, due.label("due"), over.label("over"))
    question = question.join(enrollments, run.subscriber_id == subscribers.c.id, isouter=True)
    question = question.where(among(dialect, subscribers.c.id, "readers"))
    question = question.group_by(*hers)
    return in_one_row(dialect, question.having(active == 1) if inside else question)


def of_readers(tx: Connection, readers: Iterable[int]) -> list[Awaiting]:
    """All that waits so for these readers, the oldest first."""
    columns = deliveries.c.subscriber_id, subscriptions.c.list_id, deliveries.c.id, deliveries.c.campaign_id
    question = select(*columns, deliveries.c.reason).join(
        subscriptions, subscriptions.c.id == deliveries.c.subscription_id
    )
    question = question.join(campaigns, campaigns.c.id == deliveries.c.campaign_id)
    hers = among(tx.dialect.name, deliveries.c.subscriber_id, "readers")
    question = question.where(hers, _AWAITS, campaigns.c.state == CampaignState.SENDING).order_by(deliveries.c.id)
    rows = tx.execute(question, {"readers": packed(list(readers))})
    return [Awaiting(*row[:4], _OF[row[4]]) for row in rows]


def lock(tx: Connection, numbers: Sequence[int]) -> set[int]:
    """Of these letters those that wait and that nobody else holds; kept from others until the transaction ends."""
    mine = select(deliveries.c.id).where(deliveries.c.id.in_(numbers), _AWAITS)
    return set(tx.scalars(mine.with_for_update(skip_locked=True)))


def wait_no_more(tx: Connection, numbers: Sequence[int], reason: str | None = None) -> None:
    """Let letters be what any other letter of a campaign is; `reason` stands beside them from now on."""
    tx.execute(update(deliveries).where(deliveries.c.id.in_(numbers), _AWAITS).values(reason=reason))


def came_with(tx: Connection, numbers: Sequence[int], reason: str, machine: datetime) -> None:
    """End letters that come with another one."""
    ended = update(deliveries).where(deliveries.c.id.in_(numbers), _AWAITS)
    tx.execute(ended.values(state=State.SKIPPED, reason=reason, settled_at=machine))


class Bundled(NamedTuple):
    """A letter that is to come with another one, which still waits; and the campaign of each."""

    delivery: int
    campaign: int
    carrier: int


def bundled(tx: Connection, campaign: int) -> list[Bundled]:
    """What is to come in one mail that still waits, where either letter is of this campaign."""
    carrier = deliveries.alias("carrier")
    hers = carrier.c.subscriber_id == deliveries.c.subscriber_id
    comes_with = deliveries.c.reason == literal(CAME_WITH).concat(carrier.c.public_id)
    question = select(deliveries.c.id, deliveries.c.campaign_id, carrier.c.campaign_id).join(
        carrier, and_(hers, comes_with)
    )
    question = question.where(carrier.c.reason == ONE_MAIL, carrier.c.state.in_(WAITING))
    either = [
        question.where(carrier.c.campaign_id == campaign),
        question.where(deliveries.c.campaign_id == campaign, deliveries.c.state == State.SKIPPED),
    ]
    return [Bundled(*row) for one in either for row in tx.execute(one)]


def wait_again(tx: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Let letters wait for their turn again that were to come with another one."""
    freed = update(deliveries).where(deliveries.c.id.in_(numbers), deliveries.c.state == State.SKIPPED)
    values = {"state": State.QUEUED, "reason": AWAITS[Etiquette.DIGEST], "settled_at": None, "due_at": now}
    tx.execute(freed.values(**values))


def come_no_more(tx: Connection, numbers: Sequence[int], reason: str) -> None:
    """Say of letters that were to come with another one that they come no more."""
    tx.execute(update(deliveries).where(deliveries.c.id.in_(numbers)).values(reason=reason))


def brought(tx: Connection, readers: Iterable[int], reasons: Sequence[str]) -> list[tuple[str, int]]:
    """What came with other letters to these readers: the reason beside each, and its campaign; the oldest first."""
    question = select(deliveries.c.reason, deliveries.c.campaign_id).where(
        among(tx.dialect.name, deliveries.c.subscriber_id, "readers"), deliveries.c.reason.in_(reasons)
    )
    rows = tx.execute(question.order_by(deliveries.c.id), {"readers": packed(list(readers))})
    return [(row[0], row[1]) for row in rows]


def count(tx: Connection, campaign: int) -> int:
    """How many letters of a campaign wait so."""
    of_it = deliveries.c.campaign_id == campaign
    return tx.scalar(select(func.count()).select_from(deliveries).where(of_it, _AWAITS)) or 0


def bring_forward(tx: Connection, reader: int, to: datetime) -> None:
    """Ask again at an instant, or before it, about what waits so for one reader: a course of hers ended."""
    later = update(deliveries).where(deliveries.c.subscriber_id == reader, _AWAITS, deliveries.c.due_at > to)
    tx.execute(later.values(due_at=to))


def send_now(tx: Connection, campaign: int, now: datetime) -> int:
    """Let all that waits so of a campaign go now, but not to those who are on pause. Returns how many go.

    They are planned anew: what kept them until now is no reason why they should not wait a day.
    """
    is_paused = exists().where(subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.paused_until > now)
    of_it = update(deliveries).where(deliveries.c.campaign_id == campaign, _AWAITS, ~is_paused)
    return tx.execute(of_it.values(reason=None, due_at=now, planned_at=now)).rowcount


def let_go(tx: Connection, campaign: int, machine: datetime) -> int:
    """End all that waits so of a campaign. Returns how many."""
    of_it = update(deliveries).where(deliveries.c.campaign_id == campaign, _AWAITS)
    return tx.execute(of_it.values(state=State.SKIPPED, reason=LET_GO, settled_at=machine)).rowcount
