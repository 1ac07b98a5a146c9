"""When a course sends: its rhythm, gap and window, what single lessons have of their own, and days of silence."""

from collections.abc import Mapping
from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain import course_calendar
from newsletter.domain.cadence import Cadence, Timing
from newsletter.domain.course import Role
from newsletter.domain.enrollment import LessonRef, Timetable
from newsletter.store import timetables
from newsletter.usecases import calendars
from newsletter.usecases.courses import CourseError
from newsletter.web import guards
from newsletter.web.guards import house, visitor
from newsletter.web.studio.courses.room import door, find, page

_CALENDAR = ("rhythm", "every", "gap", "opens", "closes")
_SILENCE = ("name", "first_day", "last_day", "region")


@door.get("/<slug>/calendar")
@guards.signed_in("editor")
def ask_calendar(slug: str) -> Any:
    """The form, filled with what the draft has."""
    with house().store.reading() as tx:
        find(tx, slug)
        course = calendars.drafted(tx, slug)
    return _calendar(slug, _typed(course), [str(day) for day in course.cadence.weekdays], {})


@door.post("/<slug>/calendar")
@guards.signed_in("editor")
def set_calendar(slug: str) -> Any:
    """Keep the calendar and the lessons' timings in the draft."""
    with house().store.reading() as tx:
        find(tx, slug)
        course = calendars.drafted(tx, slug)
    weekdays = request.form.getlist("weekdays")
    cadence, wrong = course_calendar.cadence_from(request.form, weekdays)
    timings: dict[str, Timing] = {}
    for lesson in _timed(course):
        timings[lesson.key], problem = course_calendar.timing_from(_of_lesson(request.form, lesson.key), cadence)
        if problem:
            wrong[f"timing-{lesson.key}"] = problem
    if wrong:
        return _calendar(slug, request.form, weekdays, wrong), 400
    try:
        _keep(slug, course, cadence, timings)
    except CourseError as error:
        return _calendar(slug, request.form, weekdays, {"rhythm": str(error)}), 409
    return go_to(url_for("courses.one", slug=slug, done="calendar"), 303)


def _keep(slug: str, before: Timetable, cadence: Cadence, timings: Mapping[str, Timing]) -> None:
    calendars.set_cadence(house(), slug, cadence)
    for lesson in _timed(before):
        if timings[lesson.key] != lesson.timing:
            calendars.set_timing(house(), slug, lesson.key, timings[lesson.key])


def _timed(course: Timetable) -> list[LessonRef]:
    """The lessons that may have a timing of their own: an opening goes at once."""
    return [lesson for lesson in course.order if lesson.role is not Role.OPENING]


def _of_lesson(form: Mapping[str, str], key: str) -> dict[str, str]:
    return {field: form.get(f"{field}-{key}", "") for field in ("delay", "date")} | {
        "timing": form.get(f"timing-{key}", "usual")
    }


def _typed(course: Timetable) -> dict[str, str]:
    """What the form would say if somebody had typed what the draft has."""
    cadence = course.cadence
    rhythm = "days" if cadence.every else "weekdays" if cadence.weekdays else "weekly"
    usual = course_calendar.usual_gap(cadence.every, cadence.weekdays)
    typed = {
        "rhythm": rhythm,
        "every": str(cadence.every or ""),
        "gap": "" if cadence.gap == usual else str(cadence.gap),
        "opens": str(cadence.opens),
        "closes": str(cadence.closes),
    }
    for lesson in course.order:
        own = lesson.timing
        kind = "date" if own.day else "delay" if own.delay is not None else "usual"
        typed |= {f"timing-{lesson.key}": kind, f"delay-{lesson.key}": str(own.delay or "")}
        typed[f"date-{lesson.key}"] = own.day.isoformat() if own.day else ""
    return typed


def _calendar(slug: str, typed: Mapping[str, str], weekdays: list[str], wrong: Mapping[str, str]) -> str:
    with house().store.reading() as tx:
        course = find(tx, slug)
    return page(
        "course_calendar.html",
        one=course,
        typed=typed,
        weekdays=weekdays,
        days=course_calendar.WEEKDAYS,
        wrong=wrong,
        timed=[lesson.text for lesson in course.lessons if lesson.text.role is not Role.OPENING],
    )


@door.get("/+/silence")
@guards.signed_in("viewer")
def silence() -> str:
    """The days on which no lesson goes, and whether a campaign waits where a lesson comes."""
    return _silence({}, {})


@door.post("/+/silence")
@guards.signed_in("editor")
def change_silence() -> Any:
    """Add days of silence, or with `remove` take some back."""
    if number := request.form.get("remove", ""):
        known = number.isascii() and number.isdigit() and len(number) < 10
        done = "removed" if known and calendars.remove_blackout(house(), int(number)) else "gone"
        return go_to(url_for("courses.silence", done=done), 303)
    typed = {field: request.form.get(field, "") for field in _SILENCE}
    made, wrong = course_calendar.blackout_from(typed)
    if made is None:
        return _silence(typed, wrong), 400
    calendars.add_blackout(house(), made)
    return go_to(url_for("courses.silence", done="added"), 303)


@door.post("/+/silence/one-a-day")
@guards.signed_in("owner")
def set_one_a_day() -> Any:
    """Let a campaign wait a day where a lesson comes, or let both go."""
    who = visitor()
    calendars.one_a_day(house(), on=request.form.get("one_a_day") == "on", by=who.id if who else None)
    return go_to(url_for("courses.silence", done="one-a-day"), 303)


def _silence(typed: Mapping[str, str], wrong: Mapping[str, str]) -> str:
    with house().store.reading() as tx:
        known = timetables.known_blackouts(tx)
    who = visitor()
    return page(
        "silence.html",
        known=known,
        typed=typed,
        wrong=wrong,
        one_a_day=house().one_a_day,
        is_owner=who is not None and who.role == "owner",
        today=house().clock.now().date(),
    )
