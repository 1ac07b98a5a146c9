"""`newsletter course calendar`, `course timing` and `newsletter silence …`: when lessons come, and when none does."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from newsletter.cli.speaking import Refused, as_json, say, show, with_house
from newsletter.domain import course_calendar
from newsletter.domain.cadence import AS_USUAL, Cadence, Timing
from newsletter.domain.course import Role
from newsletter.domain.course_calendar import WEEKDAYS
from newsletter.domain.enrollment import Timetable
from newsletter.store import timetables
from newsletter.usecases import calendars
from newsletter.usecases.house import House

_DAYS = tuple(day[:3].lower() for day in WEEKDAYS)


@click.command("calendar")
@click.argument("slug")
@click.option("--weekly", is_flag=True, help="A letter a week, on each reader's day.")
@click.option("--every", help="A letter every so many days.")
@click.option("--weekdays", help=f"On these weekdays, with commas between them: {','.join(_DAYS)}.")
@click.option("--gap", help="Days between two letters, at least; the rhythm's own if left out beside a new rhythm.")
@click.option("--from", "opens", help="No letter before this hour of the reader's clock.")
@click.option("--to", "closes", help="No letter from this hour on.")
@as_json
@with_house
def set_calendar(house: House, slug: str, weekly: bool, wants_json: bool, **said: str | None) -> None:
    """When a course sends: without options as its newest state has it, else set in the draft.

    It counts once it is published; `course publish SLUG --dry-run` says what it comes to.
    """
    with house.store.reading() as tx:
        course = calendars.drafted(tx, slug)
    is_asked = not weekly and not any(said.values())
    if not is_asked:
        cadence = _cadence(course.cadence, weekly=weekly, **said)
        calendars.set_cadence(house, slug, cadence)
        course = Timetable(course.order, cadence)
    own = [{"lesson": one.key, "timing": _in_words(one.timing)} for one in course.order if one.timing != AS_USUAL]
    lines = [course_calendar.in_words(course.cadence), *(f"  {one['lesson']}: {one['timing']}" for one in own)]
    if not is_asked:
        lines.append(f"It stands in the draft. Next: course publish {slug} --dry-run")
    say({"slug": slug, **_plain(course.cadence), "lessons": own}, wants_json, "\n".join(lines))


def _cadence(
    before: Cadence,
    *,
    weekly: bool,
    every: str | None,
    weekdays: str | None,
    gap: str | None,
    opens: str | None,
    closes: str | None,
) -> Cadence:
    """The calendar with what was said in place of what it had. Raises Refused with the first sentence that is wrong."""
    if (weekly, every is not None, weekdays is not None).count(True) > 1:
        raise click.UsageError("One rhythm: --weekly, --every or --weekdays.")
    numbers = [str(day) for day in before.weekdays] if weekdays is None else _weekdays(weekdays)
    is_new = weekly or every is not None or weekdays is not None
    if is_new:
        rhythm = "weekly" if weekly else "days" if every is not None else "weekdays"
    else:
        rhythm = "days" if before.every else "weekdays" if before.weekdays else "weekly"
    form = {
        "rhythm": rhythm,
        "every": every or str(before.every),
        "gap": gap or ("" if is_new else str(before.gap)),
        "opens": opens or str(before.opens),
        "closes": closes or str(before.closes),
    }
    cadence, wrong = course_calendar.cadence_from(form, numbers)
    if wrong:
        raise Refused(_first(wrong))
    return cadence


def _weekdays(words: str) -> Sequence[str]:
    named = [word.strip().lower()[:3] for word in words.split(",") if word.strip()]
    if strange := [word for word in named if word not in _DAYS]:
        raise Refused(f"“{strange[0]}” is no weekday. They are {', '.join(_DAYS)}.")
    return [str(_DAYS.index(word)) for word in named]


@click.command("timing")
@click.argument("slug")
@click.argument("key")
@click.option("--delay", help="So many days after the letter before it.")
@click.option("--date", "day", help="On a day of its own, such as 2026-12-24, on each reader's clock.")
@click.option("--usual", is_flag=True, help="As its course comes.")
@with_house
def set_timing(house: House, slug: str, key: str, delay: str | None, day: str | None, usual: bool) -> None:
    """Say in the draft when one lesson comes, if not as its course does."""
    if (delay is not None, day is not None, usual).count(True) != 1:
        raise click.UsageError("Say one of --delay, --date and --usual.")
    with house.store.reading() as tx:
        course = calendars.drafted(tx, slug)
    lesson = next((one for one in course.order if one.key == key), None)
    if lesson is not None and lesson.role is Role.OPENING:
        raise Refused("The opening goes at once, when somebody confirms; it has no time of its own.")
    kind = "usual" if usual else "delay" if delay is not None else "date"
    timing, wrong = course_calendar.timing_from(
        {"timing": kind, "delay": delay or "", "date": day or ""}, course.cadence
    )
    if wrong:
        raise Refused(wrong)
    calendars.set_timing(house, slug, key, timing)
    click.echo(f"In the draft, {key} comes {_in_words(timing)}. Next: course publish {slug} --dry-run")


def _in_words(timing: Timing) -> str:
    if timing.day is not None:
        return f"on {timing.day.isoformat()}"
    if timing.delay is None:
        return "as its course does"
    return f"{timing.delay} {'day' if timing.delay == 1 else 'days'} after the letter before"


def _plain(cadence: Cadence) -> dict[str, Any]:
    return {
        "every": cadence.every or None,
        "weekdays": [_DAYS[day] for day in sorted(cadence.weekdays)],
        "gap": cadence.gap,
        "from": cadence.opens,
        "to": cadence.closes,
    }


@click.group()
def silence() -> None:
    """Days on which no lesson goes."""


@silence.command("list")
@as_json
@with_house
def list_silence(house: House, wants_json: bool) -> None:
    """The days of silence, past and to come."""
    with house.store.reading() as tx:
        known = timetables.known_blackouts(tx)
    rows = [
        {
            "number": one.id,
            "name": one.blackout.name,
            "first_day": one.blackout.first_day.isoformat(),
            "last_day": one.blackout.last_day.isoformat(),
            "region": one.blackout.region,
        }
        for one in known
    ]
    show(rows, wants_json, "None. `newsletter silence add NAME --first-day DAY` keeps one.")


@silence.command("add")
@click.argument("name")
@click.option("--first-day", required=True, help="Such as 2026-12-24, on each reader's clock.")
@click.option("--last-day", default="", help="The first day alone if left out.")
@click.option("--region", default="", help="Zones with commas between them; America/ is all that begin so. Else all.")
@with_house
def add_silence(house: House, **form: str) -> None:
    """Let no lesson go on some days; those that are due move behind them."""
    made, wrong = course_calendar.blackout_from(form)
    if made is None:
        raise Refused(_first(wrong))
    click.echo(f"Kept, as number {calendars.add_blackout(house, made)}. Letters that were due on these days move.")


@silence.command("remove")
@click.argument("number", type=click.IntRange(1, 2**62))
@with_house
def remove_silence(house: House, number: int) -> None:
    """Let lessons go on these days again."""
    gone = calendars.remove_blackout(house, number)
    click.echo("Taken back. Letters that had moved come at their usual time." if gone else "There is no such number.")


@silence.command("one-a-day")
@click.argument("word", type=click.Choice(["on", "off"]), required=False)
@as_json
@with_house
def one_a_day(house: House, word: str | None, wants_json: bool) -> None:
    """Whether a campaign, or another course's lesson, waits a day where a lesson comes; "off" lets all go."""
    if word is not None:
        calendars.one_a_day(house, on=word == "on", by=None)
    is_on = house.current().one_a_day
    waits = "A campaign, or a lesson of another course, waits a day where a lesson comes."
    line = waits if is_on else "A lesson and a campaign, or lessons of two courses, may come on one day."
    say({"one_a_day": is_on}, wants_json, line)


def _first(wrong: Mapping[str, str]) -> str:
    return next(iter(wrong.values()))
