"""What a person may ask of the house: a copy of all it knows of her, and to be forgotten (GDPR 15, 17 and 20)."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from newsletter.domain import address
from newsletter.domain.address import AddressError
from newsletter.domain.subscriber import Subscriber
from newsletter.store import (
    consents,
    courses,
    deliveries,
    directory,
    duties,
    enrollments,
    events,
    ledger,
    subscribers,
    suppressions,
    tags,
)
from newsletter.store.engine import StoreError, Transaction
from newsletter.store.suppressions import ERASED
from newsletter.usecases import people
from newsletter.usecases.house import House

log = logging.getLogger(__name__)

_SCRUB = "scrub"
"""The fact that says that something was erased of which the database's file may still hold bytes."""


def export(house: House, tx: Transaction, person: Subscriber) -> str:
    """Everything that the house knows of one person, as one JSON document; instants are UTC."""
    known = directory.entry(tx, person.id)
    kept = suppressions.of(tx, [person.address_key])
    document = {
        "about": "Everything that this newsletter knows of one person. All times are UTC.",
        "made_at": house.clock.now(),
        "kept_by": {"name": house.letterhead.sender.name, "address": house.letterhead.sender.address},
        "person": {
            "address": person.address,
            "name": person.name,
            "time_zone": person.zone(house.letterhead.timezone),
            "hour": person.hour,
            "weekday": person.weekday,
            "a_letter_every_so_many_weeks": person.pace_weeks,
            "discreet": person.discreet,
            "paused_until": person.paused_until,
            "mail_waits_because": person.held_reason,
            "known_since": known.created_at if known else None,
        },
        "tags": [{"tag": tag, "given_at": at} for tag, at in tags.of(tx, person.id).items()],
        "answers": people.answered(tx, person),
        "lists": [_list(one) for one in subscribers.subscriptions_of(tx, person.id)],
        "consents": consents.of_subscriber(tx, person.id),
        "courses": [_course(tx, one) for one in enrollments.of_subscriber(tx, person.id)],
        "events": [
            {"event": one.kind, "course": one.course, "run": one.run, "at": one.happened_at}
            for one in events.of_subscriber(tx, person.id)
        ],
        "letters": [_letter(row) for row in ledger.everything(tx, subscriber=person.id)],
        "no_mail_because": {"reason": kept.reason, "since": kept.created_at} if kept else None,
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=_in_utc)


def erase(house: House, person: Subscriber) -> None:
    """Delete all that names a person, and leave a keyed digest that keeps her from being written to again.

    What her rows left in the database's file is rewritten at once; when somebody stands in the way of that, the
    next tidying does it.
    """
    keys = [person.address_key]
    with house.store.transaction() as tx:
        suppressions.add(tx, person.address_key, ERASED, house.clock.now())
        deliveries.forget_tests(tx, [typed for typed in ledger.test_addresses(tx) if _is_hers(house, typed, keys)])
        subscribers.forget(tx, person.id)
        duties.remember(tx, _SCRUB, "owed")
    house.forget_captured(person.address)
    scrub_if_owed(house)


def scrub_if_owed(house: House) -> None:
    """Take the last bytes of erased people out of the database's file, if any may be left."""
    with house.store.reading() as tx:
        if duties.fact(tx, _SCRUB) != "owed":
            return
    try:
        house.store.scrub()
    except StoreError as error:
        log.warning("what was erased may still be in the database's file; the next tidying tries again: %s", error)
        return
    with house.store.transaction() as tx:
        duties.remember(tx, _SCRUB, "done")


def _is_hers(house: House, typed: str, keys: list[str]) -> bool:
    try:
        return bool(set(house.address_keys(address.parse(typed).comparable)) & set(keys))
    except AddressError:  # accepted by an older version's rules
        return False


def _list(one: Any) -> dict[str, Any]:
    names = ("requested_at", "expires_at", "confirmed_at", "left_at")
    return {"list": one.list_title, "state": one.status, **{name: getattr(one, name) for name in names}}


def _course(tx: Transaction, one: Any) -> dict[str, Any]:
    course = courses.by_id(tx, one.course_id)
    title = course.title if course else ""
    times = {"began_at": one.began_at, "next_letter_at": one.next_due_at}
    return {"course": title, "run": one.run, "state": one.state, **times, "waits_because": one.held_reason}


def _letter(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": row["kind"],
        "title": row["lesson_title"] or row["campaign_subject"],
        "state": row["state"],
        "planned_at": row["planned_at"],
        "sent_at": row["sent_at"],
        "message_id": row["message_id"],
        "answer": row["reply"] or row["reason"],
    }


def _in_utc(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
