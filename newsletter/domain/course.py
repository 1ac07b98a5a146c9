"""A course as it is written: lessons in their order, each with a key that never changes."""

from dataclasses import dataclass
from enum import StrEnum


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
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CourseText:
    """A whole course, its lessons in order."""

    slug: str
    title: str
    lessons: tuple[Lesson, ...]
