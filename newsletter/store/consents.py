"""The consent record: append-only, hash-chained, with the personal payload beside it."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from newsletter.domain.consent import FIRST_LINK, HERS, ConsentEvent, canonical, chain_link, payload_digest
from newsletter.store.engine import insert_new
from newsletter.store.tables import consent_payloads, consents, installation

_HEAD = "consent_head"


def record(
    tx: Connection,
    event: ConsentEvent,
    *,
    subscriber: int,
    list_id: int,
    wording_version: str,
    payload: Mapping[str, object],
    happened_at: datetime,
    recorded_at: datetime,
) -> None:
    """Append one event to the chain. Writers queue on the head row, so links never fork."""
    number, previous = _take_head(tx)
    salt, text = secrets.token_bytes(16), canonical(payload)
    fields: dict[str, Any] = {
        "number": number,
        "event": event.value,
        "happened_at": happened_at,
        "recorded_at": recorded_at,
        "wording_version": wording_version,
    }
    digest = payload_digest(salt, text)
    link = chain_link(previous, digest=digest, **fields)
    row = insert(consents).values(**fields, payload_digest=digest, previous=previous, link=link)
    key = tx.execute(row).inserted_primary_key
    assert key is not None
    tx.execute(
        insert(consent_payloads).values(
            consent_id=key[0], subscriber_id=subscriber, list_id=list_id, salt=salt, payload=text
        )
    )


def of_subscriber(tx: Connection, subscriber: int) -> list[dict[str, Any]]:
    """Every consent event of one person, the oldest first, with the exact words shown."""
    question = (
        select(consents.c.event, consents.c.happened_at, consents.c.wording_version, consent_payloads.c.payload)
        .join(consents, consents.c.id == consent_payloads.c.consent_id)
        .where(consent_payloads.c.subscriber_id == subscriber)
        .order_by(consents.c.number)
    )
    return [
        {"event": row.event, "at": row.happened_at, "version": row.wording_version, **json.loads(row.payload)}
        for row in tx.execute(question)
    ]


def answered_at(tx: Connection, subscriber: int) -> datetime | None:
    """When a person last did what nobody can do for her: confirm, leave, or undo leaving. Machine time."""
    question = (
        select(consents.c.recorded_at)
        .join(consent_payloads, consent_payloads.c.consent_id == consents.c.id)
        .where(consent_payloads.c.subscriber_id == subscriber, consents.c.event.in_(HERS))
        .order_by(consents.c.number.desc())
    )
    return tx.scalar(question.limit(1))


def first_break(tx: Connection) -> int | None:
    """The number of the first row whose link or payload does not verify, or None when the chain is whole."""
    previous, expected = FIRST_LINK, 1
    question = (
        select(consents, consent_payloads.c.salt, consent_payloads.c.payload)
        .join(consent_payloads, consent_payloads.c.consent_id == consents.c.id, isouter=True)
        .order_by(consents.c.number)
    )
    for row in tx.execute(question):
        link = chain_link(
            previous,
            number=expected,
            event=row.event,
            happened_at=row.happened_at,
            recorded_at=row.recorded_at,
            wording_version=row.wording_version,
            digest=row.payload_digest,
        )
        tampered = row.payload is not None and payload_digest(row.salt, row.payload) != row.payload_digest
        if row.number != expected or row.link != link or tampered:
            return expected
        previous, expected = row.link, expected + 1
    return None


def _take_head(tx: Connection) -> tuple[int, str]:
    seat = insert_new(tx, installation).values(name=_HEAD, value="")
    tx.execute(seat.on_conflict_do_nothing(index_elements=["name"]))
    tx.execute(select(installation.c.id).where(installation.c.name == _HEAD).with_for_update())
    last = tx.execute(select(consents.c.number, consents.c.link).order_by(consents.c.number.desc()).limit(1)).first()
    return (last.number + 1, last.link) if last else (1, FIRST_LINK)
