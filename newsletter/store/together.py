"""Letters of campaigns that come in one mail: what the one with a link to it says of the others, and what became of it.

In the ledger a mail is one row that was sent, and what came with it is skipped with its name. Of a campaign's readers
those who got it so have got it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, literal, select, text

from newsletter.domain.delivery import OPEN, State
from newsletter.domain.etiquette import CAME_WITH
from newsletter.store.tables import campaigns, deliveries

CAME = text("deliveries.reason LIKE 'in one mail: %'")
"""What came with another letter: a half of the condition of the index of these, word for word, so that it is used."""
_BROUGHT = text("deliveries.reason = 'several campaigns in one mail'")

_mail = deliveries.alias("mail")
"""The letter that brings others with it."""
_COMES_WITH = and_(
    _mail.c.subscriber_id == deliveries.c.subscriber_id,
    deliveries.c.reason == literal(CAME_WITH).concat(_mail.c.public_id),
)
_FATE = "state", "tries", "sent_at", "settled_at", "retry_at", "reply"


class Fate(NamedTuple):
    """What became of letters that came with another one: of how many, and the reason beside the mail."""

    campaign: int
    state: State
    reason: str | None
    letters: int


def fates(tx: Connection, campaign_ids: Iterable[int]) -> list[Fate]:
    """What became of the mails with which letters of these campaigns came."""
    columns = deliveries.c.campaign_id, _mail.c.state, _mail.c.reason
    question = select(*columns, func.count()).select_from(deliveries).join(_mail, _COMES_WITH)
    question = question.where(deliveries.c.campaign_id.in_(list(campaign_ids)), CAME).group_by(*columns)
    return [Fate(row[0], State(row[1]), row[2], row[3]) for row in tx.execute(question)]


def brought(tx: Connection, campaign: int) -> int:
    """How many mails that the server took were letters of a campaign and brought others with them."""
    taken = case((deliveries.c.state == State.SENT, 1))  # in the condition, SQLite would look at all that were sent
    return tx.scalar(select(func.count(taken)).where(deliveries.c.campaign_id == campaign, _BROUGHT)) or 0


def is_open() -> ColumnElement[bool]:
    """Of the campaign in a question: some of its letters come with a mail that is not settled yet."""
    mails = exists().where(deliveries.c.campaign_id == campaigns.c.id, CAME, _COMES_WITH, _mail.c.state.in_(OPEN))
    return mails.select_from(deliveries, _mail)


def with_fates(question: Select[Any], states: Iterable[State]) -> Select[Any]:
    """A question about letters asked of those that came with another one, with that mail's fate in place of theirs."""
    columns = [_mail.c[each.name] if each.name in _FATE else each for each in question.selected_columns]
    asked = question.with_only_columns(*columns).join(_mail, _COMES_WITH).where(CAME)
    return asked.where(_mail.c.state.in_(list(states))) if states else asked


def in_order(*rows: Row[Any]) -> list[Row[Any]]:
    """Rows of both kinds by the number of their reader."""
    return sorted(rows, key=lambda row: row.subscriber_id)
