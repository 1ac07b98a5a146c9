"""Articles -> a course: which section becomes which letter, and a report that says so in plain words.

The introduction of the first article is the opening letter; each section after it is a weekly one. A course
gets a closing letter only when its last article ends itself, with questions, a conclusion or a next step:
these last sections together say farewell. Where the text just stops, its last section is a lesson like any
other, and calling it a farewell would be a promise the words do not keep.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from newsletter.content.drafts import Letter, drafts_of, in_portions, is_introduction, with_farewell
from newsletter.content.endings import Purpose
from newsletter.content.sections import Article, Section
from newsletter.content.wording import slug_of
from newsletter.domain.course import CourseText, Lesson, Role

_PREHEADER = "One letter, a few minutes."


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every part of the articles, a sentence a line."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def to_course(articles: Sequence[Article], *, slug: str, title: str) -> tuple[CourseText, Report]:
    """The course that these articles make, in their order, and what became of each section.

    Raises ValueError when there is no article.
    """
    if not articles:
        raise ValueError("a course needs at least one article")
    letters: list[Letter] = []
    for place, article in enumerate(articles):
        prefix = f"{article.title} > " if len(articles) > 1 else ""
        drafts = drafts_of(article, prefix)
        if place == 0 and is_introduction(drafts[0]):
            drafts[0] = replace(drafts[0], role=Role.OPENING)
        letters.extend(drafts)
    letters = [part for letter in with_farewell(letters) for part in in_portions(letter)]
    report = [*_told(letters), *(line for article in articles for line in _left_out(article))]
    return CourseText(slug, title, _lessons(letters)), Report(tuple(report))


def _lessons(letters: Sequence[Letter]) -> tuple[Lesson, ...]:
    taken: set[str] = set()
    return tuple(
        Lesson(
            key=_key(letter.title, place, taken),
            role=letter.role,
            title=letter.title,
            subject=f"Letter {place} of {len(letters)}",
            preheader=_PREHEADER,
            body=letter.body,
            sources=letter.sources,
        )
        for place, letter in enumerate(letters, start=1)
    )


def _key(title: str, place: int, taken: set[str]) -> str:
    """A slug of the title that no other letter has; it is added to `taken`."""
    slug = slug_of(title) or f"letter-{place}"
    key, count = slug, 1
    while key in taken:
        count += 1
        key = f"{slug}-{count}"
    taken.add(key)
    return key


def _told(letters: Sequence[Letter]) -> Iterator[str]:
    """A sentence for every section, in the order of the letters."""
    for place, letter in enumerate(letters, start=1):
        role = "" if letter.role is Role.WEEKLY else f" (the {letter.role})"
        for parent in (parent for parent in letter.parents if parent != letter.title):
            yield f"Heading '{parent}' had no text of its own; it is named in the sources of letter {place}."
        for number, part in enumerate(letter.parts):
            what = f"Section '{part.heading}'" if part.heading else f"The introduction of '{letter.title}'"
            asks = "; its questions stay in the letter" if part.purpose is Purpose.PROMPTS else ""
            if part.heading == letter.title or (number == 0 and not part.heading):
                yield f"{what} became letter {place}{role}{asks}."
            elif letter.role is Role.CLOSING:
                yield f"{what} joined letter {place} '{letter.title}'{role}{asks}."
            else:
                yield f"{what} was {_size(part)} and joined letter {place} '{letter.title}'{role}{asks}."


def _size(part: Section) -> str:
    return f"short ({part.words} words)" if part.words else "empty"


def _left_out(article: Article) -> Iterator[str]:
    for item in article.left_out:
        why = item.why if item.why.startswith("page furniture") else f"page furniture: {item.why}"
        yield f"Left out: '{item.text}' ({why})."
