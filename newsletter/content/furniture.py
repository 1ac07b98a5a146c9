"""What on a page is not the article: menus, details, boxes, share bars and whatever stands behind the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from newsletter.content import phrases
from newsletter.content.backmatter import mark_end
from newsletter.content.blocks import Block, Kind, LeftOut, ends_sentence, is_prose
from newsletter.content.marks import DETAILS, MENU, Marks
from newsletter.content.masthead import take_title
from newsletter.content.wording import count_words, squeezed

_BOX = "a subscribe box"
_LEADER = re.compile(r"(?:\s*[.…·]{2,}|\s{2,})\s*\d{1,4}$")  # "The hive ......... 2"
_COMMENT_SIGNS = (
    "says",
    "reply",
    "post comment",
    "comment",
    "cancel reply",
    "your email address will not be published",
)


def cleared(blocks: Sequence[Block], named: str = "") -> tuple[str, tuple[Block, ...], tuple[LeftOut, ...]]:
    """The title, the blocks that are the article's, and what was left out with the reason for each.

    `named` is the title that the format itself gives, if any. Errs on the article's side: prose goes only below
    a heading that is furniture itself (a comment form, an author's biography) or when every sentence of it is
    furniture; single menu words go only in company.
    """
    marks = Marks(blocks)
    _mark_certain(marks)
    _mark_regions(marks)
    _mark_boxes(marks)
    _mark_weak(marks)
    title = take_title(marks, named)
    mark_end(marks)
    kept, left_out = marks.parted()
    return title, kept, tuple(item for item in left_out if item.why != "the title")


def _mark_certain(marks: Marks) -> None:
    """What is furniture by its words alone."""
    for place, block in enumerate(marks.blocks):
        if block.kind is Kind.LIST:
            marks.mark(place, _list_furniture(block))
        elif block.kind is not Kind.NUMBERED and not block.number:
            marks.mark(place, phrases.furniture(block.text))


def _mark_regions(marks: Marks) -> None:
    """Furniture headings, and what stands below each of them."""
    for place, block in enumerate(marks.blocks):
        if marks.whys[place] or block.kind in (Kind.LIST, Kind.NUMBERED) or block.number or is_prose(block):
            continue
        why = phrases.opens(block.text)
        if why:
            for inner in range(place, _region_end(marks, place, why)):
                marks.mark(inner, why)


def _region_end(marks: Marks, place: int, why: str) -> int:
    """The place after a region's last block; `place` itself when the heading is the article's after all."""
    match why:
        case "comments":
            return _comments_end(marks, place)
        case "the author's biography":
            return _biography_end(marks, place)
        case "the table of contents":
            return _contents_end(marks, place)
        case _:
            return _teasers_end(marks, place)


def _comments_end(marks: Marks, place: int) -> int:
    """Behind a comment form all that follows is comments, up to a heading of the same rank."""
    end = marks.next_rank(place)
    below = [phrases.plainly(block.text) for block in marks.blocks[place + 1 : end]]
    if any(line in _COMMENT_SIGNS or line.endswith(" says") or line.startswith("your e") for line in below):
        return end
    return place + 1


def _biography_end(marks: Marks, place: int) -> int:
    """A biography is one paragraph in mid-article; at the end it is all there is up to the next heading."""
    start = place + 1
    while (
        start < min(place + 3, len(marks.blocks)) and not marks.prose_at(start) and count_words(marks.text(start)) <= 6
    ):
        start += 1  # the author's name
    if not marks.prose_at(start):
        return place + 1
    end = marks.next_rank(place)
    later = [inner for inner in range(start, end) if marks.may_head(inner)]
    if later and marks.prose_at(later[0] + 1):
        return min(later[0], start + 1)
    return later[0] if later else (end if end == len(marks.blocks) or end - place <= 4 else start + 1)


def _contents_end(marks: Marks, place: int) -> int:
    """A table of contents names headings that come again later; a list that does not is the article's."""
    later = [squeezed(f"{block.number} {block.text}").casefold() for block in marks.blocks]
    end = place + 1
    while end < len(marks.blocks) and _names_later(marks, marks.blocks[end], later[end + 1 :]):
        end += 1
    named = phrases.plainly(marks.blocks[place].text) in ("table of contents", "contents")
    return end if end > place + 1 or (named and not marks.prose_at(end)) else place


def _names_later(marks: Marks, block: Block, later: Sequence[str]) -> bool:
    known = {_unnumbered(line) for line in later}
    lines = [_unnumbered(_LEADER.sub("", line).casefold()) for line in block.text.split("\n")]
    return sum(1 for line in lines if line in known) * 3 >= len(lines) * 2


def _teasers_end(marks: Marks, place: int) -> int:
    """Titles, dates and clipped beginnings of other posts, up to the first text of some length."""
    end, limit = place + 1, marks.next_rank(place)
    while end < limit and _is_teaser(marks, end) and not _heads_text(marks, end):
        end += 1
    return limit if limit < len(marks.blocks) and marks.blocks[place].kind is Kind.HEADING and end >= limit else end


def _heads_text(marks: Marks, place: int) -> bool:
    """Whether the article goes on here: a heading that is no link, and text below it."""
    below = place + 1
    heads = marks.may_head(place) and not marks.blocks[place].linked
    return heads and marks.prose_at(below) and not _is_teaser(marks, below)


def _is_teaser(marks: Marks, place: int) -> bool:
    block = marks.blocks[place]
    if marks.whys[place] or not is_prose(block):
        return bool(marks.whys[place]) or not phrases.opens(block.text)
    if block.kind is Kind.LIST:
        return not any(ends_sentence(item) for item in block.text.split("\n"))
    after = marks.whys[place + 1] if place + 1 < len(marks.blocks) else ""
    titled = marks.blocks[place - 1].linked and marks.blocks[place - 1].kind is not Kind.LIST
    clipped = squeezed(block.text).endswith(("…", "...", "[…]", "[...]", "[&hellip;]"))
    return (
        clipped
        or titled
        or after == "a link to another post"
        or block.text.lower().endswith(("read more", "read more »"))
    )


def _mark_boxes(marks: Marks) -> None:
    """What stands between two signs of one subscribe box, a slogan or two, belongs to the box."""
    signs = [place for place, why in enumerate(marks.whys) if why == _BOX]
    for one, other in pairwise(signs):
        between = range(one + 1, other)
        if len(between) <= 3 and all(count_words(marks.text(place)) <= 20 for place in between):
            for place in between:
                marks.mark(place, _BOX)


def _mark_weak(marks: Marks) -> None:
    """Menu words in company: two or more together, or next to other furniture."""
    weak = [
        marks.is_line(place) and (phrases.is_weak(block.text) or phrases.is_date(block.text))
        for place, block in enumerate(marks.blocks)
    ]
    for place, is_weak in enumerate(weak):
        around = [near for near in (place - 1, place + 1) if 0 <= near < len(weak)]
        company = any(weak[near] or marks.whys[near] for near in around)
        heads = marks.blocks[place].kind is Kind.HEADING and marks.prose_at(place + 1)
        if is_weak and company and not heads:
            marks.mark(place, DETAILS if phrases.is_date(marks.text(place)) else MENU)


def _list_furniture(block: Block) -> str:
    """Why a whole list is furniture: all its items are, or it is a menu; one such item makes no list furniture."""
    items = block.text.split("\n")
    if len(items) > 60:
        return ""
    whys = [phrases.furniture(item) for item in items]
    if all(whys):
        return whys[0]
    known = sum(1 for item, why in zip(items, whys, strict=True) if why or phrases.is_weak(item))
    return MENU if known * 2 >= len(items) and all(count_words(item) <= 6 for item in items) else ""


def _unnumbered(line: str) -> str:
    return line.lstrip("0123456789.)( ").strip()
