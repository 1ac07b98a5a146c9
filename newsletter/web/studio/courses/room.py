"""What the parts of the room share: its door, finding a course and a lesson, and how roles and hours are said."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, render_template

from newsletter.domain.course import Lesson, Role
from newsletter.store.courses import RevisedLesson
from newsletter.store.engine import Transaction
from newsletter.usecases import lessons
from newsletter.usecases.lessons import NEW, Manuscript
from newsletter.web.guards import ROLES, house, visitor

door = Blueprint("courses", __name__, url_prefix="/admin/courses")

ROLE_WORDS = {Role.OPENING: "Opening", Role.WEEKLY: "Weekly", Role.CLOSING: "Closing"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def find(tx: Transaction, slug: str) -> Manuscript:
    """The course of a page; one that is none gets the page that says so."""
    found = lessons.read(tx, slug)
    if found is None:
        abort(404)
    return found


def find_lesson(course: Manuscript, key: str) -> RevisedLesson | None:
    """The lesson of a page, None for one that is not kept yet; one that is none gets the page that says so."""
    found = course.find(key)
    if found is None and key != NEW:
        abort(404)
    return found


def empty_lesson() -> Lesson:
    """What the form for a new lesson is filled with."""
    return Lesson(NEW, Role.WEEKLY, "", "", "", "")


def wall(moment: datetime | None, zone: str) -> str:
    """An instant on a wall in that zone: "Thu 26 Nov 2026, 09:00"."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def page(template: str, **shown: Any) -> str:
    """A page of this room."""
    who = visitor()
    may_edit = who is not None and ROLES.index(who.role) >= ROLES.index("editor")
    zone = house().letterhead.timezone
    room: dict[str, Any] = {"may_edit": may_edit, "roles": ROLE_WORDS, "NEW": NEW, "owners_zone": zone, "wall": wall}
    return render_template(f"studio/{template}", **(room | shown))
