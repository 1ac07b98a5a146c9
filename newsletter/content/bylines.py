"""Who signed an article and when: by-lines, names, dates, counts and topics between its title and its text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.content import phrases
from newsletter.content.blocks import Kind
from newsletter.content.marks import DETAILS, Marks
from newsletter.content.wording import count_words

FEW = 60  # lines of a page's head that are looked at closely; real pages have some twenty
_NAME = re.compile(r"(?:[^\W\d_][\w.’'-]*,? ?){1,5}(?:, ?(?:[A-Z][\w.]{1,7},? ?){1,4})?")
_TOPICS = re.compile(r"\w[\w&’-]*(?: [\w&’-]+)?(?:, \w[\w&’-]*(?: [\w&’-]+)?)+")
_NOT_IN_NAMES = re.compile(
    r"\b(?:the|an?|my|our|your|and|or|of|for|to|in|on|at|with|without|how|why|what|when|where|who|is|are|not|first|last"
    r"|der|die|das|ein|eine|und|für|wie|warum|was|le|les|une|pour|comment|pourquoi|el|los|las|un|una|para|cómo)\b"
)


def is_detail(marks: Marks, place: int) -> bool:
    """Whether a line is a by-line, a date, a reading time or a count."""
    text = marks.text(place)
    return phrases.is_byline(text) or phrases.is_detail(text)


def mark_details(marks: Marks, start: int, end: int) -> None:
    """Between title and text: by-lines, dates and counts, then names and topics beside them."""
    for place in range(start, end):
        line = "\n" not in marks.text(place) and not marks.blocks[place].number
        alone = phrases.is_count(marks.text(place)) and not _has_company(marks, place)
        if line and not alone and is_detail(marks, place):
            marks.mark(place, DETAILS)
        if marks.whys[place] == DETAILS and phrases.is_byline(marks.text(place)):
            marks.authors.add(_name_in(marks.text(place)))
    lines = [place for place in range(start, end) if marks.is_line(place)][:FEW]
    for place in lines:
        if _is_name(marks, place, end):
            marks.mark(place, DETAILS)
            marks.authors.add(marks.plain(place))
    for place in lines:
        if set(marks.whys[place - 1 : place + 2 : 2]) == {DETAILS} and count_words(marks.text(place)) <= 4:
            marks.mark(place, DETAILS)  # what the author is, below her name
    _mark_contents(marks, start, end)
    for place in lines:
        near = [marks.whys[p] for p in (place - 1, place + 1) if p < len(marks.whys)]
        if DETAILS in near and marks.text(place).istitle() and _TOPICS.fullmatch(marks.text(place)[:120]):
            marks.mark(place, DETAILS)


def _has_company(marks: Marks, place: int) -> bool:
    near = [marks.whys[other] for other in (place - 1, place + 1) if 0 <= other < len(marks.whys)]
    return any(why and not why.startswith("the title") for why in near)


def _mark_contents(marks: Marks, start: int, end: int) -> None:
    """Three short lines or more that half of the headings below begin with: links within the page."""
    lines = [place for place in range(start, end) if marks.is_line(place) and not marks.prose_at(place)]
    later = [marks.plain(place) for place in range(end, len(marks.blocks)) if marks.may_head(place)]
    for run in (run for run in _runs(lines) if 3 <= len(run) <= FEW):
        named = [marks.plain(place).lstrip("0123456789. ") for place in run]
        if sum(1 for words in named if words and any(words in head for head in later)) * 2 >= len(run):
            for place in run:
                marks.mark(place, "the table of contents")


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Places that follow one another without a gap."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _is_name(marks: Marks, place: int, end: int) -> bool:
    """A few capitalised words beside a detail, or on the page once more as a line of their own or beside a ©."""
    text, words = marks.text(place), marks.plain(place)
    capitals = all(word[0].isupper() or len(word) <= 3 for word in text.split())
    if _NOT_IN_NAMES.search(words) or (
        marks.authors and not any(words in one or one in words for one in marks.authors)
    ):
        return False
    if (
        not capitals
        or len(text) > 80
        or count_words(text) > 7
        or not _NAME.fullmatch(text)
        or marks.blocks[place].level == 1
    ):
        return False
    near = [marks.whys[other] for other in (place - 1, place + 1) if other < len(marks.whys)]
    again = any(
        other != place and (marks.plain(other) == words or ("©" in marks.text(other) and words in marks.plain(other)))
        for other in [*range(place - 2, place + 3), *range(end, len(marks.blocks))]
        if 0 <= other < len(marks.blocks)
    )
    short = count_words(text) <= 4 and marks.blocks[place].kind is Kind.PARAGRAPH
    return short and (DETAILS in near or again)


def _name_in(byline: str) -> str:
    """The name that a by-line gives, without what it is introduced by and what follows it."""
    words = re.split(r"\s[|·•/–—-]\s|,", byline)[0]
    capitals = re.search(r"(?<=\s)[^\W\d_a-z].*", words)
    return phrases.plainly(capitals[0] if capitals else words)
