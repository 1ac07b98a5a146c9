"""How far campaigns are and who got them, counted from the ledger."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from newsletter.domain.campaign import Account, Campaign, CampaignState, Tally
from newsletter.domain.delivery import Kind, State
from newsletter.domain.etiquette import CAME_WITH
from newsletter.store import audiences, together
from newsletter.store.ledger import Refusal
from newsletter.store.tables import campaigns, deliveries, subscribers

WORDS: dict[str, tuple[State, ...]] = {
    "queued": (State.QUEUED, State.SENDING),
    "sent": (State.SENT,),
    "deferred": (State.DEFERRED,),
    "uncertain": (State.UNCERTAIN,),
    "failed": (State.FAILED, State.EXPIRED),
    "skipped": (State.SKIPPED,),
}
"""What a campaign's page calls the states of its emails: the fields of `Tally`."""

_COUNTS = deliveries.c.kind == Kind.CAMPAIGN


def tallies(tx: Connection, campaign_ids: Iterable[int]) -> dict[int, Tally]:
    """What became of the emails of each campaign, those drawn and not yet owed included; tests do not count.

    What came in one mail with another campaign counts as that mail does.
    """
    counted: dict[int, Counter[str]] = {campaign: Counter() for campaign in campaign_ids}
    columns = deliveries.c.campaign_id, deliveries.c.state
    question = select(*columns, func.count()).where(deliveries.c.campaign_id.in_(list(counted)), _COUNTS)
    for campaign, state, number in tx.execute(question.group_by(*columns)):
        counted[campaign][_word(state)] += number
    for fate in together.fates(tx, counted):
        counted[fate.campaign]["skipped"] -= fate.letters
        counted[fate.campaign][_word(fate.state)] += fate.letters
    for campaign, readers in audiences.rest(tx, counted).items():
        counted[campaign]["skipped" if campaign in _cancelled(tx) else "queued"] += readers
    return {campaign: Tally(**numbers) for campaign, numbers in counted.items()}


def account(tx: Connection, one: Campaign, tally: Tally) -> Account:
    """What its numbers leave open: who got it in one mail with others, why it was skipped, and who is gone."""
    mine = deliveries.c.campaign_id == one.id, deliveries.c.state == State.SKIPPED, _COUNTS
    alone = or_(deliveries.c.reason.is_(None), ~deliveries.c.reason.startswith(CAME_WITH))
    question = select(deliveries.c.reason, func.count()).where(*mine, alone).group_by(deliveries.c.reason)
    skipped = Counter({reason or "": number for reason, number in tx.execute(question)})
    others = together.fates(tx, [one.id])
    for fate in others:
        if fate.state is State.SKIPPED:
            skipped[fate.reason or ""] += fate.letters
    if one.state is CampaignState.CANCELLED and (undrawn := audiences.rest(tx, [one.id]).get(one.id)):
        skipped["cancelled"] += undrawn
    came = sum(fate.letters for fate in others if fate.state is State.SENT)
    return Account(came + together.brought(tx, one.id), dict(skipped), max((one.recipients or 0) - tally.emails, 0))


def _word(state: str) -> str:
    return next(word for word, states in WORDS.items() if state in states)


def _cancelled(tx: Connection) -> set[int]:
    return set(tx.scalars(select(campaigns.c.id).where(campaigns.c.state == CampaignState.CANCELLED)))


def sent_since(tx: Connection, campaign: int, since: datetime) -> tuple[int, datetime | None]:
    """How many emails of a campaign the server took since an instant, and when the first of them (machine time)."""
    question = select(func.count(), func.min(deliveries.c.settled_at)).where(
        deliveries.c.campaign_id == campaign,
        deliveries.c.state == State.SENT,
        deliveries.c.settled_at >= since,
        _COUNTS,
    )
    number, first = tx.execute(question).one()
    return number, first


def sent(tx: Connection, campaign: int) -> int:
    """How many emails of a campaign the server took."""
    of_it = deliveries.c.campaign_id == campaign, deliveries.c.state == State.SENT, _COUNTS
    return tx.scalar(select(func.count()).where(*of_it)) or 0


def waiting(tx: Connection, campaign: int) -> int:
    """How many emails of a campaign may still go out."""
    return tallies(tx, [campaign])[campaign].waiting


def refusals(tx: Connection, campaign: int) -> list[Refusal]:
    """The server's words with which emails of a campaign were refused for good; the most frequent first."""
    of_it = deliveries.c.campaign_id == campaign, deliveries.c.state == State.FAILED, _COUNTS
    many = func.count().label("many")
    question = select(deliveries.c.reply, many).where(*of_it, deliveries.c.reply.is_not(None))
    grouped = question.group_by(deliveries.c.reply).order_by(many.desc(), deliveries.c.reply)
    return [Refusal(State.FAILED, row.reply, row.many) for row in tx.execute(grouped)]


def recipients(tx: Connection, campaign: int, states: Sequence[State], *, after: int = 0, limit: int) -> list[Row[Any]]:
    """Who was owed a campaign and what became of it, from a subscriber's number on; in these states, or in any.

    What came in one mail with another campaign stands as that mail does.
    """
    question = (
        select(
            deliveries.c.subscriber_id,
            subscribers.c.public_id,
            subscribers.c.address,
            subscribers.c.name,
            deliveries.c.state,
            deliveries.c.tries,
            deliveries.c.sent_at,
            deliveries.c.settled_at,
            deliveries.c.retry_at,
            deliveries.c.reply,
            deliveries.c.reason,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.campaign_id == campaign, deliveries.c.subscriber_id > after)
        .order_by(deliveries.c.subscriber_id)
        .limit(limit)
    )
    came = tx.execute(together.with_fates(question, states))
    alone = question.where(or_(deliveries.c.reason.is_(None), ~deliveries.c.reason.startswith(CAME_WITH)))
    if states:
        alone = alone.where(deliveries.c.state.in_(list(states)))
    return together.in_order(*tx.execute(alone), *came)[:limit]


def delivery_for(tx: Connection, campaign: int, subscriber: int) -> str | None:
    """The public id of a campaign's delivery to somebody, when it is owed already."""
    question = select(deliveries.c.public_id).where(
        deliveries.c.campaign_id == campaign, deliveries.c.subscriber_id == subscriber
    )
    return tx.scalar(question)


def next_try(tx: Connection, campaign: int) -> datetime | None:
    """When the first of a campaign's emails that were put off is tried again (machine time)."""
    put_off = deliveries.c.campaign_id == campaign, deliveries.c.state.in_((State.DEFERRED, State.UNCERTAIN))
    first: datetime | None = tx.scalar(select(func.min(deliveries.c.retry_at)).where(*put_off, _COUNTS))
    return first


def held(tx: Connection, campaign: int) -> int:
    """How many of a campaign's emails wait because their reader's mail waits for the owner's word."""
    theirs = (
        select(func.count()).select_from(deliveries).join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
    )
    waits = deliveries.c.state.in_((*WORDS["queued"], State.DEFERRED, State.UNCERTAIN))
    of_it = deliveries.c.campaign_id == campaign, subscribers.c.held_reason.is_not(None)
    return tx.scalar(theirs.where(*of_it, waits)) or 0
