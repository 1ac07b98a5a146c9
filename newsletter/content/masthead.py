"""The top of a page: which line is the title, what stands above it, and who signed it when."""

from __future__ import annotations

import re
from itertools import pairwise

from newsletter.content import phrases
from newsletter.content.blocks import BOLD_LINE, Kind, LeftOut, ends_sentence, numbered
from newsletter.content.bylines import FEW, is_detail, mark_details
from newsletter.content.marks import DETAILS, LINKS, MENU, Marks
from newsletter.content.wording import count_words

_ABOVE = "above the title"
_HOST = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)+/?")
_DATED = re.compile(r"^(?:[A-Z][a-z]{2,8} \d{1,2}|\d{1,2}\.? [A-Z][a-z]{2,8}),? (?=\S)")


def take_title(marks: Marks, named: str) -> str:
    """The title, "" when nothing reads like one; it, what stands above it and what signs it get their marks.

    `named` is what the format says: a <title>, a first-rank heading, a line of front matter. Otherwise the title
    is the first line, or, where a page's menus stand above, the line that most speaks for itself: repeated in a
    breadcrumb, of some words, a heading, not the site's name.
    """
    end = _end_of_head(marks)
    _mark_menus(marks, end, phrases.plainly(named))
    place = _place_of(marks, named, end) if named else _first(marks, end)
    if place is None:
        mark_details(marks, 0 if named else 1, end)
        return _without_site(named)
    title = _undated(marks, place)
    for above in range(place):
        if marks.is_line(above) and not marks.prose_at(above):
            marks.mark(above, _ABOVE)
    marks.mark(place, "the title")
    for later in range(place + 1, len(marks.blocks)):
        early = later < max(end, place + 6) or marks.blocks[later].level == 1
        if early and marks.is_line(later) and marks.plain(later) == phrases.plainly(title):
            marks.mark(later, "the title again")
    mark_details(marks, place + 1, end)
    return title


def _end_of_head(marks: Marks) -> int:
    """Where the text begins: at the first prose, unless by-line or date come after it, for then it is a subtitle."""
    for place in marks.prose_places():
        near = range(place + 1, min(place + 4, len(marks.blocks)))
        signed = any(marks.whys[p] == DETAILS or phrases.is_byline(marks.text(p)) for p in near)
        if not signed or count_words(marks.text(place)) > 30:
            return place
    return min(len(marks.blocks), FEW)


def _mark_menus(marks: Marks, end: int, title: str) -> None:
    """Menus around the title, and unknown entries between known ones."""
    for place in (place for place in range(end) if marks.plain(place) != title):
        if phrases.is_menu_line(marks.text(place)) or (marks.blocks[place].linked and marks.blocks[place].level != 1):
            marks.mark(place, MENU if marks.blocks[place].kind is not Kind.LIST else LINKS)
    if MENU in marks.whys[:end]:
        for place in range(1, end):
            if marks.is_line(place) and phrases.is_weak(marks.text(place)):
                marks.mark(place, MENU)
    _fill_menus(marks, end)


def _fill_menus(marks: Marks, end: int) -> None:
    """Up to six light lines between two entries of a menu are entries; one line stays to be the title."""
    menus = [place for place in range(end) if marks.whys[place] == MENU]
    gaps = [
        range(one + 1, other)
        for one, other in pairwise(menus)
        if 0 < other - one - 1 <= 6 and all(_may_be_entry(marks, place) for place in range(one + 1, other))
        if DETAILS not in marks.whys[one:other]
    ]
    filled = [place for gap in gaps for place in gap if not marks.whys[place]]
    left = [p for p in range(end) if not marks.whys[p] and p not in filled and not is_detail(marks, p)]
    for place in filled if left else filled[:-1]:
        marks.mark(place, MENU)


def _may_be_entry(marks: Marks, place: int) -> bool:
    block = marks.blocks[place]
    light = block.kind is Kind.PARAGRAPH and count_words(block.text) <= 4 and not ends_sentence(block.text)
    return bool(marks.whys[place]) or light


def _place_of(marks: Marks, named: str, end: int) -> int | None:
    """Where the title that the format names stands on the page itself."""
    wanted = phrases.plainly(named)
    parts = {phrases.plainly(part) for part in re.split(r" (?:[|»·–—-]|::) ", named) if count_words(part) >= 2}
    for words in ({wanted}, parts):
        for place in range(min(end + 1, len(marks.blocks))):
            if marks.is_line(place) and marks.plain(place) in words:
                return place
    return None


def _first(marks: Marks, end: int) -> int | None:
    """The place of the title where the format names none."""
    lines = [place for place in range(len(marks.blocks)) if not marks.whys[place]]
    if not lines:
        return None
    is_topped = any(marks.whys[:end]) or any(is_detail(marks, place) for place in range(end))
    if not is_topped and not any(marks.blocks[place].level == 1 for place in lines[1:] if place < end):
        return lines[0] if _reads_as_title(marks, lines[0]) else None
    candidates = [p for p in lines if p < end and _reads_as_title(marks, p) and not is_detail(marks, p)]
    return max(candidates[:FEW], key=lambda place: (_evidence(marks, place, end), -place), default=None)


def _evidence(marks: Marks, place: int, end: int) -> int:
    """How much speaks for a line of the head being the title; each point is one observation."""
    block, words = marks.blocks[place], marks.plain(place)
    again = any(
        words != marks.plain(other) and words in marks.plain(other) for other in range(end) if marks.whys[other] == MENU
    )
    twice = sum(1 for other in range(end) if marks.plain(other) == words) > 1
    later = [p for p in range(place + 1, end) if marks.blocks[p].kind is Kind.HEADING or marks.whys[p] == DETAILS]
    below = any(marks.plain(other) == words for other in range(end, len(marks.blocks)))
    near = any(marks.whys[p] == DETAILS or is_detail(marks, p) for p in range(place + 1, min(place + 4, end)))
    first = place == 0 and MENU not in marks.whys[1:3]
    points = 2 * first - 3 * bool(_HOST.fullmatch(block.text))
    points += 2 * again + twice + near + (count_words(block.text) >= 3) - block.text.endswith((".", ",")) - 2 * below
    if block.kind is Kind.HEADING:
        lowest = min(other.level for other in marks.blocks if other.kind is Kind.HEADING)
        signed = bool(later) and marks.whys[later[0]] == DETAILS
        points += 1 + 2 * (block.level == lowest) + 2 * signed
    return points - 4 * _names_the_site(marks, words)


def _names_the_site(marks: Marks, words: str) -> bool:
    """Whether the furniture of the page names it: "© 2024 The Lantern", "Thanks for reading The Lantern"."""
    within = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
    named = (MENU, DETAILS, "comments", "the title again", "share links")
    return any(
        why and why not in named and words != marks.plain(place) and within.search(marks.plain(place))
        for place, why in enumerate(marks.whys)
    )


def _reads_as_title(marks: Marks, place: int) -> bool:
    block, rest = marks.blocks[place], marks.blocks[place + 1 :]
    if block.kind is Kind.HEADING:
        levels = [marks.blocks[p].level for p in range(place + 1, len(marks.blocks)) if _heads(marks, p)]
        return block.level in (1, BOLD_LINE) or not levels or min(levels) > block.level
    if block.kind not in (Kind.PARAGRAPH, Kind.NUMBERED) or not rest:
        return False
    if count_words(block.text) > 20 or len(block.text) > 160:
        return False
    return not (block.text.endswith((".", ",", ";")) and count_words(block.text) > 8)


def _heads(marks: Marks, place: int) -> bool:
    return marks.blocks[place].kind is Kind.HEADING and not marks.whys[place]


def _undated(marks: Marks, place: int) -> str:
    """The title's words; a date that stands in front of it and on the line above is no part of it."""
    title = numbered(marks.blocks[place])
    dated = _DATED.match(title)
    if dated and place and marks.plain(place - 1) == phrases.plainly(dated[0].rstrip(" ,")):
        marks.cut_off.append(LeftOut(dated[0].strip(), DETAILS))
        return title[dated.end() :]
    return title


def _without_site(named: str) -> str:
    """A <title> without the site's name behind the last separator."""
    head, _, _ = named.rpartition(
        next((sign for sign in (" | ", " » ", " · ", " – ", " — ", " - ") if sign in named), "\n")
    )
    return head if len(head.split()) >= 2 else named
