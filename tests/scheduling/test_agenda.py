"""A walk stops only where something is due: what it passes by would have changed nothing."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from newsletter.domain.delivery import Deferred, Sent
from newsletter.domain.message import Outgoing
from newsletter.domain.ways import WayKind
from newsletter.scheduling import clockwork
from newsletter.scheduling.jobs import JOBS
from newsletter.store import tables
from newsletter.usecases import campaigns, courses, entries, leaving, preferences
from newsletter.usecases.house import House
from tests.usecases.household import (
    MONDAY,
    OK,
    Post,
    TwoClocks,
    a_course,
    ask,
    build,
    join,
    leave_token,
    preferences_token,
    teach,
)

WATCHED = (
    tables.subscribers,
    tables.subscriptions,
    tables.enrollments,
    tables.campaigns,
    tables.audience_parts,
    tables.deliveries,
    tables.course_revisions,
    tables.course_entries,
)
DAYS = 45

KNOWN = {
    "remind the unconfirmed",
    "start campaigns",
    "owe who was drawn",
    "let finished courses go on",
    "give slots anew",
    "carry out the word on what is held",
    "begin courses on their day",
    "plan lessons",
    "finish campaigns",
    "forget the unconfirmed",
}
"""What `store.agenda` looks for. A job that business time makes due and that is not here needs its question there."""


@pytest.fixture
def house(store: Any) -> House:
    made = build(store, TwoClocks())
    teach(made)
    return made


def everything(house: House) -> dict[str, list[tuple[Any, ...]]]:
    with house.store.reading() as tx:
        return {table.name: [tuple(row) for row in tx.execute(select(table))] for table in WATCHED}


def live(house: House, day: int) -> None:
    """What people and the owner do in these weeks."""
    match day:
        case 0:
            ask(house, "never@example.org")
            for name in ("maria", "ines", "paul"):
                join(house, f"{name}@example.org")
        case 3:
            preferences.pause(house, preferences_token(house, "ines@example.org"), "2")
        case 5:
            later = house.clock.now() + timedelta(days=2, hours=3)
            campaigns.queue(house, campaigns.create(house, subject="News", body="Dear {{ name }}, news."), later)
        case 8:
            courses.load_shipped(house, a_course(2, slug="second"))
            day = (house.clock.now() + timedelta(days=20)).date().isoformat()
            entries.add(house, "second", WayKind.DATE, "letters", day)
        case 12:
            leaving.leave(house, leave_token(house, "paul@example.org"), method="one click")


def test_the_agenda_knows_every_job_that_a_walk_does() -> None:
    assert {job.name for job in JOBS if job.is_walked} == KNOWN


def test_a_tick_where_nothing_is_due_changes_nothing(house: House) -> None:
    clock, chance = house.clock, random.Random(7)
    assert isinstance(clock, TwoClocks)

    def answer(_: Outgoing) -> Sent | Deferred:
        return OK if chance.random() < 0.7 else Deferred("450 4.2.1 not now")

    post, passed_by = Post(answer), 0
    for step in range(DAYS * 8):
        if step % 8 == 0:
            live(house, step // 8)
        due: datetime | None = clockwork.next_due(house)
        before = everything(house)
        clockwork.tick(house, post, holder="h/1/a")
        if due is None or due > clock.now():
            passed_by += 1
            assert everything(house) == before, f"{clock.now()}: nothing was due before {due}"
        clock.pass_by(hours=3)

    assert passed_by > DAYS * 4, "most of the time nothing is due"
    assert len({message.envelope_to for message in post.accepted}) == 4
    assert clock.now() == MONDAY + timedelta(days=DAYS)
