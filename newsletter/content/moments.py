"""Days, hours and small numbers as a letter says them, the same on every machine whatever its locale."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.domain.cadence import WEEK, Cadence

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)

EACH_WEEK = "one each week"
PACE_WORDS = {1: "every week", 2: "every two weeks", 3: "every three weeks"}


def rhythm_in_words(cadence: Cadence, pace: int) -> str:
    """How often letters of a course come to somebody of this pace: "one each week", "one every two weeks"."""
    if cadence.every > WEEK * pace or (cadence.every and pace == 1):
        return "one each day" if cadence.every == 1 else f"one every {number_in_words(cadence.every)} days"
    if cadence.weekdays and pace == 1:
        return f"one each {' and '.join(DAYS[day] for day in sorted(cadence.weekdays))}"
    return EACH_WEEK if pace == 1 else f"one {PACE_WORDS[pace]}"


def number_in_words(number: int) -> str:
    """A small number as prose has it: "twelve"; above that its digits."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def day_in_words(day: date) -> str:
    """A calendar day: "Thursday, 26 November 2026"."""
    return f"{DAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(moment: datetime, zone: str) -> str:
    """An instant on someone's wall: "Thursday, 26 November 2026, at 9 in the morning (Denver time)"."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_in_words(local.date())}, {_hour_in_words(local.hour, local.minute)} ({_zone_in_words(zone)})"


def _hour_in_words(hour: int, minute: int) -> str:
    if minute == 0 and hour in (0, 12):
        return "at noon" if hour else "at midnight"
    part = ("at night", "in the morning", "in the afternoon", "in the evening", "at night")[
        (hour >= 4) + (hour >= 12) + (hour >= 18) + (hour >= 22)
    ]
    clock = f"{(hour - 1) % 12 + 1}" + (f":{minute:02}" if minute else "")
    return f"at {clock} {part}"


def _zone_in_words(zone: str) -> str:
    return zone if "/" not in zone else zone.rpartition("/")[2].replace("_", " ") + " time"
