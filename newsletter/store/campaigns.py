"""Campaigns: their text, their state, and whom they went to."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, insert, select, update

from newsletter.domain.campaign import Campaign, CampaignState
from newsletter.domain.delivery import OPEN
from newsletter.domain.subscription import Status
from newsletter.domain.tokens import new_public_id
from newsletter.store.tables import campaigns, deliveries, lists, subscribers, subscriptions, suppressions

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
)


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


def everything(tx: Connection, limit: int = 200) -> list[Campaign]:
    """Campaigns, the newest first."""
    return [_campaign(row) for row in tx.execute(_question().order_by(campaigns.c.id.desc()).limit(limit))]


def move(tx: Connection, campaign: int, *, before: CampaignState, after: CampaignState, **values: Any) -> bool:
    """Change the state, if it is still what it was. False when somebody else was quicker."""
    moved = update(campaigns).where(campaigns.c.id == campaign, campaigns.c.state == before)
    return bool(tx.execute(moved.values(state=after, **values)).rowcount)


def to_start(tx: Connection, now: datetime) -> list[Campaign]:
    """Campaigns whose hour has come."""
    ready = _question().where(campaigns.c.state == CampaignState.SCHEDULED, campaigns.c.scheduled_at <= now)
    return [_campaign(row) for row in tx.execute(ready.order_by(campaigns.c.scheduled_at))]


def done(tx: Connection) -> list[Campaign]:
    """Campaigns being sent of which no email is open any more."""
    return [_campaign(row) for row in tx.execute(_done())]


def audience(tx: Connection, list_id: int, now: datetime) -> list[tuple[int, int]]:
    """Who gets a campaign that starts now: (subscriber, subscription) of everybody confirmed and not silent."""
    suppressed = exists().where(suppressions.c.address_key == subscribers.c.address_key)
    question = (
        select(subscribers.c.id, subscriptions.c.id)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(
            subscriptions.c.list_id == list_id,
            subscriptions.c.status == Status.CONFIRMED,
            subscribers.c.held_reason.is_(None),
            (subscribers.c.paused_until.is_(None)) | (subscribers.c.paused_until <= now),
            ~suppressed,
        )
        .order_by(subscribers.c.id)
    )
    return list(tx.execute(question))


@cache
def _done() -> Select[Any]:
    waits = exists().where(deliveries.c.campaign_id == campaigns.c.id, deliveries.c.state.in_(OPEN))
    return _question().where(campaigns.c.state == CampaignState.SENDING, ~waits)


@cache
def _question() -> Select[Any]:
    return select(*_COLUMNS).join(lists, lists.c.id == campaigns.c.list_id)


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(**{**row._mapping, "state": CampaignState(row.state)})
