"""How the rooms of the studio say an hour, a day, a state and a role: the same words and marks in each."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request

from newsletter.domain.subscriber import INDEFINITELY
from newsletter.web.guards import ROLES, house, visitor

MARKS: Mapping[str, str] = {
    "confirmed": "good",
    "pending": "warning",
    "suppressed": "error",
    "sending": "good",
    "sent": "good",
    "deferred": "warning",
    "uncertain": "warning",
    "failed": "error",
    "expired": "error",
    "active": "good",
    "paused": "warning",
    "held": "warning",
}
"""The mark beside the word of a state; the others have the plain one."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def wall(moment: datetime | None, zone: str = "") -> str:
    """An instant on the owner's wall, or on another's: "24 Nov 2026, 10:00"."""
    if moment is None:
        return ""
    if moment == INDEFINITELY:
        return "until further notice"
    local = moment.astimezone(ZoneInfo(zone or house().letterhead.timezone))
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def day(of: date) -> str:
    """A calendar day: "Tue 24 Nov"."""
    return f"{_DAYS[of.weekday()]} {of.day} {_MONTHS[of.month - 1]}"


def number(many: int) -> str:
    """A count as one reads it: "1,204"."""
    return f"{many:,}"


def people(many: int) -> str:
    """A count of people: "1 person", "1,204 people"."""
    return "1 person" if many == 1 else f"{many:,} people"


def row_number(name: str) -> int | None:
    """The number of a row in the page's URL, behind which the next page begins; None when it cannot be one."""
    given = request.args.get(name, type=int)
    return given if given is not None and 0 < given < 1 << 63 else None


def may(role: str) -> bool:
    """Whether the visitor has at least this role."""
    who = visitor()
    return who is not None and ROLES.index(who.role) >= ROLES.index(role)


def page(template: str, **shown: Any) -> str:
    """A page of the studio, with the house's way to say things."""
    words = {"marks": MARKS, "wall": wall, "day": day, "number": number, "people": people, "may": may}
    return render_template(f"studio/{template}", zone=house().letterhead.timezone, **words, **shown)
