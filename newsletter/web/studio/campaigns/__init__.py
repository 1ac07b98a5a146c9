"""The room of the campaigns: write, look, try, queue, watch."""

from types import ModuleType

from newsletter.web.studio.campaigns import overview, previewing, progress, queueing, writing
from newsletter.web.studio.campaigns.room import door

PARTS: tuple[ModuleType, ...] = (overview, writing, previewing, queueing, progress)
"""The parts of the room; each hangs its routes on the one door."""

__all__ = ["PARTS", "door"]
