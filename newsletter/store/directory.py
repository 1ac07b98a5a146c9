"""The people as the studio lists them: searched, filtered, sorted, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, tuple_

from newsletter.domain.subscription import Status
from newsletter.store.tables import lists, subscribers, subscriptions

SORTS = ("newest", "oldest", "address")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody asks for; None asks for all. `words` is a part of an address or a name."""

    words: str = ""
    status: Status | None = None
    list_id: int | None = None
    paused_at: datetime | None = None
    """People whose pause lasts beyond this instant."""
    held: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list: a person, and where she stands with each of her lists (slug, title, status)."""

    id: int
    public_id: str
    address: str
    name: str
    created_at: datetime
    paused_until: datetime | None
    held_reason: str | None
    standings: list[tuple[str, str, Status]] = field(default_factory=list)


_LITERAL = str.maketrans({sign: f"\\{sign}" for sign in "\\%_"})
_ENTRY: tuple[Any, ...] = (
    subscribers.c.id,
    subscribers.c.public_id,
    subscribers.c.address,
    subscribers.c.name,
    subscribers.c.created_at,
    subscribers.c.paused_until,
    subscribers.c.held_reason,
)


def page(tx: Connection, wanted: Wanted, *, sort: str, after: int | None = None, limit: int = 50) -> list[Entry]:
    """People in the order of `sort`, from behind the person with the number `after` on."""
    question = select(*_ENTRY)
    match sort:
        case "address":
            question = question.order_by(subscribers.c.address, subscribers.c.id)
        case "oldest":
            question = question.order_by(subscribers.c.id)
        case _:
            question = question.order_by(subscribers.c.id.desc())
    if after is not None:
        question = question.where(_behind(sort, after))
    return _entries(tx, question.where(*_conditions(tx, wanted)).limit(limit))


def entry(tx: Connection, person: int) -> Entry | None:
    """The line of one person."""
    return next(iter(_entries(tx, select(*_ENTRY).where(subscribers.c.id == person))), None)


def table(tx: Connection, list_id: int | None) -> list[tuple[Any, ...]]:
    """Every subscription, or those of one list: address, name, zone, list, status, requested, confirmed, left."""
    question = (
        select(
            *(subscribers.c.address, subscribers.c.name, subscribers.c.timezone, lists.c.slug, subscriptions.c.status),
            *(subscriptions.c.requested_at, subscriptions.c.confirmed_at, subscriptions.c.left_at),
        )
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .join(lists, lists.c.id == subscriptions.c.list_id)
        .order_by(subscribers.c.id, lists.c.slug)
    )
    return [tuple(row) for row in tx.execute(question if list_id is None else question.where(lists.c.id == list_id))]


def _entries(tx: Connection, question: Select[Any]) -> list[Entry]:
    entries = {row.id: Entry(**row._mapping) for row in tx.execute(question)}
    for person, slug, title, status in _standings(tx, list(entries)):
        entries[person].standings.append((slug, title, Status(status)))
    return list(entries.values())


def count(tx: Connection, wanted: Wanted) -> int:
    """How many people are wanted."""
    return tx.scalar(select(func.count()).select_from(subscribers).where(*_conditions(tx, wanted))) or 0


def _behind(sort: str, after: int) -> ColumnElement[bool]:
    if sort == "address":
        here = select(subscribers.c.address).where(subscribers.c.id == after).scalar_subquery()
        return tuple_(subscribers.c.address, subscribers.c.id) > tuple_(here, after)
    return subscribers.c.id > after if sort == "oldest" else subscribers.c.id < after


def _conditions(tx: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Each wish as a set of people found by its own index, so that no order of the page makes it a long walk."""
    sets = []
    some = subscribers.alias("some")
    belongs = [_subscribed(wanted)] if wanted.status is not None or wanted.list_id is not None else []
    if wanted.words:
        part = f"%{wanted.words.translate(_LITERAL)}%"
        # SQLite's LIKE knows no case (of ASCII letters), and ILIKE would lower every address first: half as fast.
        like = "like" if tx.dialect.name == "sqlite" else "ilike"
        holds = [getattr(column, like)(part, escape="\\") for column in (some.c.address, some.c.name)]
        # Who stands so is asked of those alone whom the words find: a set of 44,000 more took twice as long.
        hers = [one.where(subscriptions.c.subscriber_id == some.c.id).exists() for one in belongs]
        sets.append(select(some.c.id).where(or_(*holds), *hers))
    else:
        sets += belongs
    if wanted.held:
        sets.append(select(some.c.id).where(some.c.held_reason.is_not(None)))
    if wanted.paused_at is not None:
        lasting = some.c.paused_until.is_not(None), some.c.paused_until > wanted.paused_at
        sets.append(select(some.c.id).where(*lasting))
    return [subscribers.c.id.in_(people) for people in sets]


def _subscribed(wanted: Wanted) -> Select[Any]:
    """The people of a list, of a status, or of both."""
    question = select(subscriptions.c.subscriber_id)
    if wanted.status is not None:
        question = question.where(subscriptions.c.status == wanted.status)
    if wanted.list_id is not None:
        question = question.where(subscriptions.c.list_id == wanted.list_id)
    return question


def _standings(tx: Connection, people: Sequence[int]) -> list[Any]:
    question = (
        select(subscriptions.c.subscriber_id, lists.c.slug, lists.c.title, subscriptions.c.status)
        .join(lists, lists.c.id == subscriptions.c.list_id)
        .where(subscriptions.c.subscriber_id.in_(people))
        .order_by(lists.c.slug)
    )
    return list(tx.execute(question))
