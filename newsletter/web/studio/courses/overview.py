"""All courses; and one course: its lessons in order, who is where, when each would come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain import course_calendar
from newsletter.domain.cadence import known_zones
from newsletter.domain.course import Lesson, Role
from newsletter.store import courses as rows
from newsletter.store import lists, ways, whereabouts
from newsletter.usecases import awaiting as waiting
from newsletter.usecases import calendars, lessons, time_machine
from newsletter.usecases.courses import CourseError
from newsletter.usecases.lessons import Manuscript
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.hers import zones
from newsletter.web.studio.courses.room import door, find, find_lesson, page


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson in the table of its course: `state` is "published", "changed", "moved" or "new"."""

    lesson: Lesson
    state: str
    awaiting: int | None
    comes: datetime | None
    condition: str
    """Who alone gets it; empty: everybody."""
    is_first: bool
    is_last: bool


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """All courses, and how many people are in each."""
    with house().store.reading() as tx:
        known = [lessons.read(tx, one.slug) for one in rows.everything(tx)]
        runs = whereabouts.runs(tx)
        titles = {one.slug: one.title for one in lists.named(tx)}
    begins = {course: titles.get(slug, slug) for slug, course in house().begins.items()}
    return page("courses.html", found=[one for one in known if one], runs=runs, begins=begins)


@door.get("/<slug>")
@guards.signed_in("viewer")
def one(slug: str) -> str:
    """One course."""
    asked = request.args.get("zone", "")
    zone = asked if asked in known_zones() else house().letterhead.timezone
    with house().store.reading() as tx:
        course = find(tx, slug)
        awaiting = waiting.count(house(), tx, course.course.id)
        runs = whereabouts.runs(tx, course.course.id).get(course.course.id, {})
        titles = {one.slug: one.title for one in lists.named(tx)}
        timetable = calendars.drafted(tx, slug)
        has_ways = bool(ways.of_course(tx, course.course.id))
    now = house().clock.now()
    coming = {one.lesson: one.at for one in time_machine.calendar(timetable, start=now, zone=zone)}
    return page(
        "course.html",
        one=course,
        rows=_rows(course, awaiting, coming, {one.key: one.condition for one in timetable.order}),
        calendar=course_calendar.in_words(timetable.cadence),
        removed=[
            (lost, awaiting.get(lost.lesson_id, 0)) for lost in course.published if not course.find(lost.text.key)
        ],
        runs=runs,
        has_ways=has_ways,
        done=awaiting.get(None, 0),
        begun_by=[titles.get(to, to) for to, begun in house().begins.items() if begun == slug],
        zone=zone,
        zones=zones(zone),
        asked_zone=asked,
        now=now,
    )


def _rows(
    course: Manuscript, awaiting: Any, coming: Mapping[str, datetime], conditions: Mapping[str, str]
) -> list[Row]:
    changes = course.changes
    states = [("new", changes.new), ("changed", changes.changed), ("moved", changes.moved)]
    middle = [one.text.key for one in course.lessons if one.text.role is Role.WEEKLY]
    return [
        Row(
            lesson=one.text,
            state=next((state for state, keys in states if one.text.key in keys), "published"),
            awaiting=awaiting.get(one.lesson_id, 0) if one.text.key not in changes.new else None,
            comes=coming.get(one.text.key),
            condition=conditions.get(one.text.key, ""),
            is_first=one.text.key not in middle[1:],
            is_last=one.text.key not in middle[:-1],
        )
        for one in course.lessons
    ]


@door.post("/<slug>/lessons/<key>/up", defaults={"up": True})
@door.post("/<slug>/lessons/<key>/down", defaults={"up": False})
@guards.signed_in("editor")
def move(slug: str, key: str, up: bool) -> Any:
    """Move a lesson one place; the page that follows has the same button in focus."""
    with house().store.reading() as tx:
        find_lesson(find(tx, slug), key)
    try:
        lessons.move(house(), slug, key, up=up)
    except CourseError as error:
        return go_to(url_for("courses.one", slug=slug, note=str(error)), 303)
    with house().store.reading() as tx:
        course = find(tx, slug)
    stuck = [
        row for row in _rows(course, {}, {}, {}) if row.lesson.key == key and (row.is_first if up else row.is_last)
    ]
    way = "up" if up != bool(stuck) else "down"
    return go_to(url_for("courses.one", slug=slug, _anchor=f"{way}-{key}"), 303)


@door.get("/<slug>/lessons/<key>/remove")
@guards.signed_in("editor")
def ask_to_remove(slug: str, key: str) -> str:
    """Say what removing a lesson means, and ask once."""
    with house().store.reading() as tx:
        course = find(tx, slug)
        found = find_lesson(course, key)
    return page("course_remove.html", one=course, lesson=found)


@door.post("/<slug>/lessons/<key>/remove")
@guards.signed_in("editor")
def remove(slug: str, key: str) -> Any:
    """Take a lesson out of the draft."""
    with house().store.reading() as tx:
        find_lesson(find(tx, slug), key)
    lessons.remove(house(), slug, key)
    return go_to(url_for("courses.one", slug=slug), 303)


@door.post("/<slug>/lessons/<key>/back")
@guards.signed_in("editor")
def put_back(slug: str, key: str) -> Any:
    """Take a lesson that readers have back into the draft."""
    with house().store.reading() as tx:
        find(tx, slug)
    try:
        lessons.put_back(house(), slug, key)
    except CourseError as error:
        return go_to(url_for("courses.one", slug=slug, note=str(error)), 303)
    return go_to(url_for("courses.one", slug=slug, _anchor=f"lesson-{key}"), 303)
