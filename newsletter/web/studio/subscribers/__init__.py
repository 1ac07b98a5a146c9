"""The room of the subscribers: find people, see what is known of one, pause, add, export, erase."""

from types import ModuleType

from newsletter.web.studio.subscribers import adding, listing, person, rights, tagging
from newsletter.web.studio.subscribers.room import door

PARTS: tuple[ModuleType, ...] = (listing, adding, person, rights, tagging)
"""The parts of the room; each hangs its routes on the one door."""

__all__ = ["PARTS", "door"]
