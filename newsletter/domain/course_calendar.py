"""A course's calendar as it is kept, JSON both ways, and what an owner may set in it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from newsletter.domain.cadence import (
    AS_USUAL,
    MINIMUM_GAP,
    WEEK,
    Blackout,
    Cadence,
    Timing,
    known_zones,
)
from newsletter.domain.consent import canonical

LONGEST_EVERY = 90
LONGEST_DELAY = 365
LONGEST_NAME = 80
LONGEST_REGION = 300
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def usual_gap(every: int, weekdays: Iterable[int]) -> int:
    """The minimum gap of a rhythm whose owner sets none: six local days, or as close as the rhythm's own letters."""
    given = sorted(weekdays)
    if every:
        return min(MINIMUM_GAP, every)
    if not given:
        return MINIMUM_GAP
    apart = [(after - before) % WEEK or WEEK for before, after in zip(given, given[1:] + given[:1], strict=True)]
    return min(MINIMUM_GAP, *apart)


def kept(cadence: Cadence) -> str:
    """The calendar as its column has it; blackouts are everybody's and stand elsewhere."""
    said: dict[str, Any] = {}
    if cadence.every:
        said["every"] = cadence.every
    elif cadence.weekdays:
        said["weekdays"] = sorted(cadence.weekdays)
    if cadence.gap != usual_gap(cadence.every, cadence.weekdays):
        said["gap"] = cadence.gap
    if (cadence.opens, cadence.closes) != (0, 24):
        said["window"] = [cadence.opens, cadence.closes]
    return canonical(said)


def read(text: str, blackouts: Iterable[Blackout] = ()) -> Cadence:
    """The calendar that `kept` wrote."""
    said = json.loads(text or "{}")
    every, weekdays = said.get("every", 0), frozenset(said.get("weekdays", ()))
    opens, closes = said.get("window", (0, 24))
    gap = said.get("gap", usual_gap(every, weekdays))
    return Cadence(every, weekdays, gap, opens, closes, tuple(blackouts))


def kept_timing(timing: Timing) -> str:
    """A lesson's own timing as its column has it; empty when it comes as its course does."""
    if timing.day is not None:
        return canonical({"date": timing.day.isoformat()})
    return "" if timing.delay is None else canonical({"delay_days": timing.delay})


def read_timing(text: str) -> Timing:
    """The timing that `kept_timing` wrote."""
    if not text:
        return AS_USUAL
    said = json.loads(text)
    if "date" in said:
        return Timing(day=date.fromisoformat(said["date"]))
    return Timing(delay=said["delay_days"])


def cadence_from(form: Mapping[str, str], weekdays: Iterable[str]) -> tuple[Cadence, dict[str, str]]:
    """The calendar that somebody typed, and sentences, by field, of what is wrong with it.

    `form` has rhythm ("weekly", "days" or "weekdays"), every, gap (empty: as usual), opens and closes.
    """
    wrong: dict[str, str] = {}
    rhythm, every, given = form.get("rhythm", "weekly"), 0, frozenset[int]()
    if rhythm == "days":
        every = _number(form.get("every", ""), 1, LONGEST_EVERY)
        if not every:
            wrong["every"] = f"Please give a number of days from 1 to {LONGEST_EVERY}."
    elif rhythm == "weekdays":
        given = frozenset(int(day) for day in weekdays if day in set("0123456"))
        if not given:
            wrong["weekdays"] = "Please choose at least one weekday."
    elif rhythm != "weekly":
        wrong["rhythm"] = "Please choose one of the three."
    gap, most = usual_gap(every, given), every or WEEK
    if form.get("gap", "").strip():
        gap = _number(form["gap"], 1, most)
        if not gap:
            wrong["gap"] = f"Please give a number of days from 1 to {most}, or leave it empty."
    opens, closes = _hour(form.get("opens", "0")), _hour(form.get("closes", "24"))
    if opens is None or closes is None or opens >= closes:
        wrong["opens"] = "Please choose an hour to begin at that is before the hour to end at."
        opens, closes = 0, 24
    return Cadence(every, given, gap or MINIMUM_GAP, opens, closes), wrong


def timing_from(form: Mapping[str, str], cadence: Cadence) -> tuple[Timing, str]:
    """The timing that somebody typed for a lesson, and a sentence of what is wrong with it.

    `form` has timing ("usual", "delay" or "date"), delay and date.
    """
    match form.get("timing", "usual"):
        case "usual":
            return AS_USUAL, ""
        case "delay":
            days = _number(form.get("delay", ""), cadence.gap, LONGEST_DELAY)
            if days:
                return Timing(delay=days), ""
            return AS_USUAL, (
                f"Please give a number of days from {cadence.gap} to {LONGEST_DELAY}: letters of this course are never"
                f" less than {cadence.gap} days apart."
            )
        case "date":
            day = _day(form.get("date", ""))
            return (Timing(day=day), "") if day else (AS_USUAL, "Please give a day, such as 2026-12-24.")
    return AS_USUAL, "Please choose one of the three."


def blackout_from(form: Mapping[str, str]) -> tuple[Blackout | None, dict[str, str]]:
    """The days of silence that somebody typed, and sentences, by field, of what is wrong with them.

    `form` has name, first_day, last_day (empty: the same day) and region.
    """
    wrong: dict[str, str] = {}
    name = " ".join(form.get("name", "").split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        wrong["name"] = f"Please give it a name of at most {LONGEST_NAME} characters, such as Christmas."
    first, ends = _day(form.get("first_day", "")), form.get("last_day", "").strip()
    last = _day(ends) if ends else first
    if first is None:
        wrong["first_day"] = "Please give the first day, such as 2026-12-24."
    if last is None or (first is not None and last < first):
        wrong["last_day"] = "Please give the last day, the same as the first or a later one."
    region = ", ".join(part.strip() for part in form.get("region", "").split(",") if part.strip())
    if strange := [part for part in region.split(", ") if region and not is_region(part)]:
        wrong["region"] = (
            f"“{strange[0][:60]}” is no zone that we know. Use names such as Europe/Berlin, or America/ for all that"
            " begin so; leave it empty for everywhere."
        )
    if len(region) > LONGEST_REGION:
        wrong["region"] = f"Please name fewer zones: {LONGEST_REGION} characters at most."
    if wrong or first is None or last is None:
        return None, wrong
    return Blackout(name, first, last, region), {}


def is_region(part: str) -> bool:
    """Whether this is a zone, or the beginning of zones up to a slash."""
    return part in known_zones() or (part.endswith("/") and any(zone.startswith(part) for zone in known_zones()))


def in_words(cadence: Cadence) -> str:
    """The rhythm, gap and window of a calendar in a sentence."""
    if cadence.every:
        rhythm = "Every day" if cadence.every == 1 else f"Every {cadence.every} days"
    elif cadence.weekdays:
        rhythm = f"On {' and '.join(WEEKDAYS[day] for day in sorted(cadence.weekdays))}"
    else:
        rhythm = "Weekly, on each reader’s day"
    days = "day" if cadence.gap == 1 else "days"
    said = f"{rhythm}, never less than {cadence.gap} {days} apart"
    if (cadence.opens, cadence.closes) == (0, 24):
        return f"{said}."
    return f"{said}, from {cadence.opens:02}:00 to {cadence.closes:02}:00 on her clock."


def without_silence(cadence: Cadence) -> Cadence:
    """The calendar without its blackouts."""
    return replace(cadence, blackouts=())


def _number(text: str, least: int, most: int) -> int:
    """A whole number typed, 0 when it is none or out of bounds."""
    text = text.strip()
    if not re.fullmatch(r"[0-9]{1,4}", text):
        return 0
    return int(text) if least <= int(text) <= most else 0


def _hour(text: str) -> int | None:
    text = text.strip()
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) and int(text) <= 24 else None


def _day(text: str) -> date | None:
    text = text.strip()
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
