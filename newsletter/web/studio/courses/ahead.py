"""The time machine: every coming letter of a newcomer or of one reader, and how many letters go on each coming day."""

from typing import Any

from flask import request

from newsletter.domain.address import AddressError
from newsletter.domain.cadence import known_zones
from newsletter.usecases import time_machine
from newsletter.usecases.courses import CourseError
from newsletter.usecases.time_machine import Ahead
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.hers import zones
from newsletter.web.studio.courses.room import door, find, page

_BAR, _HEIGHT = 8, 120
"""Of the picture, in pixels: how wide a day is, and how high the fullest one."""


@door.get("/<slug>/ahead")
@guards.signed_in("viewer")
def ahead(slug: str) -> str:
    """Every letter of somebody who confirms now, in a zone."""
    asked = request.args.get("zone", "")
    zone = asked if asked in known_zones() else house().letterhead.timezone
    with house().store.reading() as tx:
        find(tx, slug)
    return _ahead(slug, time_machine.newcomer(house(), slug, start=house().clock.now(), zone=zone))


@door.post("/<slug>/ahead")
@guards.signed_in("viewer")
def ahead_of_reader(slug: str) -> Any:
    """Every coming letter of one reader; her address stands in no link."""
    email = request.form.get("email", "")
    with house().store.reading() as tx:
        find(tx, slug)
    try:
        found = time_machine.reader(house(), slug, email)
    except (AddressError, CourseError) as error:
        nobody = time_machine.newcomer(house(), slug, start=house().clock.now(), zone=house().letterhead.timezone)
        return _ahead(slug, nobody, email, str(error)), 400
    return _ahead(slug, found, email)


def _ahead(slug: str, found: Ahead, email: str = "", wrong: str = "") -> str:
    with house().store.reading() as tx:
        course = find(tx, slug)
    titles = {one.text.key: one.text.title for one in (*course.lessons, *course.published)}
    return page(
        "course_ahead.html",
        one=course,
        ahead=found,
        titles=titles,
        email=email,
        wrong=wrong,
        zones=zones(found.zone),
        now=house().clock.now(),
    )


@door.get("/+/forecast")
@guards.signed_in("viewer")
def forecast() -> str:
    """Letters of courses on each of the next ninety days."""
    found = time_machine.forecast(house())
    most = max((letters for _, letters in found.days), default=0)
    bars = [
        (number * _BAR, round(letters / most * _HEIGHT, 1) if most else 0)
        for number, (_, letters) in enumerate(found.days)
    ]
    wide = len(bars) * _BAR
    return page("forecast.html", found=found, most=most, bars=bars, width=wide, height=_HEIGHT, bar=_BAR)
