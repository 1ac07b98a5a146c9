"""When business time next makes anything due: asked by a walk, which need not stop where nothing is."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select, text, union_all

from newsletter.domain.campaign import CampaignState
from newsletter.domain.delivery import OPEN
from newsletter.domain.subscription import Status
from newsletter.domain.ways import WayKind
from newsletter.store import held_word
from newsletter.store.tables import (
    WAITS,
    Instant,
    audience_parts,
    campaigns,
    course_entries,
    course_revisions,
    deliveries,
    enrollments,
    subscriptions,
)

EARLIEST_DAY = timedelta(hours=14)
"""So long before it does at UTC a day begins in the Line Islands."""

# Word for word as in their indexes, or SQLite would read the tables.
_DUE = text("state = 'active' AND held_reason IS NULL AND next_due_at IS NOT NULL")
_OPEN = WAITS, text("state = 'sending'")


def next_due(tx: Connection) -> datetime | None:
    """The earliest such instant, in the past for what is under way; None when nothing is to come."""
    word = held_word.known(tx)
    found = [tx.scalar(_question()), _first_day(tx), word.said_at if word else None]
    return min((moment for moment in found if moment is not None), default=None)


def _first_day(tx: Connection) -> datetime | None:
    """When the first day comes, anywhere on earth, on which a course begins."""
    to_come = course_entries.c.kind == WayKind.DATE, course_entries.c.done_at.is_(None)
    day = tx.scalar(select(func.min(course_entries.c.day)).where(*to_come))
    return datetime.fromisoformat(day).replace(tzinfo=UTC) - EARLIEST_DAY if day else None


@cache
def _question() -> Select[Any]:
    under_way = course_revisions.c.reopened_to.is_not(None) | course_revisions.c.replanned_to.is_not(None)
    waits = exists().where(deliveries.c.campaign_id == campaigns.c.id, deliveries.c.state.in_(OPEN))
    moments = union_all(
        _first(subscriptions.c.remind_at, subscriptions.c.remind_at.is_not(None)),
        _first(subscriptions.c.expires_at, subscriptions.c.status == Status.PENDING),
        _first(campaigns.c.scheduled_at, campaigns.c.state == CampaignState.SCHEDULED),
        _first(campaigns.c.started_at, campaigns.c.state == CampaignState.SENDING, ~waits),
        _first(campaigns.c.started_at, campaigns.c.id.in_(select(audience_parts.c.campaign_id))),
        _first(course_revisions.c.published_at, under_way),
        _first(enrollments.c.next_due_at, _DUE),
        *(_first(deliveries.c.due_at, state) for state in _OPEN),
    ).subquery("moments")
    return select(func.min(moments.c.moment, type_=Instant))


def _first(column: Any, *conditions: Any) -> Select[Any]:
    return select(func.min(column, type_=Instant).label("moment")).where(*conditions)
