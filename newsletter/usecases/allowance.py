"""How many letters may go today while a new sender warms up; what a person waits for never waits for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain import warmup
from newsletter.domain.cadence import instant
from newsletter.domain.delivery import Priority
from newsletter.store import allowances, tallies
from newsletter.store.engine import Transaction
from newsletter.usecases.house import House

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be taken now: at most so many at once, and nothing less urgent than `lowest`."""

    most: int
    lowest: Priority = Priority.CAMPAIGN


@dataclass(frozen=True, slots=True)
class Day:
    """Today's allowance, how many of it are used, and the room that is left."""

    allowance: int
    used: int
    room: warmup.Room


def bounds(house: House, tx: Transaction, most: int) -> Bounds:
    """What may be taken of what is due, of `most` that are wanted; nobody else takes until this transaction ends."""
    if house.warmup is None:
        return Bounds(most)
    allowances.take_turns(tx)
    return _within(today(house, tx), most)


def lowest(house: House, tx: Transaction) -> Priority:
    """What of all that is due may go now: this urgent, or more."""
    return _within(today(house, tx), 1).lowest


def _within(seen: Day | None, most: int) -> Bounds:
    if seen is None:
        return Bounds(most)
    if seen.room.campaigns:
        return Bounds(min(most, seen.room.campaigns))
    if seen.room.letters:
        return Bounds(min(most, seen.room.letters), Priority.LESSON)
    return Bounds(most, Priority.URGENT)


def today(house: House, tx: Transaction) -> Day | None:
    """How today's allowance stands; None when nothing is limited."""
    now, zone = house.clock.now(), house.letterhead.timezone
    day = now.astimezone(ZoneInfo(zone)).date()
    allowed = house.warmup.allowance(day) if house.warmup else None
    if allowed is None:
        return None
    begins, ends = instant(day, 0, zone), instant(day + timedelta(days=1), 0, zone)
    used = allowances.used(tx, begins)
    # In this order: what is planned between the two is counted twice, and not by neither.
    to_come = tallies.lessons_between(tx, _EVER, ends) + allowances.lessons_waiting(tx, ends)
    return Day(allowed, used, warmup.room(allowed, used, to_come))
