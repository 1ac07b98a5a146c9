"""The room of the settings: the practice, the way to going live, the people who run this."""

from types import ModuleType

from newsletter.web.studio.settings import golive, people, practice
from newsletter.web.studio.settings.room import door

PARTS: tuple[ModuleType, ...] = (practice, golive, people)
"""The parts of the room; each hangs its routes on the one door."""

__all__ = ["PARTS", "door"]
