"""What others may want to hear of: something that happened once, with a number that only grows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What happened."""

    COURSE_FINISHED = "course.finished"
    """The last letter of somebody's run of a course was taken by the server; or nothing was left to come."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Numbers are 1, 2, 3, … without a gap: whoever heard all up to one asks for those after it.

    `subscriber` is the person's public id; None, as `run`, once she is erased.
    """

    number: int
    kind: EventKind
    happened_at: datetime
    course: str
    run: int | None
    subscriber: str | None
