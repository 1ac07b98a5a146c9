"""What a lesson must be before anybody can get it, said beside the field it is about."""

from collections.abc import Iterator

from newsletter.content.checking import check_text
from newsletter.content.compose import LARGEST_HTML, ROOM_FOR_LINKS
from newsletter.content.discretion import hints, subject_hints
from newsletter.content.lines import clean_text, one_line
from newsletter.content.placeholders import TextError, parse
from newsletter.domain.course import Lesson, Role
from newsletter.domain.message import Links, Reader
from newsletter.usecases import letters
from newsletter.usecases.house import House

LONGEST_LINE = 250
"""Characters of a title, a subject or a preheader."""

_LINES = {"title": "title", "subject": "subject", "preheader": "preview line"}
_TEXTS = ("body", "practice", "reflection")


def cleaned(lesson: Lesson) -> Lesson:
    """The lesson as it is kept: lines on one line, line ends as LF, no control characters, no blank ends."""
    return Lesson(
        key=lesson.key,
        role=lesson.role,
        title=one_line(lesson.title),
        subject=one_line(lesson.subject),
        preheader=one_line(lesson.preheader),
        body=clean_text(lesson.body).strip("\n"),
        practice=clean_text(lesson.practice).strip("\n"),
        reflection=clean_text(lesson.reflection).strip("\n"),
        sources=lesson.sources,
    )


def problems(house: House, lesson: Lesson) -> dict[str, str]:
    """Why a lesson cannot be sent as it is, by the name of the field; empty when it can."""
    found = dict(_wrong_lines(lesson)) | dict(_wrong_texts(lesson))
    if not found and (size := _size(house, lesson)) > LARGEST_HTML:
        found["body"] = (
            f"This letter is {size // 1000} kB long, and Gmail cuts letters at {LARGEST_HTML // 1000} kB. "
            "Please make two of it."
        )
    return found


def remarks(lesson: Lesson) -> dict[str, list[str]]:
    """What its writer may want to think over, by the name of the field."""
    said = {"subject": subject_hints(one_line(lesson.subject)), "preheader": hints(one_line(lesson.preheader))}
    return {field: sentences for field, sentences in said.items() if sentences}


def _wrong_lines(lesson: Lesson) -> Iterator[tuple[str, str]]:
    for field, name in _LINES.items():
        words = one_line(getattr(lesson, field))
        if not words and field != "preheader":
            yield field, f"The {name} is empty. Please write one."
        elif len(words) > LONGEST_LINE:
            yield field, f"The {name} has {len(words)} characters; {LONGEST_LINE} is the most."
        elif error := _misread(words):
            yield field, error.removeprefix("line 1: ")


def _wrong_texts(lesson: Lesson) -> Iterator[tuple[str, str]]:
    for field in _TEXTS:
        text = clean_text(getattr(lesson, field))
        if not text.strip():
            if field == "body":
                yield field, "The letter is empty. Please write one."
            continue
        try:
            check_text("A subject", text)
        except TextError as error:
            yield field, _sentence(str(error))


def _misread(words: str) -> str:
    try:
        parse(words)
    except TextError as error:
        return _sentence(str(error).removeprefix("line 1: "))
    return ""


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _size(house: House, lesson: Lesson) -> int:
    """Bytes of HTML at most, with a name or without, with the dates and links that a letter may have."""
    weekly = [lesson.key] if lesson.role is Role.WEEKLY else []
    said = [
        letters.say_lesson(
            house,
            Reader(name, "UTC", Links()),
            lesson,
            course_title="",
            weekly=weekly,
            list_title="",
            first_letter_at=None,
        )
        for name in ("", "Maria")
    ]
    return max(len(one.html.encode()) for one in said) + ROOM_FOR_LINKS
