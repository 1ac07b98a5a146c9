"""Who is meant, as a small expression: `list:letters and not (lesson:repair or timezone:America/*)`.

A term is a word, a colon and a value. `list` is a list's slug, confirmed; `tag` a tag of the person's; `lesson` a
lesson's key, had in this course; `answered` a lesson's key, to whose question she said yes; every other word is an
attribute of the person. A value that ends in `*` is a beginning; one with blanks stands in
double quotes. `and` binds more tightly than `or`, `not` more tightly than both.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from newsletter.domain.enrollment import LessonRef

ATTRIBUTES = ("timezone", "hour", "weekday", "pace")
"""What is known of a person: her zone (IANA), her hour (0 to 23), her weekday (monday; any), a letter every so many
weeks (1 to 3)."""

WORDS = ("list", "tag", "lesson", "answered", *ATTRIBUTES)
"""Every word that a term may begin with."""

LONGEST = 500
"""Characters of an expression."""

_TOKEN = re.compile(r'\s*(?:(?P<bracket>[()])|(?P<word>[A-Za-z]+):(?P<value>"[^"]*"|[^\s()"]+)|(?P<link>[A-Za-z]+)\b)')


class SegmentError(ValueError):
    """An expression that cannot be read; the message says where, and what to write."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one reader."""

    lists: Collection[str] = ()
    lessons: Collection[str] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Collection[str] = ()
    answered: Collection[str] = ()
    """Lessons, by key, to whose question she said yes."""


@dataclass(frozen=True, slots=True)
class Has:
    """One term."""

    word: str
    value: str

    def meets(self, facts: Facts) -> bool:
        """Whether it holds of a reader."""
        match self.word:
            case "list":
                known: Collection[str] = facts.lists
            case "lesson":
                known = facts.lessons
            case "tag":
                known = facts.tags
            case "answered":
                known = facts.answered
            case _:
                known = [facts.attributes.get(self.word, "")]
        if self.value.endswith("*"):
            return any(one.casefold().startswith(self.value[:-1].casefold()) for one in known)
        return any(one.casefold() == self.value.casefold() for one in known)


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    inner: "Segment"

    def meets(self, facts: Facts) -> bool:
        """Whether it holds of a reader."""
        return not self.inner.meets(facts)


@dataclass(frozen=True, slots=True)
class Together:
    """All of them (`and`), or one at least (`or`)."""

    link: str
    parts: tuple["Segment", ...]

    def meets(self, facts: Facts) -> bool:
        """Whether it holds of a reader."""
        each = (part.meets(facts) for part in self.parts)
        return all(each) if self.link == "and" else any(each)


Segment = Has | Not | Together


@lru_cache(maxsize=256)
def read(text: str) -> Segment:
    """The segment that an expression means. Raises SegmentError."""
    if len(text) > LONGEST:
        raise SegmentError(f"This has {len(text)} characters; {LONGEST} are the most.")
    tokens = list(_tokens(text))
    if not tokens:
        raise SegmentError("Write at least one term, such as list:letters.")
    found, rest = _any_of(tokens)
    if rest:
        raise SegmentError(f"“{rest[0][1]}” is not expected here. Put “and” or “or” between two terms.")
    return found


def meets(text: str, facts: Facts) -> bool:
    """Whether an expression holds of a reader; the empty one holds of everybody."""
    return not text or read(text).meets(facts)


@lru_cache(maxsize=256)
def terms(text: str) -> tuple[Has, ...]:
    """Every term of an expression, as they stand; those of the empty one are none. Raises SegmentError."""
    return tuple(_terms(read(text))) if text else ()


def words(texts: Iterable[str]) -> set[str]:
    """What has to be known of a reader to judge these expressions: the words of their terms."""
    return {term.word for text in texts for term in terms(text)}


def unmet(order: Sequence[LessonRef], facts: Facts) -> set[int]:
    """The lessons, by number, whose condition somebody does not meet now."""
    return {lesson.lesson_id for lesson in order if not meets(lesson.condition, facts)}


def _terms(segment: Segment) -> Iterator[Has]:
    match segment:
        case Has():
            yield segment
        case Not(inner):
            yield from _terms(inner)
        case Together(_, parts):
            for part in parts:
                yield from _terms(part)


Token = tuple[str, str, str]
"""What it is ("bracket", "term", "link"), as it was written, and the value of a term."""

Part = Callable[[list[Token]], tuple[Segment, list[Token]]]


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise SegmentError(f"“{text[place:].strip()[:20]}” cannot be read. A term is written list:letters.")
        place = match.end()
        if match["bracket"]:
            yield "bracket", match["bracket"], ""
        elif match["word"]:
            word = match["word"].lower()
            if word not in WORDS:
                raise SegmentError(f"“{word}” is none of the words for a term: {', '.join(WORDS)}.")
            yield "term", word, match["value"].strip('"')
        elif match["link"].lower() in ("and", "or", "not"):
            yield "link", match["link"].lower(), ""
        else:
            raise SegmentError(f"“{match['link']}” cannot be read. A term is written list:letters.")


def _any_of(tokens: list[Token]) -> tuple[Segment, list[Token]]:
    return _joined("or", _all_of, tokens)


def _all_of(tokens: list[Token]) -> tuple[Segment, list[Token]]:
    return _joined("and", _one, tokens)


def _joined(link: str, part: Part, tokens: list[Token]) -> tuple[Segment, list[Token]]:
    first, rest = part(tokens)
    parts = [first]
    while rest and rest[0][:2] == ("link", link):
        another, rest = part(rest[1:])
        parts.append(another)
    return (parts[0] if len(parts) == 1 else Together(link, tuple(parts))), rest


def _one(tokens: list[Token]) -> tuple[Segment, list[Token]]:
    if not tokens:
        raise SegmentError("Something is missing at the end.")
    (kind, written, value), rest = tokens[0], tokens[1:]
    if kind == "term":
        return Has(written, value), rest
    if (kind, written) == ("link", "not"):
        inner, rest = _one(rest)
        return Not(inner), rest
    if written == "(":
        inner, rest = _any_of(rest)
        if not rest or rest[0][1] != ")":
            raise SegmentError("A bracket is opened and not closed.")
        return inner, rest[1:]
    raise SegmentError(f"“{written}” is not expected here.")
