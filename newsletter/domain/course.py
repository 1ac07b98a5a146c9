"""A course as it is written: lessons in their order, each with a key that never changes."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

_COUNTS = re.compile(r"Letter \d+ of \d+")


MOST_LESSONS = 200
"""Letters of one course."""


class Role(StrEnum):
    """What a lesson is to the course: the welcome, one of the weekly letters, or the farewell."""

    OPENING = "opening"
    WEEKLY = "weekly"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Lesson:
    """One letter of a course. `body`, `practice` and `reflection` are Markdown."""

    key: str
    role: Role
    title: str
    subject: str
    preheader: str
    body: str
    practice: str = ""
    reflection: str = ""
    ask: str = ""
    """One question that a reader may answer with yes or no; the answer is kept, unlike any to `reflection`."""
    sources: tuple[str, ...] = ()


def only_counts(subject: str) -> bool:
    """Whether a subject says no more than which letter of how many it is."""
    return _COUNTS.fullmatch(subject) is not None


@dataclass(frozen=True, slots=True)
class CourseText:
    """A whole course, its lessons in order."""

    slug: str
    title: str
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two states of a course, as lesson keys; a lesson may be changed and moved at once."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.new or self.changed or self.moved or self.removed)


def changes(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> Changes:
    """What became of a course, given as pairs of (lesson key, digest of its text) in their order."""
    was, now = dict(before), dict(after)
    stayed = [key for key, _ in after if key in was]
    place = {key: number for number, (key, _) in enumerate(before)}
    in_step = _longest_rise([place[key] for key in stayed])
    return Changes(
        new=tuple(key for key in now if key not in was),
        changed=tuple(key for key in stayed if was[key] != now[key]),
        moved=tuple(key for key in stayed if place[key] not in in_step),
        removed=tuple(key for key in was if key not in now),
    )


def in_its_place(roles: Sequence[Role]) -> list[int]:
    """The order, as indexes, in which a course can be sent: the opening first, the closing last, the rest as given."""
    rank = {Role.OPENING: 0, Role.WEEKLY: 1, Role.CLOSING: 2}
    return sorted(range(len(roles)), key=lambda index: rank[roles[index]])


def _longest_rise(numbers: Iterable[int]) -> set[int]:
    """The most numbers that stand in rising order: who is not among them has moved."""
    tails: list[int] = []
    chains: list[tuple[int, ...]] = []
    for number in numbers:
        at = bisect_left(tails, number)
        chain = (*(chains[at - 1] if at else ()), number)
        tails[at:], chains[at:] = [number, *tails[at + 1 :]], [chain, *chains[at + 1 :]]
    return set(chains[-1]) if chains else set()
