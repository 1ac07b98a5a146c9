"""The bottom of a page: what stands behind the article's last words."""

from __future__ import annotations

import re

from newsletter.content import phrases
from newsletter.content.blocks import Kind, ends_sentence
from newsletter.content.endings import Purpose, purpose_of
from newsletter.content.marks import BEHIND, BIOGRAPHY, DETAILS, FOOTER, LINKS, Marks
from newsletter.content.wording import count_words

_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+|(?:(?:tel|phone|fax|t|p)\.?:? ?)?\+?[\d() ./-]{7,20}"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)\w*(?: ?[–-] ?| to | & |, ?)(?:(?:mon|tue|wed|thu|fri|sat|sun)\w*)?"
    r".{0,30}\d.{0,20}"
)
_ENDS = (BIOGRAPHY, "related posts", "comments", FOOTER, "a link to another post")
_STRAY = 16  # words; a section of an article has more, and a sentence that calls to action mostly stands before


def mark_end(marks: Marks) -> None:
    """Marks the author's biography, then all that is no sentence behind the first furniture after the last prose."""
    _mark_biography(marks)
    _mark_strays(marks)
    last = max(marks.prose_places(), default=-1)
    if last < 0:
        return
    _mark_lines(marks, last)
    start = next((place for place in range(last + 1, len(marks.blocks)) if marks.whys[place]), len(marks.blocks))
    start = _with_tags(marks, last, start)
    for place in range(start, len(marks.blocks)):
        if not ends_sentence(marks.text(place)) or not marks.is_line(place):
            marks.mark(place, BEHIND)


def _mark_biography(marks: Marks) -> None:
    """The author's name on a line of its own late on the page, and the few sentences about her below it."""
    if not marks.authors:
        return
    for place in range(_late(marks), len(marks.blocks)):
        words = marks.plain(place)
        name = next((one for one in marks.authors if one and words.startswith(one)), "")
        if not name:
            continue
        if words == name and (marks.is_line(place) or marks.whys[place] == BIOGRAPHY):
            marks.mark(place, BIOGRAPHY)
            for below in range(place + 1, min(place + 6, len(marks.blocks))):
                if marks.whys[below] == "related posts" or (
                    marks.may_head(below) and not phrases.is_count(marks.text(below))
                ):
                    break
                if marks.is_line(below) and ends_sentence(marks.text(below)):
                    marks.mark(below, BIOGRAPHY)
        elif marks.is_line(place) and place and marks.whys[place - 1]:
            marks.mark(place, BIOGRAPHY)


def _late(marks: Marks) -> int:
    """The place behind which at most a fifth of the article's prose stands, in the second half of the page."""
    whole, rest = marks.prose_words(0), 0
    for place in range(len(marks.blocks) - 1, len(marks.blocks) // 2, -1):
        rest += count_words(marks.text(place)) if marks.prose_at(place) else 0
        if rest * 5 > whole:
            return place + 1
    return len(marks.blocks) // 2


def _mark_strays(marks: Marks) -> None:
    """Short sentences that stand all alone behind an end: a slogan below a biography, a line above a search box."""
    whole = marks.prose_words(0)
    start = len(marks.blocks)
    words = 0
    first = next(iter(marks.prose_places()), len(marks.blocks))
    for place in range(len(marks.blocks) - 1, first, -1):
        if not marks.whys[place]:
            words += count_words(marks.text(place)) if marks.prose_at(place) else 0
            called = purpose_of(marks.text(place)) is not Purpose.TEXT
            if called or count_words(marks.text(place)) > _STRAY or marks.blocks[place].number or words * 10 > whole:
                break
        elif marks.whys[place] in _ENDS:
            start = place
    for place in range(start, len(marks.blocks)):
        marks.mark(place, BEHIND)


def _mark_lines(marks: Marks, last: int) -> None:
    """Behind the last prose: dates, counts, menus, links in a row, and the whole address around a telephone number."""
    for place in range(max(last + 1, 1), len(marks.blocks)):
        text = marks.text(place)
        if phrases.is_date(text) or phrases.is_menu_line(text):
            marks.mark(place, FOOTER)
        elif phrases.is_count(text):
            marks.mark(place, DETAILS)
        elif marks.blocks[place].linked and _is_aside(marks, place):
            marks.mark(place, LINKS)
    for place in range(last + 1, len(marks.blocks)):
        if marks.is_line(place) and _CONTACT.fullmatch(marks.plain(place)) and not marks.blocks[place].apart:
            for near in _group_of(marks, place, last):
                marks.mark(near, FOOTER)


def _is_aside(marks: Marks, place: int) -> bool:
    """Whether a block of nothing but links leads away: no heading of the article announces it, and it has company."""
    if marks.blocks[place].kind is Kind.LIST:
        return not (place and marks.is_line(place - 1) and marks.may_head(place - 1))
    near = [other for other in (place - 1, place + 1) if 0 <= other < len(marks.blocks)]
    return any(marks.whys[other] or (marks.is_line(other) and marks.blocks[other].linked) for other in near)


def _group_of(marks: Marks, place: int, last: int) -> range:
    """The lines that stand together with this one without a blank line between, behind the last prose."""
    start, end = place, place + 1
    while start > last + 1 and marks.blocks[start].tight:
        start -= 1
    while end < len(marks.blocks) and marks.blocks[end].tight:
        end += 1
    return range(start, end)


def _with_tags(marks: Marks, last: int, start: int) -> int:
    """Where the end begins when tags stand above it: three short capitalised lines or more, or one in lower case."""
    if start >= len(marks.blocks):
        return start
    place = start
    while place - 1 > last and _is_tag(marks, place - 1):
        place -= 1
    if start - place >= 3:
        return place
    text = marks.text(start - 1)
    lower = text.islower() and not ends_sentence(text) and 2 <= count_words(text) <= 8 and "," not in text
    return start - 1 if start - 1 > last and marks.is_line(start - 1) and lower else start


def _is_tag(marks: Marks, place: int) -> bool:
    text = marks.text(place)
    return marks.is_line(place) and count_words(text) <= 3 and text[:1].isupper() and text[-1:].isalnum()
