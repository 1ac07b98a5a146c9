"""Somebody in several courses: their lessons never come on one local day, and what the time machine shows is kept."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from newsletter.domain.cadence import Cadence
from newsletter.domain.delivery import Kind, State
from newsletter.domain.ways import WayKind
from newsletter.store import enrollments, side_by_side, tables
from newsletter.usecases import (
    calendars,
    courses,
    enrolling,
    entries,
    planning,
    preferences,
    publishing,
    skipping,
    time_machine,
)
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError
from tests.usecases.household import Post, TwoClocks, a_course, join, person, preferences_token, rows, send, tick

MARIA = "maria@example.org"
ZONES = ("Europe/Berlin", "Pacific/Auckland", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu")
CALENDARS = {
    "belonging": Cadence(),
    "rest": Cadence(every=2, gap=2),
    "noon": Cadence(weekdays=frozenset({0, 3}), gap=3, opens=11, closes=14),
}


@pytest.fixture
def house(bare_house: House) -> House:
    """Two weekly courses that begin with one list."""
    for slug in ("belonging", "rest"):
        courses.load_shipped(bare_house, a_course(4, slug))
    entries.add(bare_house, "rest", WayKind.LIST, "letters")
    return bare_house


def came(house: House, email: str = MARIA, since: datetime | None = None) -> list[tuple[str, str, datetime]]:
    """What went out of courses, openings left out: the course, the lesson and the slot, by slot."""
    with house.store.reading() as tx:
        course_of = dict(
            tx.execute(
                select(tables.enrollments.c.id, tables.courses.c.slug).join(
                    tables.courses, tables.courses.c.id == tables.enrollments.c.course_id
                )
            ).all()
        )
    mine = rows(house, email, kind=Kind.LESSON, state=State.SENT, occasion=0)
    told = [
        (course_of[one["enrollment_id"]], one["lesson"], one["due_at"])
        for one in mine
        if one["lesson"] != "lesson-00" and (since is None or one["sent_at"] >= since)
    ]
    return sorted(told, key=lambda one: one[2])


def walk(house: House, clock: TwoClocks, post: Post, *, days: int) -> None:
    """Let time pass, from one moment at which something is due to the next."""
    end = clock.now() + timedelta(days=days)
    while clock.now() < end:
        tick(house, post)
        with house.store.reading() as tx:
            due = tx.scalars(select(tables.enrollments.c.next_due_at)).all()
            due += tx.scalars(select(tables.deliveries.c.due_at).where(tables.deliveries.c.state == State.QUEUED)).all()
        clock.pass_by(min([end, *(one for one in due if one and one > clock.now())]) - clock.now())


def shown(house: House, email: str = MARIA) -> list[tuple[str, str, datetime]]:
    """What the time machine shows of all her courses."""
    with house.store.reading() as tx:
        hers = {one.course_id for one in enrollments.of_subscriber(tx, person(house, email).id)}
        slugs = tx.scalars(select(tables.courses.c.slug).where(tables.courses.c.id.in_(hers))).all()
    ahead = [(slug, one.lesson, one.at) for slug in slugs for one in time_machine.reader(house, slug, email).letters]
    return sorted(ahead, key=lambda one: one[2])


def days_of(told: list[tuple[str, str, datetime]], zone: str = "Europe/Berlin") -> list[str]:
    return [f"{at.astimezone(ZoneInfo(zone)):%a %d %b} {slug}" for slug, _, at in told]


def test_the_second_course_comes_a_day_after_the_first_each_week(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    send(house, post)
    ahead = shown(house)
    walk(house, clock, post, days=40)

    assert came(house) == ahead
    assert days_of(ahead)[:4] == ["Tue 03 Mar belonging", "Wed 04 Mar rest", "Tue 10 Mar belonging", "Wed 11 Mar rest"]
    assert len(ahead) == 10


def test_what_the_opening_and_her_pages_say_of_the_second_course_is_true(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    send(house, post)
    with house.store.reading() as tx:
        due = [one.next_due_at for one in enrollments.of_subscriber(tx, person(house).id)]
        steps = skipping.steps(house, tx, preferences_token(house))

    assert [at for *_, at in shown(house)][:2] == due == [step.slot for step in steps]


def test_an_owner_may_let_both_come_on_one_day(house: House, clock: TwoClocks, post: Post) -> None:
    house = replace(house, one_a_day=False)
    join(house)
    send(house, post)
    ahead = shown(house)
    walk(house, clock, post, days=40)

    assert came(house) == ahead
    assert days_of(ahead)[:2] == ["Tue 03 Mar belonging", "Tue 03 Mar rest"]


def test_a_slot_that_she_skipped_takes_no_day_from_the_other_course(house: House, clock: TwoClocks, post: Post) -> None:
    join(house)
    send(house, post)
    with house.store.reading() as tx:
        first = skipping.steps(house, tx, preferences_token(house))[0]
    skipping.skip(house, preferences_token(house), course=first.course, slot=first.slot.isoformat())
    preferences.set_rhythm(house, preferences_token(house), hour="9", weekday="1", timezone="Europe/Berlin")

    assert days_of(shown(house))[:2] == ["Tue 03 Mar rest", "Tue 10 Mar belonging"]


def test_after_days_in_the_dark_both_are_late_and_still_come_on_two_days(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    send(house, post)
    clock.pass_by(days=4)
    walk(house, clock, post, days=40)

    assert days_of(came(house))[:2] == ["Sat 07 Mar belonging", "Sun 08 Mar rest"]
    assert len(came(house)) == 10


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_planners_never_have_one_reader_at_a_time(house: House, clock: TwoClocks, post: Post) -> None:
    """Both of her courses are late, and each planner has one of them: both would find tomorrow free."""
    join(house)
    send(house, post)
    clock.pass_by(days=4)
    with house.store.transaction() as tx:
        side_by_side.take(tx, [person(house).id])
        with ThreadPoolExecutor(1) as elsewhere:
            assert elsewhere.submit(planning.plan_due, house).result(timeout=20) == 0
    assert planning.plan_due(house) == 1
    walk(house, clock, post, days=30)
    assert days_of(came(house))[:2] == ["Sat 07 Mar belonging", "Sun 08 Mar rest"]


def test_publishing_shows_when_its_letters_come_to_those_in_another_course_too(
    house: House, clock: TwoClocks, post: Post
) -> None:
    join(house)
    send(house, post)
    courses.load(house, replace(a_course(5, "rest"), title="Rest"))
    told = publishing.look_ahead(house, "rest")
    assert told is not None
    dates = {one.key: one.first_at for one in told.lessons if one.people}
    publishing.publish(house, "rest")
    walk(house, clock, post, days=50)

    assert len(dates) == 6
    assert {lesson: at for slug, lesson, at in came(house) if slug == "rest"} == dates


@pytest.fixture
def three(bare_house: House) -> House:
    """Three courses, each with a calendar of its own, that begin with one list."""
    for slug, calendar in CALENDARS.items():
        courses.load_shipped(bare_house, a_course(8, slug))
        calendars.set_cadence(bare_house, slug, calendar)
        publishing.publish(bare_house, slug)
        if slug != "belonging":
            entries.add(bare_house, slug, WayKind.LIST, "letters")
    return bare_house


def _wish(house: House, chance: random.Random, email: str) -> None:
    """Something that a reader does on her pages."""
    token, act = preferences_token(house, email), chance.randrange(5)
    if act == 0:
        preferences.pause(house, token, chance.choice(["2", "4"]))
    elif act == 1:
        preferences.resume(house, token)
    elif act in (2, 3):
        with house.store.reading() as tx:
            steps = skipping.steps(house, tx, token)
        if steps:
            step = chance.choice(steps)
            try:
                skipping.skip(house, token, course=step.course, slot=step.slot.isoformat())
            except PreferenceError:
                return
    else:
        hers = {"hour": str(chance.randrange(24)), "weekday": chance.choice(["", *"0123456"])}
        preferences.set_rhythm(house, token, **hers, timezone=chance.choice(ZONES))


@pytest.mark.parametrize("seed", range(2))
def test_three_courses_of_restless_readers_never_meet_and_come_as_shown(
    three: House, clock: TwoClocks, post: Post, seed: int
) -> None:
    """Pauses, skips, moves and days in the dark for six weeks; then quiet, and every letter comes as it was shown."""
    chance = random.Random(seed)
    readers = [f"r{number}@example.org" for number in range(5)]
    for email in readers:
        join(three, email, timezone=chance.choice(ZONES))
        send(three, post)
        walk(three, clock, post, days=1)
    for _ in range(20):
        before = {email: (person(three, email).timezone, len(came(three, email))) for email in readers}
        if chance.randrange(8) == 0:
            clock.pass_by(days=2)
        walk(three, clock, post, days=2)
        for email, (zone, many) in before.items():
            days = [day[:10] for day in days_of(came(three, email)[many:], zone or "UTC")]
            assert len(set(days)) == len(days), (email, days)
        _wish(three, chance, chance.choice(readers))
    for email in readers:
        preferences.resume(three, preferences_token(three, email))
    promised, since = {email: shown(three, email) for email in readers}, clock.now()
    walk(three, clock, post, days=150)

    for email in readers:
        went, zone = came(three, email, since), person(three, email).timezone or "UTC"
        assert went == promised[email]
        days = [day[:10] for day in days_of(went, zone)]
        assert len(set(days)) == len(days)
        assert len(came(three, email)) == 27
    with three.store.reading() as tx:
        assert not enrolling.enrollments.count_with_due(tx)
