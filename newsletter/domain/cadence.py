"""When the next lesson is due: her wall-clock and the course's own calendar, as local calendar arithmetic.

A slot is a local day, found by counting days, and an hour on it. Everything that asks when a letter comes asks here:
the planner, a preview, a forecast. A slot says why it is not where one would have looked for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

SETTLING_IN = timedelta(hours=24)
"""The first weekly letter goes at least this long after confirming."""

WEEK = 7
MINIMUM_GAP = 6
"""Local days between two letters of a weekly course; a new weekday or a late letter never brings one sooner."""

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


@dataclass(frozen=True, slots=True)
class Blackout:
    """Days, in each reader's own zone, on which no lesson goes. `region` has zones or their beginnings; empty: all."""

    name: str
    first_day: date
    last_day: date
    region: str = ""

    def covers(self, day: date, zone: str) -> bool:
        """Whether a day is one of these for somebody who lives in a zone."""
        if not self.first_day <= day <= self.last_day:
            return False
        return not self.region or any(_is_in(zone, part) for part in self.region.split(","))


@dataclass(frozen=True, slots=True)
class Cadence:
    """A course's own calendar: weekly on her day, or every `every` days, or on given `weekdays` (Monday is 0).

    `gap` is the least number of local days between two letters. A letter goes at her hour where that lies between
    `opens` and `closes` (hours of her wall-clock, the second one excluded), else at the nearest hour that does.
    """

    every: int = 0
    weekdays: frozenset[int] = frozenset()
    gap: int = MINIMUM_GAP
    opens: int = 0
    closes: int = 24
    blackouts: tuple[Blackout, ...] = ()

    @property
    def pace(self) -> str:
        """How often its letters come to whoever has no wish of her own, in words."""
        if self.every:
            return "one letter a day" if self.every == 1 else f"one letter every {self.every} days"
        if len(self.weekdays) > 1:
            return f"up to {len(self.weekdays)} letters a week"
        return "one letter a week"

    def days_on(self, rhythm: Rhythm) -> int:
        """How many local days after a letter the next one may come at the soonest."""
        weeks = WEEK * rhythm.pace
        if self.every:
            return max(self.gap, self.every, weeks if rhythm.pace > 1 else 0)
        if self.weekdays:
            return max(self.gap, weeks - 1 if rhythm.pace > 1 else 0)
        return max(self.gap, weeks if rhythm.weekday is None else weeks - 1)

    def weekdays_for(self, rhythm: Rhythm) -> Collection[int]:
        """The weekdays on which a letter may come to her; empty when any may be."""
        if self.every:
            return ()
        return self.weekdays or (() if rhythm.weekday is None else (rhythm.weekday,))

    def hour_for(self, rhythm: Rhythm) -> int:
        """The hour at which a letter comes to her."""
        return min(max(rhythm.hour, self.opens), self.closes - 1)


WEEKLY = Cadence()


@dataclass(frozen=True, slots=True)
class Timing:
    """When one lesson comes, if not as its course does: `delay` local days after the letter before, or on a `day`."""

    delay: int | None = None
    day: date | None = None


AS_USUAL = Timing()


class Slot(NamedTuple):
    """When a letter comes, in UTC, and in sentences why not where one would have looked for it."""

    at: datetime
    why: tuple[str, ...] = ()


class Lateness(StrEnum):
    """What to do with a lesson that is planned after its time (judged once, at planning)."""

    NOW = "now"
    TOMORROW = "tomorrow"
    HOLD = "hold"


@lru_cache
def known_zones() -> frozenset[str]:
    """Names that a subscriber's zone may have: regions of the IANA database, and UTC."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("posix")) | {"UTC"}


@lru_cache(maxsize=700)
def _clocks(zone: str) -> ZoneInfo:
    """A zone, read once: of more than eight, Python forgets the least used ones and reads them anew."""
    return ZoneInfo(zone)


def instant(day: date, hour: int, zone: str, minute: int = 0) -> datetime:
    """The UTC instant of a wall-clock hour, or hour and minute, on a day.

    A time that does not exist moves forward by the length of the gap; one that exists twice means the
    first (fold 0, PEP 495).
    """
    local = datetime.combine(day, time(hour, minute), _clocks(zone))
    return local.astimezone(UTC)


def first_slot(confirmed_at: datetime, rhythm: Rhythm, cadence: Cadence = WEEKLY, timing: Timing = AS_USUAL) -> Slot:
    """When the first weekly lesson is due: her first slot at least a day after confirming, or its own."""
    earliest, confirmed_on = confirmed_at + SETTLING_IN, local_day(confirmed_at, rhythm)
    own = confirmed_on + timedelta(days=timing.delay) if timing.delay is not None else timing.day
    if own is not None:
        slot = _place(own, rhythm, cadence, aligned=False)
        if slot.at >= earliest:
            return slot._replace(why=(_own_words(timing), *slot.why))
    return slot_from(earliest, rhythm, cadence)


@lru_cache(maxsize=8192)  # of ten thousand readers most share their slot and their wishes with a hundred others
def next_slot(previous: datetime, rhythm: Rhythm, cadence: Cadence = WEEKLY, timing: Timing = AS_USUAL) -> Slot:
    """The slot after `previous`: as the course and her pace have it, or the lesson's own; never within the gap."""
    before = local_day(previous, rhythm)
    soonest = before + timedelta(days=cadence.gap)
    usual = before + timedelta(days=cadence.days_on(rhythm))
    if timing.delay is not None:
        own = before + timedelta(days=max(timing.delay, cadence.gap))
    elif timing.day is not None and timing.day > before:
        own = max(timing.day, soonest)
    else:
        return _place(usual, rhythm, cadence)
    slot = _place(own, rhythm, cadence, aligned=False)
    reasons = [_own_words(timing)]
    if own == soonest and own not in (timing.day, before + timedelta(days=timing.delay or 0)):
        reasons.append(f"That would be less than {cadence.gap} days after the letter before: it waits until then.")
    return slot._replace(why=(*reasons, *slot.why))


def slot_from(earliest: datetime, rhythm: Rhythm, cadence: Cadence = WEEKLY) -> Slot:
    """Her first slot at or after an instant."""
    day = local_day(earliest, rhythm)
    slot = _place(day, rhythm, cadence)
    while slot.at < earliest:
        day += timedelta(days=1)
        slot = _place(day, rhythm, cadence)
    return slot


def day_after(now: datetime, rhythm: Rhythm, cadence: Cadence = WEEKLY) -> Slot:
    """Her hour on the next local day, whatever the weekday: where a late letter goes."""
    return _place(local_day(now, rhythm) + timedelta(days=1), rhythm, cadence, aligned=False)


def on_a_free_day(slot: Slot, rhythm: Rhythm, cadence: Cadence, taken: Collection[date]) -> Slot:
    """The slot, or her hour on the first day after it that no other course of hers has taken.

    A letter on given weekdays waits for the next of them.
    """
    found = slot
    while (day := local_day(found.at, rhythm)) in taken:
        found = _place(day + timedelta(days=1), rhythm, cadence, aligned=bool(cadence.weekdays))
    return found


def stays(slot: datetime, rhythm: Rhythm, cadence: Cadence) -> bool:
    """Whether a slot that was found earlier is none of the days that the course keeps silent now."""
    day = local_day(slot, rhythm)
    return not any(one.covers(day, rhythm.zone) for one in cadence.blackouts)


def judge_lateness(due: datetime, now: datetime) -> Lateness:
    """Up to three hours late goes at once, up to seven days on the next day, more waits for the owner."""
    late = now - due
    if late <= ON_TIME:
        return Lateness.NOW
    return Lateness.TOMORROW if late <= STILL_FRESH else Lateness.HOLD


def local_day(moment: datetime, rhythm: Rhythm) -> date:
    """The calendar day of an instant on her wall."""
    return moment.astimezone(_clocks(rhythm.zone)).date()


def _place(day: date, rhythm: Rhythm, cadence: Cadence, *, aligned: bool = True) -> Slot:
    """Her hour on the first day from `day` on that is none of silence and, if `aligned`, one of the weekdays."""
    weekdays = cadence.weekdays_for(rhythm) if aligned else ()
    day, why = _on_weekday(day, weekdays), []
    while silent := next((one for one in cadence.blackouts if one.covers(day, rhythm.zone)), None):
        why.append(f"No lesson goes from {silent.first_day:%-d %B %Y} to {silent.last_day:%-d %B %Y}: {silent.name}.")
        day = _on_weekday(silent.last_day + timedelta(days=1), weekdays)
    hour = cadence.hour_for(rhythm)
    if hour != rhythm.hour:
        why.append(
            f"The course sends from {cadence.opens:02}:00 to {cadence.closes:02}:00 and her hour is"
            f" {rhythm.hour:02}:00: {hour:02}:00 is the nearest."
        )
    at, changed = _on_the_clock(day, hour, rhythm.zone)
    if changed:
        why.append(changed)
    return Slot(at, tuple(why))


@lru_cache(maxsize=8192)  # of ten thousand readers most share their day, hour and zone with a hundred others
def _on_the_clock(day: date, hour: int, zone: str) -> tuple[datetime, str]:
    """The instant of an hour on a day, and what a change of the clocks did to it; empty on all other days."""
    at = instant(day, hour, zone)
    return at, _change_of_clocks(at, day, hour, zone)


def _change_of_clocks(at: datetime, day: date, hour: int, zone: str) -> str:
    shown = at.astimezone(_clocks(zone))
    if shown.hour != hour or shown.minute:
        return f"The clocks go forward: {hour:02}:00 does not exist on {day:%-d %B %Y}, {shown:%H:%M} comes instead."
    if shown.replace(fold=1).utcoffset() != shown.utcoffset():
        return f"The clocks go back: {hour:02}:00 comes twice on {day:%-d %B %Y}, and the first one is meant."
    return ""


def _own_words(timing: Timing) -> str:
    if timing.day is not None:
        return f"This lesson has a day of its own: {timing.day:%-d %B %Y}."
    many = f"{timing.delay} days" if timing.delay != 1 else "1 day"
    return f"This lesson has a time of its own: {many} after the letter before."


def _on_weekday(day: date, weekdays: Collection[int]) -> date:
    today = day.weekday()
    return (
        day if not weekdays or today in weekdays else day + timedelta(min([(one - today) % WEEK for one in weekdays]))
    )


def _is_in(zone: str, part: str) -> bool:
    part = part.strip()
    return zone == part or (part.endswith("/") and zone.startswith(part))
