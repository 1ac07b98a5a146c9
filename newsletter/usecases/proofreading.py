"""What a lesson must be before anybody can get it, said beside the field it is about; and what its letter owes."""

from collections.abc import Iterator, Sequence

from newsletter.content import owed
from newsletter.content.checking import (
    check_text,
    doubtful_links,
    look_alikes,
    nameless_pictures,
    open_links,
    printed_tags,
)
from newsletter.content.compose import LARGEST_HTML, ROOM_FOR_LINKS
from newsletter.content.discretion import hints, subject_hints
from newsletter.content.lines import clean_text, one_line
from newsletter.content.owed import Duties
from newsletter.content.placeholders import TextError, parse
from newsletter.content.sheet import Composed
from newsletter.domain.course import Lesson, Role
from newsletter.domain.message import Links, Reader
from newsletter.domain.telling import read_words
from newsletter.usecases import letters
from newsletter.usecases.house import House

MUCH_HTML = LARGEST_HTML * 3 // 4
"""Bytes of HTML from which on a letter is near to being cut."""

_LIST = "the list \u201cXQ\u201d"
"""A list's title that no lesson says: the reason why somebody gets a letter names it."""

LONGEST_LINE = 250
"""Characters of a title, a subject or a preheader."""

_LINES = {"title": "title", "subject": "subject", "preheader": "preview line", "ask": "question for yes or no"}
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
        ask=one_line(lesson.ask),
        sources=lesson.sources,
    )


def problems(house: House, lesson: Lesson) -> dict[str, str]:
    """Why a lesson cannot be sent as it is, by the name of the field; empty when it can."""
    found = dict(_wrong_lines(lesson)) | dict(_wrong_texts(lesson))
    if not found and (size := _size(_written(house, lesson))) > LARGEST_HTML:
        found["body"] = (
            f"This letter is {size // 1000} kB long, and Gmail cuts letters at {LARGEST_HTML // 1000} kB. "
            "Please make two of it."
        )
    return found


def missing(house: House, lesson: Lesson) -> list[str]:
    """What the letter of a lesson without problems owes its reader and does not say, as ends of a sentence.

    It is looked for in the letter itself, as somebody in the US and somebody elsewhere get it.
    """
    return list(
        dict.fromkeys(lack for letter, duties in _written(house, lesson) for lack in owed.missing(letter, duties))
    )


def remarks(house: House, lesson: Lesson) -> dict[str, list[str]]:
    """What its writer may want to think over, by the name of the field."""
    own = read_words(house.letterhead.telling_words)
    said = {
        "subject": subject_hints(one_line(lesson.subject), own),
        "preheader": hints(one_line(lesson.preheader), own),
        **{field: list(_text_remarks(clean_text(getattr(lesson, field)))) for field in _TEXTS},
    }
    return {field: sentences for field, sentences in said.items() if sentences}


def size_remark(house: House, lesson: Lesson) -> str:
    """What to say of the length of a letter that is near the end of what mail programs show; empty of all others."""
    size = _size(_written(house, lesson))
    if size <= MUCH_HTML:
        return ""
    return f"{size // 1000} kB long; Gmail cuts letters at {LARGEST_HTML // 1000} kB."


def _text_remarks(text: str) -> Iterator[str]:
    try:
        open_ones, doubtful = open_links(text), doubtful_links(text)
    except TextError:  # which is said beside the field
        return
    for line, target in open_ones:
        yield f"Line {line}: the link {target} is not encrypted. Use https:// where the site has it."
    for line, sentence in doubtful:
        yield f"Line {line}: {sentence[:1].lower()}{sentence[1:]}"
    for line in nameless_pictures(text):
        yield f"Line {line}: the picture has no description, and letters show nothing else of one: ![what it shows](…)."
    for line, tag in printed_tags(text):
        yield f"Line {line}: “{tag}” would be printed as it stands. Letters are written in Markdown."
    for value in look_alikes(text):
        yield f"“{value}” would be printed as it stands. If it should be the reader’s name, write {{{{ name }}}}."


def _wrong_lines(lesson: Lesson) -> Iterator[tuple[str, str]]:
    for field, name in _LINES.items():
        words = one_line(getattr(lesson, field))
        if not words and field in ("title", "subject"):
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


def _size(written: Sequence[tuple[Composed, Duties]]) -> int:
    """Bytes of HTML at most, with the dates and links that a letter may have."""
    return max(len(letter.html.encode()) for letter, _ in written) + ROOM_FOR_LINKS


def _written(house: House, lesson: Lesson) -> list[tuple[Composed, Duties]]:
    """The letter to somebody without a name and to somebody with one, here and abroad, and what it owes each."""
    weekly = [lesson.key] if lesson.role is Role.WEEKLY else []
    base = house.letterhead.base_url
    links = Links(unsubscribe=f"{base}/unsubscribe", preferences=f"{base}/preferences", view=f"{base}/letters")
    return [
        (
            letters.say_lesson(
                house,
                Reader(name, zone, links),
                lesson,
                course_title="",
                weekly=weekly,
                list_title=_LIST,
                first_letter_at=None,
            ),
            Duties(house.composer.care(zone), _LIST, links.unsubscribe, links.preferences),
        )
        for name, zone in (("", "Europe/Berlin"), ("Maria", "America/Denver"))
    ]
