"""Who a campaign goes to, who is left out and why: one answer for the page that asks and for the start that draws."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
)

from newsletter.domain.campaign import Audience, CampaignState
from newsletter.domain.enrollment import Progress
from newsletter.domain.subscriber import Correspondent, Membership
from newsletter.domain.subscription import Status
from newsletter.store import suppressions
from newsletter.store.batches import among, gathered, in_one_row, unpacked
from newsletter.store.tables import Id, Instant, audience_parts, campaigns, enrollments, subscribers, subscriptions

PART = 500
"""Readers of a part: as many as a sender takes at most, and some 10 ms of work, for which one that ran dry waits."""

_GETS = "gets"
_LIKE = str.maketrans({sign: f"\\{sign}" for sign in "\\%_"})


class Reader(NamedTuple):
    """Somebody who was drawn for a campaign. `gets` is False once she left, paused or was suppressed since."""

    person: Correspondent
    membership: Membership
    address: str
    gets: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Some readers who were drawn for a campaign and are not yet owed it."""

    campaign_id: int
    readers: list[Reader]


def draw(tx: Connection, campaign: int, list_id: int, now: datetime) -> int:
    """Write down who gets a campaign that starts now: everybody confirmed and not silent. Returns how many.

    A million deliveries are a million rows in seven indexes. That many numbers are one statement, and the rows follow
    a part at a time (see `take_part`).
    """
    number = (func.row_number().over(order_by=subscribers.c.id) - 1).label("number")
    drawn = select(subscriptions.c.id.label("subscription"), number).join(subscribers, _of_each_other)
    drawn = drawn.where(subscriptions.c.list_id == list_id, _standing(now) == _GETS)
    rows = drawn.subquery("drawn")
    part = rows.c.number // literal_column(str(PART))
    numbers = gathered(tx.dialect.name, rows.c.subscription)
    parts = select(literal(campaign, Id), numbers, func.count()).group_by(part).order_by(part)
    columns = [audience_parts.c.campaign_id, audience_parts.c.subscriptions, audience_parts.c.readers]
    tx.execute(insert(audience_parts).from_select(columns, parts))
    return rest(tx, [campaign]).get(campaign, 0)


def take_part(
    tx: Connection, states: Collection[CampaignState], now: datetime, campaign: int | None = None
) -> Part | None:
    """The next part of a campaign, or of any, in one of these states, which whoever takes it owes from now on.

    Who was erased since is in it no more.
    """
    ready = select(audience_parts.c.id, audience_parts.c.campaign_id, audience_parts.c.subscriptions)
    ready = ready.join(campaigns, campaigns.c.id == audience_parts.c.campaign_id).where(campaigns.c.state.in_(states))
    if campaign is not None:
        ready = ready.where(campaigns.c.id == campaign)
    first = tx.execute(
        ready.order_by(audience_parts.c.id).limit(1).with_for_update(of=audience_parts, skip_locked=True)
    ).first()
    if first is None:
        return None
    tx.execute(delete(audience_parts).where(audience_parts.c.id == first.id))
    answer = tx.scalar(_in_part(tx.dialect.name), {"numbers": first.subscriptions, "now": now})
    return Part(first.campaign_id, [_reader(*row) for row in unpacked(answer)])


@cache
def _in_part(dialect: str) -> Select[Any]:
    columns: tuple[Any, ...] = (
        subscribers.c.id,
        subscribers.c.public_id,
        subscribers.c.name,
        subscribers.c.timezone,
        subscribers.c.discreet,
        subscribers.c.pace_weeks,
        subscriptions.c.id.label("subscription_id"),
        subscriptions.c.public_id.label("subscription_public_id"),
        subscriptions.c.list_id,
        subscribers.c.address,
        (_standing(bindparam("now", type_=Instant)) == _GETS).label("gets"),
    )
    mine = among(dialect, subscriptions.c.id, "numbers")
    people = select(*columns).join(subscriptions, _of_each_other).where(mine).order_by(subscribers.c.id)
    return in_one_row(dialect, people)


def _reader(
    number: int,
    public_id: str,
    name: str,
    timezone: str | None,
    discreet: int,
    pace: int,
    subscription: int,
    membership: str,
    to: int,
    address: str,
    gets: int,
) -> Reader:
    person = Correspondent(number, public_id, name, timezone, discreet == 1, pace)
    return Reader(person, Membership(subscription, membership, to, None), address, bool(gets))


def rest(tx: Connection, campaign_ids: Iterable[int]) -> dict[int, int]:
    """How many readers of each campaign are drawn and not yet owed it."""
    mine = audience_parts.c.campaign_id.in_(list(campaign_ids))
    many = select(audience_parts.c.campaign_id, func.sum(audience_parts.c.readers)).where(mine)
    return {row[0]: int(row[1]) for row in tx.execute(many.group_by(audience_parts.c.campaign_id))}


def has_part(tx: Connection) -> bool:
    """Whether a campaign that is being sent has readers who are not yet owed it."""
    ready = select(audience_parts.c.id).join(campaigns, campaigns.c.id == audience_parts.c.campaign_id)
    return tx.execute(ready.where(campaigns.c.state == CampaignState.SENDING).limit(1)).first() is not None


def count(tx: Connection, list_id: int, now: datetime) -> Audience:
    """The same in numbers, with everybody left out under a reason (the fields of `Audience`)."""
    standing = _standing(now).label("standing")
    question = select(standing, func.count()).select_from(subscribers).join(subscriptions, _of_each_other)
    rows = tx.execute(question.where(subscriptions.c.list_id == list_id).group_by(standing))
    return Audience(**{row[0]: row[1] for row in rows})


def count_inside(tx: Connection, list_id: int, now: datetime) -> int:
    """How many of those who would get it are in a course just now."""
    active = enrollments.c.subscriber_id == subscribers.c.id, enrollments.c.state == Progress.ACTIVE
    inside = select(func.count()).select_from(subscribers).join(subscriptions, _of_each_other)
    inside = inside.where(subscriptions.c.list_id == list_id, _standing(now) == _GETS, exists().where(*active))
    return tx.scalar(inside) or 0


def search(tx: Connection, list_id: int, words: str, limit: int) -> list[Row[Any]]:
    """Confirmed readers of a list whose address holds these words: rows of public_id, address and name."""
    holds = func.lower(subscribers.c.address).like(f"%{words.lower().translate(_LIKE)}%", escape="\\")
    return list(tx.execute(_readers(list_id).where(holds).order_by(subscribers.c.address).limit(limit)))


def reader(tx: Connection, list_id: int, public_id: str) -> Row[Any] | None:
    """A confirmed reader of a list, with the numbers of person and subscription as id and subscription_id."""
    return tx.execute(_readers(list_id).where(subscribers.c.public_id == public_id)).first()


_of_each_other = subscriptions.c.subscriber_id == subscribers.c.id


def _readers(list_id: int) -> Select[Any]:
    columns: tuple[Any, ...] = (
        subscribers.c.id,
        subscribers.c.public_id,
        subscribers.c.address,
        subscribers.c.name,
        subscriptions.c.id.label("subscription_id"),
    )
    confirmed = subscriptions.c.status == Status.CONFIRMED
    return select(*columns).join(subscriptions, _of_each_other).where(subscriptions.c.list_id == list_id, confirmed)


def _standing(now: datetime | ColumnElement[datetime]) -> Any:
    """The first reason that keeps a campaign from somebody, or that she gets it."""
    suppressed = suppressions.silences()
    return case(
        (subscriptions.c.status == Status.SUPPRESSED, "suppressed"),
        (suppressed, "suppressed"),
        (subscriptions.c.status == Status.PENDING, "pending"),
        (subscriptions.c.status != Status.CONFIRMED, "left"),
        (subscribers.c.held_reason.is_not(None), "held"),
        (subscribers.c.paused_until > now, "paused"),
        else_=_GETS,
    )
