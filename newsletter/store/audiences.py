"""Who a campaign goes to, who is left out and why: one answer for the page that asks and for the start that draws."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select

from newsletter.domain.campaign import Audience
from newsletter.domain.subscription import Status
from newsletter.store import suppressions
from newsletter.store.tables import subscribers, subscriptions

_GETS = "gets"
_LIKE = str.maketrans({sign: f"\\{sign}" for sign in "\\%_"})


def draw(tx: Connection, list_id: int, now: datetime) -> list[tuple[int, int]]:
    """Who gets a campaign that starts now: (subscriber, subscription) of everybody confirmed and not silent."""
    question = select(subscribers.c.id, subscriptions.c.id).join(subscriptions, _of_each_other)
    gets = question.where(subscriptions.c.list_id == list_id, _standing(now) == _GETS)
    return [(row[0], row[1]) for row in tx.execute(gets.order_by(subscribers.c.id))]


def count(tx: Connection, list_id: int, now: datetime) -> Audience:
    """The same in numbers, with everybody left out under a reason (the fields of `Audience`)."""
    standing = _standing(now).label("standing")
    question = select(standing, func.count()).select_from(subscribers).join(subscriptions, _of_each_other)
    rows = tx.execute(question.where(subscriptions.c.list_id == list_id).group_by(standing))
    return Audience(**{row[0]: row[1] for row in rows})


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


def _standing(now: datetime) -> Any:
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
