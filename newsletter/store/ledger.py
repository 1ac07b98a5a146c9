"""The ledger as it is read: who got what, who did not, and the server's words; nothing here changes a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal_column, select, text

from newsletter.domain.delivery import Kind, Priority, State
from newsletter.store.tables import ENDED_UNSENT, WAITS, campaigns, deliveries, lesson_revisions, lessons, subscribers

_URGENT = (Kind.CONFIRMATION, Kind.REMINDER, Kind.PREFERENCES, Kind.TEST, Kind.NOTICE)

# SQLite uses a partial index only when the question repeats the index's own condition, word for word, and asks
# something of the index's first column.
_WAITS = WAITS, deliveries.c.priority.in_(tuple(Priority))
_LEASED = text("deliveries.state = 'sending'"), deliveries.c.lease_until.is_not(None)
_UNSENT = (ENDED_UNSENT,)
_BY_INDEX: dict[State, tuple[Any, ...]] = {
    **dict.fromkeys((State.QUEUED, State.DEFERRED, State.UNCERTAIN), _WAITS),
    **dict.fromkeys((State.SENDING,), _LEASED),
    **dict.fromkeys((State.FAILED, State.SKIPPED, State.EXPIRED), _UNSENT),
}
_TO = func.coalesce(deliveries.c.test_address, subscribers.c.address).label("subscriber")
_NAMED: tuple[Any, ...] = (
    deliveries,
    _TO,
    subscribers.c.public_id.label("person"),
    campaigns.c.public_id.label("campaign"),
    campaigns.c.subject.label("campaign_subject"),
    lessons.c.key.label("lesson"),
    lesson_revisions.c.title.label("lesson_title"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows somebody asks for; None asks for all. `words` is how the server's answer begins."""

    state: State | None = None
    kind: Kind | None = None
    campaign: int | None = None
    subscriber: int | None = None
    words: str = ""


def page(tx: Connection, wanted: Wanted, *, before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The newest rows that are wanted, older than the row `before`."""
    # "+ 0" keeps SQLite from walking the whole table in this order when an index finds the few rows of a state.
    newest = deliveries.c.id + 0 if wanted.state in _BY_INDEX else deliveries.c.id
    ids = _ids(wanted).order_by(newest.desc()).limit(limit)
    if before is not None:
        ids = ids.where(deliveries.c.id < before)
    # First the numbers, from an index alone; only then the rows: sorting whole rows took ten times as long.
    chosen = list(tx.scalars(ids))
    question = _named().where(deliveries.c.id.in_(chosen)).order_by(deliveries.c.id.desc())
    return [dict(row._mapping) for row in tx.execute(question)]


def count(tx: Connection, wanted: Wanted, *, most: int) -> int:
    """How many rows are wanted; counting ends at `most`."""
    return tx.scalar(select(func.count()).select_from(_ids(wanted).limit(most).subquery())) or 0


def everything(
    tx: Connection,
    *,
    campaign: int | None = None,
    subscriber: int | None = None,
    state: State | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Who got what, who did not, and why; the oldest first."""
    question = _named().order_by(deliveries.c.id).limit(limit)
    for condition in _conditions(Wanted(state=state, campaign=campaign, subscriber=subscriber)):
        question = question.where(condition)
    return [dict(row._mapping) for row in tx.execute(question)]


def count_by_state(tx: Connection, campaign: int | None = None) -> dict[str, int]:
    """How many deliveries are in each state, of one campaign or of all."""
    question = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    if campaign is not None:
        question = question.where(deliveries.c.campaign_id == campaign, deliveries.c.kind == Kind.CAMPAIGN)
    return dict(tx.execute(question).all())


@dataclass(frozen=True, slots=True)
class Sent:
    """How many letters went out, by what they are."""

    lessons: int
    campaigns: int
    others: int


def sent_between(tx: Connection, since: datetime, until: datetime) -> Sent:
    """How many letters went out between two instants (business time)."""
    # FILTER, since GROUP BY would sort what the index gives in another order, and a CASE for each kind took twice as
    # long: 22 ms against 8 for the 85,000 letters of a week.
    lessons, campaign = (func.count().filter(deliveries.c.kind == kind) for kind in (Kind.LESSON, Kind.CAMPAIGN))
    went = deliveries.c.sent_at.is_not(None), deliveries.c.sent_at >= since, deliveries.c.sent_at < until
    found = tx.execute(select(lessons, campaign, func.count()).select_from(deliveries).where(*went)).one()
    return Sent(found[0], found[1], found[2] - found[0] - found[1])


@dataclass(frozen=True, slots=True)
class Refusal:
    """Deliveries that ended the same way, with the same words of the server."""

    state: State
    reply: str
    many: int


def refusals(tx: Connection, since: datetime) -> list[Refusal]:
    """What failed or expired since an instant (machine time), by the server's words; the most frequent first."""
    words = func.coalesce(deliveries.c.reply, deliveries.c.reason, "").label("words")
    many = func.count().label("many")
    question = (
        select(deliveries.c.state, words, many)
        .where(*_UNSENT, deliveries.c.state.in_((State.FAILED, State.EXPIRED)), deliveries.c.settled_at >= since)
        .group_by(deliveries.c.state, words)
        .order_by(many.desc(), words)
    )
    return [Refusal(State(row.state), row.words, row.many) for row in tx.execute(question)]


def waiting(tx: Connection, instants: Sequence[datetime]) -> list[int]:
    """How many letters of the queue are due before the first instant, then between each and the next (business time).

    One walk over the index of what waits, however long the queue is.
    """
    spans = zip((None, *instants), instants, strict=False)
    due = deliveries.c.due_at
    within = [due < until if since is None else (due >= since) & (due < until) for since, until in spans]
    sums = [func.sum(case((one, 1), else_=0)).label(f"span_{number}") for number, one in enumerate(within)]
    return [int(many or 0) for many in tx.execute(select(*sums).where(*_WAITS)).one()]


def test_addresses(tx: Connection) -> list[str]:
    """Every address that a test went to, as it was typed."""
    question = select(deliveries.c.test_address).where(text("deliveries.priority = 0"), deliveries.c.kind == Kind.TEST)
    return [address for address in tx.scalars(question.distinct()) if address]


def _ids(wanted: Wanted) -> Select[Any]:
    return select(deliveries.c.id).where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[Any] = []
    if wanted.subscriber is not None:
        found.append(deliveries.c.subscriber_id == wanted.subscriber)
    if wanted.campaign is not None:
        found += [deliveries.c.campaign_id == wanted.campaign, deliveries.c.kind == Kind.CAMPAIGN]
    if wanted.state is not None:
        found += [*_BY_INDEX.get(wanted.state, ()), deliveries.c.state == wanted.state]
    if wanted.kind in _URGENT:
        found.append(text("deliveries.priority = 0"))
    if wanted.kind is not None:
        found.append(deliveries.c.kind == wanted.kind)
    if wanted.words:
        said = func.coalesce(deliveries.c.reply, deliveries.c.reason, literal_column("''"))
        found.append(said.startswith(wanted.words, autoescape=True))
    return found


def _named() -> Select[Any]:
    return (
        select(*_NAMED)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .join(campaigns, campaigns.c.id == deliveries.c.campaign_id, isouter=True)
        .join(lessons, lessons.c.id == deliveries.c.lesson_id, isouter=True)
        .join(lesson_revisions, lesson_revisions.c.id == deliveries.c.lesson_revision_id, isouter=True)
    )
