"""Campaigns: their text, their state, and whom they went to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, exists, func, insert, select, update

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.domain.delivery import OPEN
from newsletter.domain.tokens import new_public_id
from newsletter.store import lookout, together
from newsletter.store.batches import ByNumber
from newsletter.store.tables import Instant, audience_parts, campaigns, deliveries, lists

_COLUMNS: tuple[Any, ...] = (
    campaigns.c.id,
    campaigns.c.public_id,
    campaigns.c.list_id,
    lists.c.slug.label("list_slug"),
    lists.c.title.label("list_title"),
    campaigns.c.subject,
    campaigns.c.body,
    campaigns.c.state,
    campaigns.c.reason,
    campaigns.c.recipients,
    campaigns.c.created_at,
    campaigns.c.scheduled_at,
    campaigns.c.started_at,
    campaigns.c.finished_at,
    lists.c.etiquette,
    lists.c.wait_days,
)

ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": (campaigns.c.id.desc(),),
    "oldest": (campaigns.c.id,),
    "subject": (func.lower(campaigns.c.subject), campaigns.c.id.desc()),
    "recipients": (func.coalesce(campaigns.c.recipients, 0).desc(), campaigns.c.id.desc()),
}


def add(tx: Connection, *, list_id: int, subject: str, body: str, now: datetime) -> str:
    """Write a draft down. Returns its public id."""
    public_id = new_public_id()
    row = insert(campaigns).values(public_id=public_id, list_id=list_id, subject=subject, body=body, created_at=now)
    tx.execute(row.values(state=CampaignState.DRAFT))
    return public_id


def by_public_id(tx: Connection, public_id: str) -> Campaign | None:
    """The campaign that a command or a page names."""
    row = tx.execute(_question().where(campaigns.c.public_id == public_id)).first()
    return _campaign(row) if row else None


def by_id(tx: Connection, campaign: int) -> Campaign | None:
    """The campaign with a number of ours."""
    row = tx.execute(_question().where(campaigns.c.id == campaign)).first()
    return _campaign(row) if row else None


def by_ids(tx: Connection, numbers: Iterable[int]) -> dict[int, Campaign]:
    """The campaigns with these numbers of ours, by number."""
    return {row.id: _campaign(row) for row in _by_number().ask(tx, numbers)}


def take(tx: Connection, public_id: str) -> Campaign | None:
    """The campaign that a command or a page names, kept from everybody else until this transaction ends."""
    row = tx.execute(_question().where(campaigns.c.public_id == public_id).with_for_update(of=campaigns)).first()
    return _campaign(row) if row else None


def everything(tx: Connection, limit: int = 200) -> list[Campaign]:
    """Campaigns, the newest first."""
    return page(tx, limit=limit)


def page(
    tx: Connection, *, state: CampaignState | None = None, order: str = "newest", limit: int, offset: int = 0
) -> list[Campaign]:
    """One page of the campaigns, of one state or of all, in one of the orders of `ORDERS`."""
    question = _question().order_by(*ORDERS[order]).limit(limit).offset(offset)
    if state is not None:
        question = question.where(campaigns.c.state == state)
    return [_campaign(row) for row in tx.execute(question)]


def count_by_state(tx: Connection) -> dict[str, int]:
    """How many campaigns are in each state."""
    return dict(tx.execute(select(campaigns.c.state, func.count()).group_by(campaigns.c.state)).all())


def change_draft(tx: Connection, campaign: int, *, list_id: int, subject: str, body: str) -> bool:
    """Rewrite a campaign that is still a draft. False when it is none any more."""
    draft = update(campaigns).where(campaigns.c.id == campaign, campaigns.c.state == CampaignState.DRAFT)
    return bool(tx.execute(draft.values(list_id=list_id, subject=subject, body=body)).rowcount)


def delete_draft(tx: Connection, campaign: int) -> bool:
    """Delete a campaign that is still a draft, its tests with it. False when it is none any more."""
    draft = delete(campaigns).where(campaigns.c.id == campaign, campaigns.c.state == CampaignState.DRAFT)
    return bool(tx.execute(draft).rowcount)


def move(tx: Connection, campaign: int, *, before: CampaignState, after: CampaignState, **values: Any) -> bool:
    """Change the state, if it is still what it was. False when somebody else was quicker."""
    moved = update(campaigns).where(campaigns.c.id == campaign, campaigns.c.state == before)
    if not tx.execute(moved.values(state=after, **values)).rowcount:
        return False
    if before is CampaignState.SENDING and after is not before:
        lookout.send_word(tx)
    return True


@dataclass(frozen=True, slots=True)
class Refused:
    """How many emails were refused for good, since a campaign began or was resumed; see `domain.refusals`.

    They are weighed when they are `look_at`; `sent_before` had been accepted when it was resumed.
    """

    refused: int
    look_at: int
    sent_before: int


def count_refused(tx: Connection, campaign: int, many: int) -> Refused | None:
    """Add emails that were refused for good to those of a campaign. None when it is not being sent any more."""
    of_it = update(campaigns).where(campaigns.c.id == campaign, campaigns.c.state == CampaignState.SENDING)
    more = of_it.values(refused=campaigns.c.refused + many)
    row = tx.execute(more.returning(campaigns.c.refused, campaigns.c.look_at, campaigns.c.sent_before)).first()
    return Refused(**row._mapping) if row else None


def look_again(tx: Connection, campaign: int, look_at: int) -> None:
    """Say with how many refusals those of a campaign are weighed next."""
    tx.execute(update(campaigns).where(campaigns.c.id == campaign).values(look_at=look_at))


def to_start(tx: Connection, now: datetime) -> list[Campaign]:
    """Campaigns whose hour has come."""
    return [_campaign(row) for row in tx.execute(_to_start(), {"now": now})]


@cache
def _to_start() -> Select[Any]:
    due = campaigns.c.scheduled_at <= bindparam("now", type_=Instant)
    ready = _question().where(campaigns.c.state == CampaignState.SCHEDULED, due)
    return ready.order_by(campaigns.c.scheduled_at)


def done(tx: Connection) -> list[Campaign]:
    """Campaigns being sent of which no email is open any more, also none in which another campaign brings theirs."""
    return [_campaign(row) for row in tx.execute(_done())]


@cache
def _done() -> Select[Any]:
    waits = exists().where(deliveries.c.campaign_id == campaigns.c.id, deliveries.c.state.in_(OPEN))
    not_owed = exists().where(audience_parts.c.campaign_id == campaigns.c.id)
    return _question().where(campaigns.c.state == CampaignState.SENDING, ~waits, ~not_owed, ~together.is_open())


@cache
def _question() -> Select[Any]:
    return select(*_COLUMNS).join(lists, lists.c.id == campaigns.c.list_id)


@cache
def _by_number() -> ByNumber:
    return ByNumber(_question(), campaigns.c.id)


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(**{**row._mapping, "state": CampaignState(row.state)})
