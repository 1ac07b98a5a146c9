"""A campaign owed to many readers in one statement: waiting for a sender, or in the hands of one from the first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    Insert,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.types import TypeEngine

from newsletter.domain.delivery import PRIORITY, Kind, State
from newsletter.store.batches import moment, moments, packed, rows_in
from newsletter.store.tables import Id, Instant, deliveries

Owed = tuple[int, int, str]
"""Whom a delivery is owed: a subscription, its subscriber, and the delivery's public id."""


class When(NamedTuple):
    """The instants of a delivery: due and planned in business time, created in machine time."""

    due: datetime
    planned: datetime
    created: datetime


def plan(
    tx: Connection,
    campaign: int,
    readers: Sequence[Owed],
    when: When,
    *,
    state: State = State.QUEUED,
    reason: str | None = None,
) -> None:
    """Owe a campaign to readers."""
    values = {"readers": packed(readers), "campaign": campaign, **when._asdict()}
    tx.execute(_waiting(tx.dialect.name), values | {"state": state.value, "reason": reason})


def plan_later(
    tx: Connection, campaign: int, readers: Sequence[tuple[int, int, str, datetime]], when: When, *, reason: str
) -> None:
    """Owe a campaign to readers, each at an instant of her own; `reason` says what it waits for."""
    dialect = tx.dialect.name
    rows = packed([(*one[:3], moment(dialect, one[3])) for one in readers])
    values = {"readers": rows, "campaign": campaign, "planned": when.planned, "created": when.created}
    tx.execute(_later(dialect), values | {"reason": reason})


def begin(
    tx: Connection,
    campaign: int,
    readers: Sequence[Owed],
    when: When,
    *,
    holder: str,
    lease: timedelta,
    domain: str,
) -> list[int]:
    """Owe a campaign to readers to whom it is about to go out. Returns the deliveries' numbers, as given.

    What is written is what `plan` and the intent after it would come to (see `dispatch.record_intents`).
    """
    numbers = _numbers(tx, len(readers))
    rows = [(number, *reader) for number, reader in zip(numbers, readers, strict=True)]
    values = {"readers": packed(rows), "campaign": campaign, **when._asdict()}
    values |= {"holder": holder, "until": when.created + lease, "domain": f"@{domain}>"}
    tx.execute(_begun(tx.dialect.name), values)
    return numbers


def _numbers(tx: Connection, many: int) -> list[int]:
    """Numbers for so many new rows, rising. On SQLite nobody else writes meanwhile."""
    if tx.dialect.name == "sqlite":
        last = tx.scalar(select(func.coalesce(func.max(deliveries.c.id), 0))) or 0
        return list(range(last + 1, last + many + 1))
    return sorted(tx.scalars(_fresh(), {"many": many}))


@cache
def _fresh() -> Select[Any]:
    # As a question of its own it is asked once: PostgreSQL would look the sequence up for each number.
    sequence = select(cast(func.pg_get_serial_sequence("deliveries", "id"), REGCLASS)).scalar_subquery()
    numbers = func.generate_series(1, bindparam("many", type_=Integer))
    return select(func.nextval(sequence)).select_from(numbers)


_READER: dict[str, TypeEngine[Any]] = {"subscription": BigInteger(), "subscriber": BigInteger(), "name": String()}


@cache
def _waiting(dialect: str) -> Insert:
    one = rows_in(dialect, "readers", _READER)
    state = {"state": bindparam("state", type_=String), "reason": bindparam("reason", type_=String)}
    return _from(one, _owed(one) | state)


@cache
def _later(dialect: str) -> Insert:
    one = rows_in(dialect, "readers", _READER | {"due": moments(dialect)})
    waits = {"state": literal(State.QUEUED.value), "reason": bindparam("reason", type_=String), "due_at": one.c.due}
    return _from(one, _owed(one) | waits)


@cache
def _begun(dialect: str) -> Insert:
    one = rows_in(dialect, "readers", {"number": BigInteger(), **_READER})
    name = literal("<").concat(one.c.name).concat(bindparam("domain", type_=String))
    intent: dict[str, Any] = {
        "id": one.c.number,
        "state": literal(State.SENDING.value),
        "attempt": literal(1, Integer),
        "leased_by": bindparam("holder", type_=String),
        "lease_until": bindparam("until", type_=Instant),
        "first_try_at": bindparam("created", type_=Instant),
        "message_id": name,
    }
    return _from(one, _owed(one) | intent)


def _owed(one: Any) -> dict[str, Any]:
    return {
        "public_id": one.c.name,
        "kind": literal(Kind.CAMPAIGN.value),
        "priority": literal(int(PRIORITY[Kind.CAMPAIGN])),
        "subscriber_id": one.c.subscriber,
        "subscription_id": one.c.subscription,
        "campaign_id": bindparam("campaign", type_=Id),
        "due_at": bindparam("due", type_=Instant),
        "planned_at": bindparam("planned", type_=Instant),
        "created_at": bindparam("created", type_=Instant),
    }


def _from(one: Any, values: dict[str, Any]) -> Insert:
    return insert(deliveries).from_select(list(values), select(*values.values()).select_from(one))
