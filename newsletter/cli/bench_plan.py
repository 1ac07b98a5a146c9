"""`newsletter bench plan`: how fast lessons are planned, and what a tick costs when nothing is due."""

import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from newsletter import app
from newsletter.cli.preparing import prepare, trial_database
from newsletter.cli.speaking import Refused, as_json, say
from newsletter.clocks import SetClock, SystemClock
from newsletter.domain.cadence import WEEK, instant
from newsletter.scheduling import clockwork
from newsletter.settings import Settings
from newsletter.store import courses, lists, scratch
from newsletter.usecases import planning
from newsletter.usecases.house import House

_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "Europe/London",
    "UTC",
)
_IDLE_TICKS = 25


@dataclass(frozen=True, slots=True)
class Measured:
    """What planning came to. `seconds` is one tick with all that is due; an idle tick is the median of many."""

    enrollments: int
    due: int
    planned: int
    seconds: float
    idle_tick_ms: float
    idle_tick_before_ms: float
    fill_seconds: float


@click.command("plan")
@click.option("--enrollments", default=100_000, show_default=True, type=click.IntRange(1), help="How many in a course.")
@click.option("--due", default=10_000, show_default=True, type=click.IntRange(1), help="Of these, a lesson is due.")
@click.option("--history", default=1, show_default=True, type=click.IntRange(1, 12), help="Letters each has had.")
@click.option("--store", type=click.Choice(["sqlite", "postgresql"]), default="sqlite", show_default=True)
@as_json
def bench_plan(enrollments: int, due: int, history: int, store: str, wants_json: bool) -> None:
    """Plan the lessons that are due among many made-up enrollments in eight time zones.

    With --store postgresql NEWSLETTER_DATABASE_URL names the server; a database of its own is made there and dropped.
    """
    if due > enrollments:
        raise Refused("--due cannot be more than --enrollments.")
    with trial_database(store) as url, tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        settings = Settings(  # type: ignore[call-arg]
            _env_file=None,
            data_dir=Path(folder),
            database_url=url,
            secret_key="bench",  # noqa: S106
        )
        clock = SetClock(SystemClock().now())
        house = app.build_house(settings, clock)
        try:
            found = _measure(house, clock, enrollments, due, history)
        finally:
            house.store.close()
    plain = {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(found).items()}
    lines = [
        f"{found.planned:,} lessons of {found.enrollments:,} enrollments planned in {found.seconds:.2f} s:"
        f" {found.planned / found.seconds:,.0f} a second",
        f"  a tick with nothing due: {found.idle_tick_ms:.2f} ms ({found.idle_tick_before_ms:.2f} ms before them);"
        f" filled in {found.fill_seconds:.0f} s",
    ]
    say(plain, wants_json, "\n".join(lines))


def _measure(house: House, clock: SetClock, enrollments: int, due: int, history: int) -> Measured:
    began = time.perf_counter()
    _fill(house, enrollments, due, history)
    filled = time.perf_counter() - began
    now = clock.moment
    clock.moment = now - timedelta(hours=2)
    before = _idle(house)
    clockwork.settle_in()  # as a process that plans does once it is up
    clock.moment = now
    began = time.perf_counter()
    planned = planning.plan_due(house)
    seconds = time.perf_counter() - began
    if planned != due:
        raise Refused(f"{planned} lessons were planned, and {due} were due.")
    return Measured(enrollments, due, planned, seconds, _idle(house), before, filled)


def _fill(house: House, enrollments: int, due: int, history: int) -> None:
    """Everybody has had the first letters of the shipped course, at her own hour, which is now for all."""
    prepare(house)
    now = house.clock.now()
    with scratch.filling(house.store) as tx:
        letters, course = lists.by_slug(tx, "letters"), courses.by_slug(tx, "belonging")
        assert letters is not None  # prepare made both
        assert course is not None
        had = courses.order(tx, course.id)[:history]
        clocks = [_clock(zone, now) for zone in _ZONES]
        scratch.crowd(tx, letters.id, enrollments, lambda one: house.address_keys(one)[0], now, clocks)
        scratch.enroll(tx, course.id, clocks, due=due, readers=enrollments, lessons=had)
    scratch.settle_down(house.store)


def _clock(zone: str, now: datetime) -> scratch.Clock:
    local = now.astimezone(ZoneInfo(zone))
    day = local.date()

    def slot(days: int) -> datetime:
        return instant(day + timedelta(days=days), local.hour, zone)

    return scratch.Clock(zone, local.hour, tuple((slot(turn - WEEK), slot(turn)) for turn in range(WEEK + 1)))


def _idle(house: House) -> float:
    """Milliseconds of a tick that finds nothing to plan, the median of some."""
    took = []
    for _ in range(_IDLE_TICKS):
        began = time.perf_counter()
        if planning.plan_due(house):
            raise Refused("Something was planned that was not due.")
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
