"""When the next lesson is due: weekday, hour and time zone, as local calendar arithmetic."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

SETTLING_IN = timedelta(hours=24)
"""The first weekly letter goes at least this long after confirming."""

WEEK = 7
MINIMUM_GAP = 6
"""Local days between two letters of a course; a new weekday or a late letter never brings one sooner."""

ON_TIME = timedelta(hours=3)
STILL_FRESH = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Her wall-clock: hour 0 to 23, an IANA zone, and the weekday (Monday is 0), None for "any day".

    `pace` is her wish to read more slowly: a letter every 1, 2 or 3 weeks.
    """

    hour: int
    zone: str
    weekday: int | None = None
    pace: int = 1


class Lateness(StrEnum):
    """What to do with a lesson that is planned after its time (judged once, at planning)."""

    NOW = "now"
    TOMORROW = "tomorrow"
    HOLD = "hold"


@lru_cache
def known_zones() -> frozenset[str]:
    """Names that a subscriber's zone may have: regions of the IANA database, and UTC."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("posix")) | {"UTC"}


def instant(day: date, hour: int, zone: str, minute: int = 0) -> datetime:
    """The UTC instant of a wall-clock hour, or hour and minute, on a day.

    A time that does not exist moves forward by the length of the gap; one that exists twice means the
    first (fold 0, PEP 495).
    """
    local = datetime.combine(day, time(hour, minute), ZoneInfo(zone))
    return local.astimezone(UTC)


def first_slot(confirmed_at: datetime, rhythm: Rhythm) -> datetime:
    """When the first weekly lesson is due: her first hour at least a day after confirming."""
    return slot_from(confirmed_at + SETTLING_IN, rhythm)


def next_slot(previous: datetime, rhythm: Rhythm) -> datetime:
    """The slot after `previous`: her weekday, no sooner than the minimum gap; without one seven local days on."""
    day = local_day(previous, rhythm)
    if rhythm.weekday is None:
        return instant(day + timedelta(days=WEEK), rhythm.hour, rhythm.zone)
    return instant(_on_weekday(day + timedelta(days=MINIMUM_GAP), rhythm.weekday), rhythm.hour, rhythm.zone)


def slot_from(earliest: datetime, rhythm: Rhythm) -> datetime:
    """Her first slot at or after an instant."""
    day = local_day(earliest, rhythm)
    if rhythm.weekday is not None:
        day = _on_weekday(day, rhythm.weekday)
    slot = instant(day, rhythm.hour, rhythm.zone)
    while slot < earliest:
        day += timedelta(days=1 if rhythm.weekday is None else WEEK)
        slot = instant(day, rhythm.hour, rhythm.zone)
    return slot


def day_after(now: datetime, rhythm: Rhythm) -> datetime:
    """Her hour on the next local day, whatever the weekday: where a late letter goes."""
    return instant(local_day(now, rhythm) + timedelta(days=1), rhythm.hour, rhythm.zone)


def judge_lateness(due: datetime, now: datetime) -> Lateness:
    """Up to three hours late goes at once, up to seven days on the next day, more waits for the owner."""
    late = now - due
    if late <= ON_TIME:
        return Lateness.NOW
    return Lateness.TOMORROW if late <= STILL_FRESH else Lateness.HOLD


def local_day(moment: datetime, rhythm: Rhythm) -> date:
    """The calendar day of an instant on her wall."""
    return moment.astimezone(ZoneInfo(rhythm.zone)).date()


def _on_weekday(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % WEEK)
