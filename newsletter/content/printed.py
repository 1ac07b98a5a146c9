"""Text copied out of a PDF or a print: page numbers and running heads found, words and paragraphs made whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from newsletter.content.blocks import LeftOut, ends_sentence
from newsletter.content.wording import count_words, squeezed

PAGE_BREAK = "\f"

_NUMBER = re.compile(
    r"\s*(?P<sign>[-–—|\[(]\s*|(?:page|seite|página|pagina|p\.)\s+)?(?P<number>\d{1,4})"
    r"(?:\s*(?:[-–—|\])]|(?:of|/|von|sur|de) \d{1,4}))?\s*",
    re.IGNORECASE,
)
_HYPHENED = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad]$")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_KEEP_HYPHEN = frozenset(
    [
        "well",
        "self",
        "half",
        "non",
        "ex",
        "all",
        "co",
        "mid",
        "long",
        "short",
        "semi",
        "anti",
        "pre",
        "post",
        "high",
        "low",
    ]
)
_NEAR = 2  # lines of text between a page break and a running head at most
_INDENT = 8


def without_pages(text: str) -> tuple[str, list[LeftOut]]:
    """The text as one long page, and the page numbers and running heads that were taken out.

    A lone number counts as a page's when the numbers count up and something says that pages break there: a form
    feed, a sentence that goes on behind it, a line that comes again beside it, an indent, the word "page".
    """
    lines = text.split("\n")
    breaks = [place for place, line in enumerate(lines) if line == PAGE_BREAK]
    numbers = _page_numbers(lines)
    if not breaks and not numbers:
        return text, []
    heads = _running_heads(lines, sorted({*breaks, *numbers}))
    if not breaks and not _are_pages(lines, numbers, heads):
        return text, []
    left_out = [
        LeftOut(squeezed(lines[place]), "a page number" if place in numbers else "a running head")
        for place in sorted({*numbers, *heads})
    ]
    gone = {*breaks, *numbers, *heads}
    return "\n".join(_joined_pages(lines, gone)), left_out


def _page_numbers(lines: Sequence[str]) -> set[int]:
    """The places of lone numbers that count up by one from page to page, at least two of them."""
    found = [(place, match) for place, line in enumerate(lines) if (match := _NUMBER.fullmatch(line))]
    values = [int(match["number"]) for _, match in found]
    counting = len(values) >= 2 and all(other == one + 1 for one, other in pairwise(values))
    return {place for place, _ in found} if counting else set()


def _running_heads(lines: Sequence[str], breaks: Sequence[int]) -> set[int]:
    """Short lines that come again and again beside the breaks; a title that heads the first page stays."""
    near = [place for at in breaks for place in _around(lines, at)]
    counts = Counter(_likeness(lines[place]) for place in set(near))
    again = {likeness for likeness, count in counts.items() if count >= 2}
    heads = {place for place in near if _likeness(lines[place]) in again and count_words(lines[place]) <= 14}
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if len(filled) > 1 and _likeness(lines[filled[0]]) in again and _is_short(lines[filled[1]]):
        heads.add(filled[0])
    return heads - set(breaks)


def _around(lines: Sequence[str], at: int) -> list[int]:
    """The nearest lines with words on both sides of a break."""
    found: list[int] = []
    for steps in (range(at - 1, -1, -1), range(at + 1, len(lines))):
        filled = 0
        for place in steps:
            if lines[place].strip() and lines[place] != PAGE_BREAK:
                filled += 1
                found.append(place)
            if filled == _NEAR or abs(place - at) > 12:
                break
    return [place for place in found if _is_short(lines[place]) and not _NUMBER.fullmatch(lines[place])]


def _is_short(line: str) -> bool:
    return count_words(line) <= 14 and not ends_sentence(line.strip())


def _likeness(line: str) -> str:
    """A line as it compares with its fellows on other pages: without numbers, in lower case."""
    return re.sub(r"\d+", "", squeezed(line)).strip(" |–—-·").casefold()


def _are_pages(lines: Sequence[str], numbers: set[int], heads: set[int]) -> bool:
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if heads or filled[-1] in numbers:
        return True
    for place in numbers:
        match = _NUMBER.fullmatch(lines[place])
        if match and (match["sign"] or len(lines[place]) - len(lines[place].lstrip()) >= _INDENT):
            return True
        before = next((line for line in reversed(lines[:place][-9:]) if line.strip()), "")
        after = next((line for line in lines[place + 1 : place + 9] if line.strip()), "")
        if _goes_on(before, after):
            return True
    return False


def _goes_on(before: str, after: str) -> bool:
    """Whether a sentence broken off on one page goes on upon the next."""
    return bool(before.strip()) and not ends_sentence(before.strip()) and after.lstrip()[:1].islower()


def _joined_pages(lines: Sequence[str], gone: set[int]) -> list[str]:
    """The lines without those that are gone; where a sentence goes on over a break, no blank lines stay."""
    kept: list[str] = []
    broken = False
    for place, line in enumerate(lines):
        if place in gone:
            broken = True
        elif line.strip():
            if broken:
                end = max((at for at, one in enumerate(kept) if one.strip()), default=-1) if kept else -1
                del kept[end + 1 :]
                kept.extend([] if end >= 0 and _goes_on(kept[end], line) else [""])
            kept.append(line)
            broken = False
        elif not broken:
            kept.append(line)
    return kept


def rejoined(one: str, other: str, words: frozenset[str]) -> str:
    """Two lines of a paragraph as one; a word that was parted at the line's end is whole again.

    `words` are all words of the text, lower-cased: a compound that stands there with its hyphen keeps it.
    """
    if not _HYPHENED.search(one) or not other[:1].islower():
        return f"{one} {other}"
    first, second = _LAST_WORD.search(one[:-1]), re.match(r"[^\W\d_]+", other)
    if not first or not second:
        return f"{one}{other}"
    start, rest = first[0].casefold(), second[0].casefold()
    whole = start + rest in words or (f"{start}-{rest}" not in words and start not in _KEEP_HYPHEN)
    return f"{one[:-1]}{other}" if whole else f"{one}{other}"
