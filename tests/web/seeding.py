"""A large house in seconds: many people and a long ledger, written into SQLite by SQLite itself.

What it writes is what the house itself would have written, but for the links of the consent chain.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.domain.subscriber import Subscriber
from newsletter.store import subscribers
from newsletter.usecases.house import House

NAMES = ("", "Maria", "Anna Berg", "José", "Łucja", "Chiara", "Tom", "", "Noor", "Ingrid")
ZONES = (None, "Europe/Berlin", "America/Denver", "Asia/Kolkata", None)
CAMPAIGNS = 8

_COUNTING = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {many}) "
_STATUS = "CASE WHEN i % 100 < 88 THEN 'confirmed' WHEN i % 100 < 92 THEN 'pending' "
_STATUS += "WHEN i % 100 < 98 THEN 'unsubscribed' ELSE 'suppressed' END"


def seed(house: House, *, people: int, deliveries: int) -> Subscriber:
    """Fill a furnished house on SQLite. Returns one of its people, who has had lessons and campaigns."""
    now = house.clock.now()
    with house.store.transaction() as tx:
        tx.exec_driver_sql("PRAGMA cache_size = -400000")  # the indexes grow in memory: twice as fast
        first = _next(tx, "subscribers", "id")
        assert first == _next(tx, "subscriptions", "id"), "seed while every person has one subscription"
        _people(house, tx, people, now)
        _standings(tx, people, first, now)
        _campaigns(tx, now)
        _ledger(tx, people, deliveries, first, now)
    with house.store.reading() as tx:
        found = subscribers.by_id(tx, first + people // 2)
    assert found is not None
    return found


def _next(tx: Connection, table: str, column: str) -> int:
    return (tx.exec_driver_sql(f"SELECT max({column}) FROM {table}").scalar() or 0) + 1


def _at(moment: str, seconds: str) -> str:
    """SQL for an instant so many seconds before another one, in the form that the tables keep."""
    return f"strftime('%Y-%m-%d %H:%M:%S', '{moment}', (0 - ({seconds})) || ' seconds') || '.000000'"


def _words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _people(house: House, tx: Connection, many: int, now: datetime) -> None:
    rows = [
        (
            f"p{number:021}",
            f"reader{number * 7919 % many}@example{number % 13}.org",
            house.address_keys(f"reader{number * 7919 % many}@example{number % 13}.org")[0],
            NAMES[number % len(NAMES)],
            ZONES[number % len(ZONES)],
            _words(now + timedelta(weeks=4)) if number % 200 == 7 else None,
            f"{_words(now - timedelta(minutes=(many - number) * 100_000 // many))}.000000",
        )
        for number in range(many)
    ]
    columns = "public_id, address, address_key, name, timezone, paused_until, created_at"
    tx.exec_driver_sql(f"INSERT INTO subscribers ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _standings(tx: Connection, many: int, first: int, now: datetime) -> None:
    counting, moment = _COUNTING.format(many=many), _words(now)
    joined = _at(moment, f"({many} - i) * 6000000 / {many}")
    tx.exec_driver_sql(
        f"{counting} INSERT INTO subscriptions (public_id, subscriber_id, list_id, status, requested_at, confirmed_at,"
        f" left_at) SELECT printf('s%021d', i), {first} + i, (SELECT min(id) FROM lists), {_STATUS}, {joined},"
        f" CASE WHEN i % 100 NOT BETWEEN 88 AND 91 THEN {joined} END,"
        f" CASE WHEN i % 100 BETWEEN 92 AND 97 THEN {_at(moment, 'i * 40')} END FROM n"
    )
    tx.exec_driver_sql(
        f"INSERT INTO enrollments (public_id, subscriber_id, course_id, subscription_id, run, state, began_at,"
        f" last_slot_at, next_due_at) SELECT 'e' || substr(public_id, 2), subscriber_id,"
        f" (SELECT min(id) FROM courses), id, 1, 'active', confirmed_at, {_at(moment, '86400')},"
        f" {_at(moment, '-(subscriber_id % 604800)')} FROM subscriptions WHERE status = 'confirmed'"
        f" AND subscriber_id >= {first}"
    )
    number = _next(tx, "consents", "number")
    tx.exec_driver_sql(
        f"{counting} INSERT INTO consents (number, event, happened_at, recorded_at, wording_version, payload_digest,"
        f" previous, link) SELECT {number} + i, 'confirmed', {joined}, {joined}, 'w1', 'digest', printf('p%d', i),"
        " printf('l%d', i) FROM n"
    )
    tx.exec_driver_sql(
        "INSERT INTO consent_payloads (consent_id, subscriber_id, list_id, salt, payload) SELECT id,"
        f" {first} + number - {number}, (SELECT min(id) FROM lists), x'00',"
        ' \'{"list":"letters","words":"Yes, please.","method":"button"}\' FROM consents'
        f" WHERE number >= {number}"
    )


def _campaigns(tx: Connection, now: datetime) -> None:
    tx.exec_driver_sql(
        f"{_COUNTING.format(many=CAMPAIGNS)} INSERT INTO campaigns (public_id, list_id, subject, body, state,"
        " recipients, created_at, scheduled_at, started_at) SELECT printf('c%021d', i), (SELECT min(id) FROM lists),"
        f" 'A new article, ' || i, 'Dear {{{{ name }}}}', CASE i WHEN {CAMPAIGNS - 1} THEN 'sending' ELSE 'sent' END,"
        f" 25000, {_at(_words(now), 'i')}, {_at(_words(now), 'i')}, {_at(_words(now), 'i')} FROM n"
    )


def _ledger(tx: Connection, people: int, many: int, first: int, now: datetime) -> None:
    """A confirmation each, campaigns to half of them, and lessons for the rest; two in a hundred ended badly."""
    campaigns, lessons = (
        [row[0] for row in tx.exec_driver_sql(f"SELECT id FROM {table} ORDER BY id")]
        for table in ("campaigns", "lessons")
    )
    revisions = dict(tx.exec_driver_sql("SELECT lesson_id, max(id) FROM lesson_revisions GROUP BY lesson_id").all())
    half, left = people // 2, many - people
    _kind(tx, "confirmation", people, first, now, age=6_000_000)
    for number, campaign in enumerate(campaigns):
        waits = 20 if number == len(campaigns) - 1 else 0
        share = min(half, left // (2 * len(campaigns)))
        _kind(tx, "campaign", share, first + half, now, age=(len(campaigns) - number) * 500_000,
              waits=waits, campaign_id=campaign)  # fmt: skip
        left -= share
    for number, lesson in enumerate(lessons):
        share = min(people, left)
        _kind(tx, "lesson", share, first, now, age=(len(lessons) - number) * 500_000,
              lesson_id=lesson, lesson_revision_id=revisions[lesson], occasion=0)  # fmt: skip
        left -= share


def _kind(
    tx: Connection, kind: str, many: int, first: int, now: datetime, *, age: int, waits: int = 0, **causes: int
) -> None:
    """Deliveries of one kind to `many` people, spread over the `age` seconds before now; `waits` % are queued."""
    if not many:
        return
    moment = _at(_words(now), f"{age} - i * {age} / {many}")
    state = (
        f"CASE WHEN i % 100 >= 100 - {waits} THEN 'queued' WHEN i % 100 = 3 THEN 'failed' WHEN i % 200 = 5 THEN"
        " 'skipped' WHEN i % 1000 = 6 THEN 'deferred' ELSE 'sent' END"
    )
    names, values = ", ".join(causes), ", ".join(map(str, causes.values()))
    comma, lesson = (", ", kind == "lesson") if causes else ("", False)
    enrolled = f", (SELECT id FROM enrollments WHERE subscriber_id = {first} + i)" if lesson else ""
    priority = {"confirmation": 0, "lesson": 1, "campaign": 2}[kind]
    tx.exec_driver_sql(
        f"{_COUNTING.format(many=many)} INSERT INTO deliveries (public_id, kind, priority, state, subscriber_id,"
        " subscription_id, planned_at, created_at, due_at, settled_at, sent_at, tries, reply, reason, message_id"
        f"{comma}{names}{', enrollment_id' if lesson else ''})"
        f" SELECT hex(randomblob(11)), '{kind}', {priority}, state, who, who, moment, moment, moment,"
        " CASE WHEN state <> 'queued' THEN moment END, CASE state WHEN 'sent' THEN moment END, 1,"
        " CASE state WHEN 'sent' THEN '250 2.0.0 taken' WHEN 'failed' THEN CASE who % 3 WHEN 0 THEN"
        " '550 5.1.1 no such mailbox, ' || who WHEN 1 THEN '552 5.2.2 mailbox full' ELSE '554 5.7.1 spam' END"
        " WHEN 'deferred' THEN '451 4.7.1 try again later' END,"
        " CASE state WHEN 'skipped' THEN 'left' END, '<' || hex(randomblob(8)) || '@example.org>'"
        f"{comma}{values}{enrolled and ', enrolled'} FROM (SELECT i, {first} + i AS who, {moment} AS moment, {state}"
        f" AS state{enrolled and enrolled + ' AS enrolled'} FROM n)"
    )
