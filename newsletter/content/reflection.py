"""A lesson's questions on a page: the one that its reader answers for herself, and the one for yes or no."""

from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from newsletter.content.lines import one_line
from newsletter.content.sheet import Pattern
from newsletter.content.voice import Voice
from newsletter.domain.course import Lesson

UNASKED = "What stays with you from this letter?"
"""The question of a lesson that asks none."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the page shows: the letter's title, and its question as HTML and as plain text."""

    title: str
    html: Markup
    text: str


def question(lesson: Lesson, name: str) -> Question:
    """The question of a lesson to a reader of this name; an empty one is nobody we know by name."""
    name = one_line(name)
    voice = Voice(bool(name))
    words = lesson.reflection or UNASKED
    title, html, text = voice.line(lesson.title), voice.prose(words), voice.plain(words)
    said = {key: one_line(value) for key, value in voice.names.said_to(name).items()}
    escaped = {key: escape(value) for key, value in said.items()}
    return Question(
        title=Pattern.cut(title).fill(said),
        html=Markup(Pattern.cut(html).fill(escaped)),  # noqa: S704 - sanitised in Voice.prose, values escaped here
        text=Pattern.cut(text).fill(said),
    )


def in_her_words(line: str, name: str) -> str:
    """An owner's line as plain text to a reader of this name; an empty one is nobody we know by name."""
    name = one_line(name)
    voice = Voice(bool(name))
    words = voice.line(line)
    return Pattern.cut(words).fill({key: one_line(value) for key, value in voice.names.said_to(name).items()})
