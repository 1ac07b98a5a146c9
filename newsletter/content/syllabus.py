"""Articles -> a course: which section becomes which letter, and a report that says so in plain words.

The introduction of the first article is the opening letter; each section after it is a weekly one. A course
gets a closing letter only when its last article ends itself, with questions, a conclusion or a next step:
these last sections together say farewell. Where the text just stops, its last section is a lesson like any
other, and calling it a farewell would be a promise the words do not keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from statistics import median

from newsletter.content.blocks import ends_sentence
from newsletter.content.endings import Purpose
from newsletter.content.portions import portions
from newsletter.content.sections import Article, Section
from newsletter.content.wording import heading_markdown, slug_of
from newsletter.domain.course import CourseText, Lesson, Role

FEWEST_WORDS = 25  # a shorter section is no letter of its own, unless its whole article is as brief

_FEWEST_NUMBERED = 6  # the sixth of seven ways is a letter like the others, however little it says
_LONGEST_PRACTICE = 120  # words
_COUNTED = re.compile(
    r"[^\W\d_]{3,10} (?:\d{1,2}|[IVX]{1,4}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s", re.MULTILINE)
_PREHEADER = "One letter, a few minutes."


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every part of the articles, a sentence a line."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter in the making: what it is called and the sections it is made of."""

    title: str
    parts: tuple[Section, ...]
    parents: tuple[str, ...] = ()  # headings without text of their own that stand above it
    prefix: str = ""
    role: Role = Role.WEEKLY
    fewest: int = FEWEST_WORDS

    @property
    def is_short(self) -> bool:
        counted = self.parts[0].number or _COUNTED.match(self.parts[0].heading)
        fewest = min(self.fewest, _FEWEST_NUMBERED) if counted else self.fewest
        return sum(part.words for part in self.parts) < fewest and not any(map(_has_list, self.parts))

    @property
    def is_subtitle(self) -> bool:
        """Whether it holds no more than the second line of a title."""
        words = sum(part.words for part in self.parts)
        return not self.parts[0].heading and words < FEWEST_WORDS and not ends_sentence(self.parts[-1].body)

    @property
    def says_farewell(self) -> bool:
        return self.role is Role.WEEKLY and self.parts[0].purpose in (Purpose.PROMPTS, Purpose.ENDING)

    @property
    def belongs_above(self) -> bool:
        """Whether it only completes the letter before it: an exercise without a name of its own, a list of sources."""
        purpose = self.parts[0].purpose
        brief = sum(part.words for part in self.parts) <= _LONGEST_PRACTICE
        return purpose is Purpose.NOTES or (purpose is Purpose.PRACTICE and brief)

    @property
    def body(self) -> str:
        """The parts' words; a part that does not give the letter its title keeps its heading."""
        texts: list[str] = []
        for place, part in enumerate(self.parts):
            own = f"{part.number} {part.heading}".strip()
            named = not any(before.heading for before in self.parts[:place]) and part.heading in ("", self.title)
            texts.extend([] if named else [heading_markdown(own, level=2)])
            texts.append(part.body)
        return "\n\n".join(text for text in texts if text)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}{part.path or 'Introduction'}" for part in self.parts)


def to_course(articles: Sequence[Article], *, slug: str, title: str) -> tuple[CourseText, Report]:
    """The course that these articles make, in their order, and what became of each section.

    Raises ValueError when there is no article.
    """
    if not articles:
        raise ValueError("a course needs at least one article")
    letters: list[_Letter] = []
    for place, article in enumerate(articles):
        prefix = f"{article.title} > " if len(articles) > 1 else ""
        drafts = _joined(_under_parents(_drafts(article, prefix)))
        if place == 0 and _is_introduction(drafts[0]):
            drafts[0] = replace(drafts[0], role=Role.OPENING)
        letters.extend(drafts)
    letters = [part for letter in _with_farewell(letters) for part in _in_portions(letter)]
    report = [*_told(letters), *(line for article in articles for line in _left_out(article))]
    return CourseText(slug, title, _lessons(letters)), Report(tuple(report))


def _is_introduction(letter: _Letter) -> bool:
    """Whether the letter opens an article: what stands before its first heading, or a section called so."""
    return letter.parts[0].heading.casefold() in (
        "",
        "introduction",
        "intro",
        "preface",
        "foreword",
        "welcome",
        "before you begin",
        "before we begin",
        "before you start",
        "einleitung",
        "einführung",
        "introducción",
        "introduzione",
    )


def _drafts(article: Article, prefix: str) -> list[_Letter]:
    """A letter for the introduction and for each section that has text; empty headings go to the next one."""
    fewest = _fewest_words(article)
    drafts: list[_Letter] = []
    if article.introduction:
        intro = (Section("", article.introduction),)
        drafts.append(_Letter(article.title, intro, prefix=prefix, fewest=fewest))
    parents: list[str] = []
    for section in article.sections:
        if section.body:
            drafts.append(_Letter(section.heading, (section,), tuple(parents), prefix, fewest=fewest))
            parents = []
        else:
            parents.append(section.heading)
    rest = tuple(Section(heading, "") for heading in parents)
    return [*drafts[:-1], replace(drafts[-1], parts=(*drafts[-1].parts, *rest))] if drafts else []


def _fewest_words(article: Article) -> int:
    """FEWEST_WORDS, or half of the article's usual section: where all are brief, brief is not a fragment."""
    sizes = [section.words for section in article.sections if section.body]
    return min(FEWEST_WORDS, int(median(sizes) / 2)) if sizes else FEWEST_WORDS


def _under_parents(drafts: Sequence[_Letter]) -> list[_Letter]:
    """Short parts of a heading without text become one letter, named after that heading."""
    letters: list[_Letter] = []
    for draft in drafts:
        part, last = draft.parts[0], letters[-1] if letters else None
        if draft.parents and draft.is_short and part.parent:
            letters.append(replace(draft, title=draft.parents[-1]))
        elif last and draft.is_short and part.parent and _gathers(last, part):
            letters[-1] = replace(last, parts=(*last.parts, *draft.parts))
        else:
            letters.append(draft)
    return letters


def _gathers(letter: _Letter, part: Section) -> bool:
    return letter.title != letter.parts[0].heading and letter.parts[0].parent == part.parent


def _joined(drafts: Sequence[_Letter]) -> list[_Letter]:
    """The drafts with each short one joined to the letter before it; the first, to the one after it.

    What stands at the very end to say farewell is not joined: it becomes the closing letter, short or not.
    """
    end = len(drafts)
    while end > 1 and (drafts[end - 1].says_farewell or drafts[end - 1].parts[0].purpose is Purpose.NOTES):
        end -= 1
    letters: list[_Letter] = []
    for place, draft in enumerate(drafts):
        if letters and (draft.belongs_above or (draft.is_short and (place < end or not draft.says_farewell))):
            letters[-1] = _merged(letters[-1], draft)
        elif len(letters) == 1 and _begins_next(letters[0]):
            letters = [replace(_merged(letters[0], draft), title=draft.title)]
        else:
            letters.append(draft)
    return letters


def _begins_next(first: _Letter) -> bool:
    return first.is_subtitle or (first.is_short and bool(first.parts[0].heading))


def _merged(one: _Letter, other: _Letter) -> _Letter:
    return replace(one, parts=(*one.parts, *other.parts), parents=(*one.parents, *other.parents))


def _with_farewell(letters: Sequence[_Letter]) -> list[_Letter]:
    """The letters with the endings at the very end made one closing letter."""
    start = len(letters)
    while start > 0 and letters[start - 1].says_farewell:
        start -= 1
    ending = letters[start:]
    if not ending:
        return list(letters)
    return [*letters[:start], replace(reduce(_merged, ending), role=Role.CLOSING)]


def _in_portions(letter: _Letter) -> list[_Letter]:
    """The letter, or several where its text is too long to be sent as one; the role stays with the outermost."""
    texts = portions(letter.body)
    if len(texts) == 1:
        return [letter]
    first = 0 if letter.role is not Role.CLOSING else len(texts) - 1
    return [
        replace(
            letter,
            title=f"{letter.title} ({place + 1}/{len(texts)})",
            parts=(
                replace(letter.parts[0], body=text, heading=f"{letter.title} ({place + 1}/{len(texts)})", number=""),
            ),
            role=letter.role if place == first else Role.WEEKLY,
        )
        for place, text in enumerate(texts)
    ]


def _lessons(letters: Sequence[_Letter]) -> tuple[Lesson, ...]:
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


def _told(letters: Sequence[_Letter]) -> Iterator[str]:
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


def _has_list(section: Section) -> bool:
    return bool(_LIST_ITEM.search(section.body))
