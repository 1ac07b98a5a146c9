"""The lists that people subscribe to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from newsletter.domain.subscription import Status
from newsletter.domain.tokens import new_public_id
from newsletter.store.batches import ByNumber
from newsletter.store.engine import insert_new
from newsletter.store.tables import lists, subscriptions

_COLUMNS = (lists.c.id, lists.c.public_id, lists.c.slug, lists.c.title, lists.c.etiquette, lists.c.wait_days)
_BY_NUMBER = ByNumber(select(*_COLUMNS), lists.c.id)


@dataclass(frozen=True, slots=True)
class MailingList:
    """A list; `confirmed` is how many confirmed subscriptions it has, where they were counted.

    `etiquette` is what its campaigns do beside a course, `wait_days` how long they wait at most (`domain.etiquette`).
    """

    id: int
    public_id: str
    slug: str
    title: str
    etiquette: str = "anyway"
    wait_days: int = 120
    confirmed: int = 0


def add(tx: Connection, *, slug: str, title: str, now: datetime) -> bool:
    """Make a list. False when the slug is taken; that list is left as it is."""
    row = insert_new(tx, lists).values(public_id=new_public_id(), slug=slug, title=title, created_at=now)
    return bool(tx.execute(row.on_conflict_do_nothing(index_elements=["slug"])).rowcount)


def by_slug(tx: Connection, slug: str) -> MailingList | None:
    """The list with a slug."""
    if "\0" in slug:  # PostgreSQL cannot even be asked for it
        return None
    row = tx.execute(select(*_COLUMNS).where(lists.c.slug == slug))
    found = row.first()
    return MailingList(**found._mapping) if found else None


def set_etiquette(tx: Connection, slug: str, etiquette: str, wait_days: int | None) -> None:
    """Say what a list's campaigns do beside a course; None leaves the days as they are."""
    values = {"etiquette": etiquette} | ({} if wait_days is None else {"wait_days": wait_days})
    tx.execute(update(lists).where(lists.c.slug == slug).values(**values))


def by_ids(tx: Connection, numbers: Iterable[int]) -> dict[int, MailingList]:
    """The lists with these numbers of ours, by number."""
    return {row.id: MailingList(**row._mapping) for row in _BY_NUMBER.ask(tx, numbers)}


def named(tx: Connection) -> list[MailingList]:
    """All lists, with nobody counted: among 50,000 people that takes ten milliseconds."""
    question = select(*_COLUMNS).order_by(lists.c.slug)
    return [MailingList(**row._mapping) for row in tx.execute(question)]


def everything(tx: Connection) -> list[MailingList]:
    """All lists with their confirmed subscribers counted."""
    on = (subscriptions.c.list_id == lists.c.id) & (subscriptions.c.status == Status.CONFIRMED)
    question = (
        select(*_COLUMNS, func.count(subscriptions.c.id).label("confirmed"))
        .join(subscriptions, on, isouter=True)
        .group_by(*_COLUMNS)
        .order_by(lists.c.slug)
    )
    return [MailingList(**row._mapping) for row in tx.execute(question)]
