"""A year of five hundred readers in thirty zones who pause, skip, move and slow down, under an owner who edits and
holds, in a house that crashes each week and is dark for three days: no letter is lost, doubled or hurried."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from newsletter.domain.cadence import Blackout, Cadence, Rhythm, local_day
from newsletter.domain.course import CourseText
from newsletter.domain.delivery import State
from newsletter.domain.enrollment import LessonRef, Progress
from newsletter.domain.path import Late
from newsletter.domain.tokens import Purpose
from newsletter.store import courses as shelf
from newsletter.store import enrollments, planned, subscribers, tables
from newsletter.usecases import (
    calendars,
    courses,
    enrolling,
    holding,
    planning,
    preferences,
    publishing,
    sending,
    skipping,
    time_machine,
)
from newsletter.usecases.house import House
from newsletter.usecases.preferences import PreferenceError
from tests.usecases.household import Post, TwoClocks, a_course, a_lesson, crowd, rows, send

READERS, LESSONS, BEGIN_EACH_WEEK = 500, 12, 16
STEP = timedelta(hours=3)
BEGINS = datetime(2026, 1, 5, tzinfo=UTC)
QUIET = timedelta(weeks=44)
"""After this nobody changes anything any more, and what the time machine shows has to come true."""
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Denver",
    "America/Havana",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
    "UTC",
]
CALENDAR = Cadence(opens=7, closes=15)
"""What is sent six hours late is sent on its day."""
HOURS = range(5, 23)


class CrashError(Exception):
    """The process ends here."""


@dataclass(slots=True)
class Year:
    """The house, its readers, and what was seen of it on the way."""

    house: House
    clock: TwoClocks
    post: Post
    chance: random.Random
    course: CourseText
    tokens: list[str] = field(default_factory=list)
    runs: dict[int, int] = field(default_factory=dict)
    """Enrollments by subscriber."""
    told: Counter[str] = field(default_factory=Counter)
    """How often each thing happened."""
    seen: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """By enrollment, the letters that went out, in order."""
    gap: int = 6
    orders: list[tuple[datetime, list[LessonRef]]] = field(default_factory=list)
    """Each published order, and since when."""

    def somebody(self) -> str:
        """The preferences token of one of those who have begun."""
        return self.chance.choice(self.tokens)


# What happens. Each is a thing that a reader or the owner does at some moment; more are added to the two lists.


def pause(year: Year) -> None:
    preferences.pause(year.house, year.somebody(), year.chance.choice(["2", "4", "8", "return"]))


def resume(year: Year) -> None:
    preferences.resume(year.house, year.somebody())


def move(year: Year) -> None:
    """Another hour, day or zone, and perhaps another pace."""
    day = year.chance.choice(["", "", *"0123456"])
    pace = year.chance.choice(["1", "1", "2", "3"])
    wish = {"hour": str(year.chance.choice(HOURS)), "weekday": day, "timezone": year.chance.choice(ZONES)}
    preferences.set_rhythm(year.house, year.somebody(), **wish, pace=pace)


def skip(year: Year) -> None:
    token = year.somebody()
    with year.house.store.reading() as tx:
        steps = skipping.steps(year.house, tx, token)
    with suppress(PreferenceError):
        for step in steps:
            skipping.skip(year.house, token, course=step.course, slot=step.slot.isoformat())


def edit(year: Year) -> None:
    """A lesson is put in, taken out, or changes places with another; then the course is published."""
    lessons = list(year.course.lessons)
    new = f"new-{year.told['edit']}"
    match year.chance.choice(["insert", "insert", "remove", "swap"]):
        case "insert":
            place = year.chance.randrange(1, len(lessons))
            lessons.insert(place, replace(a_lesson(90 + year.told["edit"]), key=new))
        case "remove":
            del lessons[year.chance.randrange(2, len(lessons) - 1)]
        case "swap":
            one, other = year.chance.sample(range(1, len(lessons) - 1), 2)
            lessons[one], lessons[other] = lessons[other], lessons[one]
    year.course = replace(year.course, lessons=tuple(lessons))
    courses.load(year.house, year.course)
    publishing.publish(year.house, "belonging", choice=_choice(year, new))
    note_order(year)


def note_order(year: Year) -> None:
    """Remember today's order: a lesson that is planned keeps its turn, however the course is changed before it goes."""
    with year.house.store.reading() as tx:
        year.orders.append((year.clock.now(), shelf.order(tx, 1)))


def _choice(year: Year, key: str) -> dict[str, Late]:
    is_new = key in publishing.new_lessons(year.house, "belonging")
    return {key: year.chance.choice(list(Late))} if is_new else {}


def change_calendar(year: Year) -> None:
    """Weekly, every eight days or on two weekdays, never closer than six days."""
    year.gap = 6
    chosen = year.chance.choice([{}, {"every": 8}, {"weekdays": frozenset({1, 5})}])
    calendars.set_cadence(year.house, "belonging", replace(CALENDAR, **chosen))
    publishing.publish(year.house, "belonging")


def fall_silent(year: Year) -> None:
    """Some days of silence from next week on, in a part of the world."""
    first = (year.clock.now() + timedelta(days=year.chance.randrange(2, 10))).date()
    region = year.chance.choice(["", "Europe/", "America/, Atlantic/"])
    last = first + timedelta(days=year.chance.randrange(4))
    calendars.add_blackout(year.house, Blackout("Holidays", first, last, region))


def hold(year: Year) -> None:
    """All lessons are held for some days, then released."""
    holding.hold_all(year.house, "a public mourning")
    for _ in range(year.chance.randrange(4, 30)):
        tick(year)
    holding.release(year.house)


READERS_DO: list[tuple[int, Callable[[Year], None]]] = [(6, pause), (8, resume), (8, move), (6, skip)]
"""What readers do, each so many times a week."""
OWNER_DOES: dict[int, Callable[[Year], None]] = {
    **dict.fromkeys((6, 11, 15, 19, 24, 30, 35, 39), edit),
    **dict.fromkeys((9, 21, 33), change_calendar),
    **dict.fromkeys((13, 28, 40), fall_silent),
    **dict.fromkeys((17, 37), hold),
}
"""What the owner does, by week."""
DARK = 26
"""The week in which the house is dark for three days."""


# How the house runs, and crashes.


def tick(year: Year, crash: str = "") -> None:
    """Everything that is due, once, sent at every second time; then three hours pass."""
    house = year.house
    year.told["tick"] += 1
    publishing.reopen_finished(house)
    calendars.replan_changed(house)
    if crash == "planning":
        _crash_while_planning(year)
    planning.plan_due(house)
    if crash == "sending":
        _crash_while_sending(year)
    if year.told["tick"] % 2 and _is_anything_waiting(house):
        send(house, year.post)
        look(year)
    year.clock.pass_by(STEP)


def _is_anything_waiting(house: House) -> bool:
    with house.store.reading() as tx:
        waits = tables.deliveries.c.state.in_((State.QUEUED, State.UNCERTAIN, State.DEFERRED))
        due = tables.deliveries.c.due_at <= house.clock.now()
        return tx.scalar(select(tables.deliveries.c.id).where(waits, due).limit(1)) is not None


def _crash_while_planning(year: Year) -> None:
    """The letters of a batch are owed and their enrollments not moved on: nothing of it may stay."""

    def crash(*_: object, **__: object) -> None:
        raise CrashError

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(planned, "keep", crash)
        with suppress(CrashError):
            planning.plan_due(year.house)
            return
    year.told["crash while planning"] += 1


def _crash_while_sending(year: Year) -> None:
    """The relay has taken a letter, and the sender ends before it says so."""

    class Ends(Post):
        def send(self, supply):
            while messages := supply(1):
                self.accepted.extend(messages)
                raise CrashError

    ends = Ends()
    with suppress(CrashError):
        send(year.house, ends, holder="h/1/dead")
    if ends.accepted:
        year.told["crash while sending"] += 1
    sending.recover(year.house, lambda holder: holder == "h/1/dead")


# What is looked at.


def look(year: Year) -> None:
    """Each letter that went out in this step came in its window, in order, and not within the gap."""
    table = tables.deliveries
    columns = table.c.id, table.c.enrollment_id, table.c.lesson_id, table.c.planned_at, table.c.due_at, table.c.sent_at
    sent = select(*columns)
    fresh = sent.where(table.c.sent_at == year.clock.now(), table.c.occasion == 0).order_by(table.c.id)
    with year.house.store.reading() as tx:
        found = [dict(row._mapping) for row in tx.execute(fresh)]
        if not found:
            return
        runs = enrollments.by_ids(tx, {one["enrollment_id"] for one in found})
        people = subscribers.by_ids(tx, {one.subscriber_id for one in runs.values()})
    for one in found:
        order = next(order for since, order in reversed(year.orders) if since <= one["planned_at"])
        run = runs[one["enrollment_id"]]
        hers = year.seen.setdefault(run.id, [])
        if hers:
            _look_at(year, one, people[run.subscriber_id].rhythm("UTC"), hers)
        place = {lesson.lesson_id: number for number, lesson in enumerate(order)}.get(one["lesson_id"], 0)
        had = {before["lesson_id"] for before in hers}
        passed_over = [
            lesson.key
            for lesson in order[:place]
            if lesson.lesson_id not in had and lesson.since is not None and lesson.since < run.began_at
        ]
        assert passed_over == [], "a lesson that stood before this one since she began was passed over"
        assert one["lesson_id"] not in had
        hers.append(one)


def _look_at(year: Year, one: dict[str, Any], rhythm: Rhythm, hers: list[dict[str, Any]]) -> None:
    shown = one["due_at"].astimezone(ZoneInfo(rhythm.zone))
    assert CALENDAR.opens <= shown.hour < CALENDAR.closes, (shown, rhythm)
    if len(hers) > 1:  # the welcome keeps no distance
        apart = local_day(one["sent_at"], rhythm) - local_day(hers[-1]["sent_at"], rhythm)
        assert apart >= timedelta(days=year.gap), (one, hers[-1], rhythm)


# The year.


@pytest.fixture
def year(bare_house: House, clock: TwoClocks) -> Year:
    """Five hundred readers, of whom none has begun."""
    clock.business = BEGINS
    year = Year(bare_house, clock, Post(), random.Random(20260105), a_course(LESSONS))
    courses.load_shipped(bare_house, year.course)
    calendars.set_cadence(bare_house, "belonging", CALENDAR)
    publishing.publish(bare_house, "belonging")
    note_order(year)
    crowd(bare_house, READERS)
    return year


def begin(year: Year, many: int) -> None:
    """So many more readers begin, each with her own hour, day and zone."""
    with year.house.store.transaction() as tx:
        known = select(tables.subscriptions.c.id, tables.subscribers.c.id, tables.subscribers.c.public_id)
        known = known.join(tables.subscribers).order_by(tables.subscribers.c.id)
        for subscription, number, public_id in tx.execute(known.offset(len(year.runs)).limit(many)).all():
            day = year.chance.choice([None, None, *range(7)])
            zone = ZONES[number % len(ZONES)]
            subscribers.change(tx, number, hour=year.chance.choice(HOURS), weekday=day, timezone=zone)
            enrolling.begin_run(year.house, tx, number, 1, subscription, run=1)
            year.runs[number] = subscription
            year.tokens.append(year.house.keyring.token(Purpose.PREFERENCES, public_id))


def live_through(year: Year, week: int) -> None:
    """One week of 56 steps, in which things happen at random moments."""
    steps = 7 * 24 // 3
    moments = [(year.chance.randrange(steps), act) for times, act in READERS_DO for _ in range(times)]
    crashes = {year.chance.randrange(steps): kind for kind in ("planning", "sending")}
    owner = (year.chance.randrange(steps), OWNER_DOES.get(week))
    for step in range(steps):
        for moment, act in moments:
            if moment == step and year.tokens:
                act(year)
                year.told[act.__name__] += 1
        if owner[0] == step and owner[1]:
            owner[1](year)
            year.told[owner[1].__name__] += 1
        if week == DARK and step == 20:
            year.clock.pass_by(days=3)
        tick(year, crashes.get(step, ""))


def everybody_goes_on(year: Year) -> None:
    for token in year.tokens:
        preferences.resume(year.house, token)


def promised(year: Year) -> dict[int, list[tuple[int, datetime]]]:
    """By enrollment, what the time machine shows of the rest of the course."""
    to_whom = select(tables.enrollments.c.id, tables.subscribers.c.address).join(tables.subscribers)
    with year.house.store.reading() as tx:
        addresses = {row[0]: row[1] for row in tx.execute(to_whom)}
        keys = {row.key: row.id for row in tx.execute(select(tables.lessons))}
    shown = {number: time_machine.reader(year.house, "belonging", to).letters for number, to in addresses.items()}
    return {number: [(keys[one.lesson], one.at) for one in ahead] for number, ahead in shown.items()}


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_year_loses_doubles_and_hurries_no_letter(year: Year) -> None:
    week = 0
    while year.clock.now() < BEGINS + QUIET:
        begin(year, BEGIN_EACH_WEEK)
        live_through(year, week)
        week += 1
    everybody_goes_on(year)
    calendars.replan_changed(year.house)
    shown, since = promised(year), year.clock.now()
    while (due := _next_due(year)) and year.clock.now() < since + timedelta(weeks=LESSONS * 3 + 12):
        tick(year)
        tick(year)
        while year.clock.now() + STEP < due:  # the empty steps between
            year.clock.pass_by(STEP)

    assert set(year.told) >= {"pause", "resume", "move", "skip", "edit", "change_calendar", "fall_silent", "hold"}
    assert min(year.told["crash while planning"], year.told["crash while sending"]) > 20
    _everybody_had_everything(year)
    came = {
        number: [(one["lesson_id"], one["due_at"]) for one in letters if one["sent_at"] >= since]
        for number, letters in year.seen.items()
    }
    assert came == {number: shown.get(number, []) for number in came}
    assert sum(map(len, shown.values())) > READERS


def _next_due(year: Year) -> datetime | None:
    """When the next lesson falls due that is not due yet; now when one is, None when nobody is inside any more."""
    row = tables.enrollments.c
    with year.house.store.reading() as tx:
        due = tx.scalar(select(func.min(row.next_due_at)).where(row.state == Progress.ACTIVE))
    return due and max(due, year.clock.now())


def _everybody_had_everything(year: Year) -> None:
    """Every enrollment is finished, had each of its lessons once, and all that stood in the course since she began."""
    with year.house.store.reading() as tx:
        order = shelf.order(tx, 1)
        runs = tx.execute(select(tables.enrollments)).all()
    ledger = rows(year.house, occasion=0)
    assert len(runs) == READERS
    assert {run.state for run in runs} == {Progress.FINISHED}
    assert {one["state"] for one in ledger} == {State.SENT}
    doubled = Counter((one["enrollment_id"], one["lesson_id"]) for one in ledger)
    assert set(doubled.values()) == {1}
    for run in runs:
        began = run.began_at.replace(tzinfo=UTC) if run.began_at.tzinfo is None else run.began_at
        owed = {lesson.lesson_id for lesson in order if lesson.since and lesson.since <= began}
        assert owed <= {one["lesson_id"] for one in year.seen[run.id]}


def test_the_zones_of_the_year_change_their_clocks_in_many_ways() -> None:
    offsets = {
        zone: {datetime(2026, month, 15, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)} for zone in ZONES
    }
    assert len(ZONES) == 30
    assert sum(len(known) > 1 for known in offsets.values()) >= 15
    assert any(offset and offset.seconds % 3600 for known in offsets.values() for offset in known)
    assert date(2026, 1, 5).weekday() == 0
