"""The room of the courses: read, order, write, try, make one of articles, publish, and when it sends."""

from types import ModuleType

from newsletter.web.studio.courses import (
    ahead,
    calendar,
    importing,
    overview,
    publishing,
    readers,
    reading,
    reimporting,
    writing,
)
from newsletter.web.studio.courses.room import door

PARTS: tuple[ModuleType, ...] = (
    overview,
    writing,
    reading,
    publishing,
    importing,
    reimporting,
    calendar,
    ahead,
    readers,
)
"""The parts of the room; each hangs its routes on the one door."""

__all__ = ["PARTS", "door"]
