"""Letters in the making: the sections of an article, short ones joined, endings gathered, long ones parted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from statistics import median

from newsletter.content.blocks import ends_sentence
from newsletter.content.endings import Purpose
from newsletter.content.portions import portions
from newsletter.content.sections import Article, Section
from newsletter.content.wording import heading_markdown
from newsletter.domain.course import Role

FEWEST_WORDS = 25  # a shorter section is no letter of its own, unless its whole article is as brief
_FEWEST_NUMBERED = 6  # the sixth of seven ways is a letter like the others, however little it says
_LONGEST_PRACTICE = 120  # words
_LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s", re.MULTILINE)
_COUNTED = re.compile(
    r"[^\W\d_]{3,10} (?:\d{1,2}|[IVX]{1,4}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in the making: what it is called and the sections it is made of."""

    title: str
    parts: tuple[Section, ...]
    parents: tuple[str, ...] = ()  # headings without text of their own that stand above it
    prefix: str = ""
    role: Role = Role.WEEKLY
    fewest: int = FEWEST_WORDS

    @property
    def is_short(self) -> bool:
        """Whether it says too little to be sent alone."""
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
        """Whether it asks its reader something or sends her on her way."""
        return self.role is Role.WEEKLY and self.parts[0].purpose in (Purpose.PROMPTS, Purpose.ENDING)

    @property
    def is_practice(self) -> bool:
        """Whether it only completes the letter before it: an exercise that has no name of its own."""
        brief = sum(part.words for part in self.parts) <= _LONGEST_PRACTICE
        return self.parts[0].purpose is Purpose.PRACTICE and brief

    @property
    def is_proof(self) -> bool:
        """Whether it lists notes or sources."""
        return self.parts[0].purpose is Purpose.NOTES

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
        """Where in the articles its words come from."""
        return tuple(f"{self.prefix}{part.path or 'Introduction'}" for part in self.parts)


def is_introduction(letter: Letter) -> bool:
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


def drafts_of(article: Article, prefix: str) -> list[Letter]:
    """The letters of one article; `prefix` stands before each of their sources."""
    return _joined(_under_parents(_sections_of(article, prefix)))


def _sections_of(article: Article, prefix: str) -> list[Letter]:
    """A letter for the introduction and for each section that has text; empty headings go to the next one."""
    fewest = _fewest_words(article)
    drafts: list[Letter] = []
    if article.introduction:
        intro = (Section("", article.introduction),)
        drafts.append(Letter(article.title, intro, prefix=prefix, fewest=fewest))
    parents: list[str] = []
    for section in article.sections:
        if section.body:
            drafts.append(Letter(section.heading, (section,), tuple(parents), prefix, fewest=fewest))
            parents = []
        else:
            parents.append(section.heading)
    rest = tuple(Section(heading, "") for heading in parents)
    return [*drafts[:-1], replace(drafts[-1], parts=(*drafts[-1].parts, *rest))] if drafts else []


def _fewest_words(article: Article) -> int:
    """FEWEST_WORDS, or half of the article's usual section: where all are brief, brief is not a fragment."""
    sizes = [section.words for section in article.sections if section.body]
    return min(FEWEST_WORDS, int(median(sizes) / 2)) if sizes else FEWEST_WORDS


def _under_parents(drafts: Sequence[Letter]) -> list[Letter]:
    """Short parts of a heading without text become one letter, named after that heading."""
    letters: list[Letter] = []
    for draft in drafts:
        part, last = draft.parts[0], letters[-1] if letters else None
        if draft.parents and draft.is_short and part.parent:
            letters.append(replace(draft, title=draft.parents[-1]))
        elif last and draft.is_short and part.parent and _gathers(last, part):
            letters[-1] = replace(last, parts=(*last.parts, *draft.parts))
        else:
            letters.append(draft)
    return letters


def _gathers(letter: Letter, part: Section) -> bool:
    return letter.title != letter.parts[0].heading and letter.parts[0].parent == part.parent


def _joined(drafts: Sequence[Letter]) -> list[Letter]:
    """The drafts with each short one joined to the letter before it; the first, to the one after it.

    What stands at the very end to say farewell is not joined: it becomes the closing letter, short or not.
    """
    end = len(drafts)
    while end > 1 and (drafts[end - 1].says_farewell or drafts[end - 1].is_proof):
        end -= 1
    letters: list[Letter] = []
    for place, draft in enumerate(drafts):
        ends = place >= end
        joins = (
            draft.is_practice or (draft.is_proof and ends) or (draft.is_short and not (ends and draft.says_farewell))
        )
        if letters and joins:
            letters[-1] = _merged(letters[-1], draft)
        elif len(letters) == 1 and _begins_next(letters[0]):
            letters = [replace(_merged(letters[0], draft), title=draft.title)]
        else:
            letters.append(draft)
    return letters


def _begins_next(first: Letter) -> bool:
    return first.is_subtitle or (first.is_short and bool(first.parts[0].heading))


def _merged(one: Letter, other: Letter) -> Letter:
    return replace(one, parts=(*one.parts, *other.parts), parents=(*one.parents, *other.parents))


def with_farewell(letters: Sequence[Letter]) -> list[Letter]:
    """The letters with the endings at the very end made one closing letter."""
    start = len(letters)
    while start > 0 and letters[start - 1].says_farewell:
        start -= 1
    ending = letters[start:]
    if not ending:
        return list(letters)
    return [*letters[:start], replace(reduce(_merged, ending), role=Role.CLOSING)]


def in_portions(letter: Letter) -> list[Letter]:
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


def _has_list(section: Section) -> bool:
    return bool(_LIST_ITEM.search(section.body))
