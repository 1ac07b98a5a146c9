"""Ways into a course and out of it, beside the one that the settings name and the owner's own hand."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WayKind(StrEnum):
    """What lets somebody begin a course, or ends it for her."""

    LIST = "list"
    """It begins when she confirms a list."""
    DATE = "date"
    """It begins on a day for everybody who is on a list by then."""
    AFTER_COURSE = "after_course"
    """It begins at her next slot after the end of another course."""
    TAG = "tag"
    """It begins when she is given a tag; who has confirmed nothing yet, when she does."""
    UNTIL_LIST = "until_list"
    """It ends when she confirms a list."""
    UNTIL_COURSE = "until_course"
    """It ends when she begins another course."""
    UNTIL_TAG = "until_tag"
    """It ends when she is given a tag."""


OF_A_LIST = (WayKind.LIST, WayKind.DATE, WayKind.UNTIL_LIST)
"""Ways whose `what` is a list's slug."""
OF_A_TAG = (WayKind.TAG, WayKind.UNTIL_TAG)
"""Ways whose `what` is a tag; that of all others is a course's slug."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way. `day` is YYYY-MM-DD on each reader's wall, empty but for a date; `done_at` is when all had begun."""

    id: int
    course_id: int
    kind: WayKind
    what: str
    day: str = ""
    done_at: datetime | None = None
