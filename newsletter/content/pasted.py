"""An article as plain text, the way it comes out of a browser or a mail: lines and blank lines -> blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from unicodedata import category

from newsletter.content.blocks import Block, Kind, Page, ends_sentence, merged_lists, paragraph
from newsletter.content.envelope import without_envelope
from newsletter.content.printed import rejoined, without_pages
from newsletter.content.wording import count_words, literal, squeezed

_BULLET = re.compile(
    "^[•·▪▫◦‣⁃●○■□➤►✓✔➢❖*+–\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc-](?:\\s+|$)|^[•●▪◦‣\uf0b7](?=\\S)"  # U+F0..: Word's Symbol
)
_WORD_BULLET = re.compile(r"^(\s*)([o§Øü])\t\s*(?=\S)")  # what Word's bullets of the inner levels become as text
_KEYCAP = re.compile(r"^(\s*)(\d)\ufe0f?\u20e3\s*")  # 1 in a key, as telephones write it
_FRAMED = re.compile(r"^\s*([*=#~_])\1{0,5}\s+(\S.{0,100}?)\s+\1{1,6}\s*$")  # * A heading *, == A heading ==
_SYMBOL = re.compile(r"^(\W)\ufe0f?\s+(?=\w)")
_NUMBER = re.compile(r"^\(?(\d{1,3})[.)]\s+(?=\S)")
_LONE_NUMBER = re.compile(r"(\d{1,2})[.)]?")
_LABEL = re.compile(
    r"(?:part|step|chapter|week|day|lesson|tip|teil|schritt|kapitel|woche|tag|partie|étape|chapitre|parte|paso|capítulo)"
    r" (?:\d{1,2}|[ivx]{1,4}|one|two|three|four|five|six|seven|eight|nine|ten)[.:]?",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*(?:[-*_=~·•–—.]\s*){3,200}$")
_WIDEST_WRAP = 110  # mail and editors wrap at 72 to 100; a browser's copy does not wrap at all
_NARROWEST_WRAP = 45
_LONGEST_VERSE = 60  # characters of a line that may have been broken on purpose


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    indent: int
    apart: bool  # a blank line (or the end of the text) on both sides


def read_pasted(text: str) -> Page:
    """The blocks of plain text: paragraphs unwrapped, bullets as lists, numbered lines left to be judged."""
    text, title, envelope = without_envelope(text)
    text, left_out = without_pages(text)
    groups = _groups(text)
    wrapped = _is_wrapped(groups)
    words = frozenset(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", text.casefold())) if wrapped else frozenset()
    blocks: list[Block] = []
    for group in groups:
        blocks.extend(_blocks_of(_unwrapped(group, words) if wrapped else group))
    return Page(tuple(merged_lists(blocks)), title, (*envelope, *left_out))


def _groups(text: str) -> list[list[_Line]]:
    """Lines that stand together, blank lines between the groups."""
    lines = ["" if _RULE.match(line) else _marked(line).expandtabs(4).rstrip() for line in text.split("\n")]
    groups = [_with_bullets(list(run)) for filled, run in groupby(lines, key=bool) if filled]
    return [
        [_Line(squeezed(line), len(line) - len(line.lstrip()), len(group) == 1) for line in group] for group in groups
    ]


def _marked(line: str) -> str:
    """The line with one of Word's inner bullets as a bullet, indented as deep as it means; no frame, no keys."""
    line = _FRAMED.sub(r"\2", _KEYCAP.sub(r"\1\2. ", line))
    return _WORD_BULLET.sub(lambda found: f"{found[1]}{'    ' if found[2] == 'o' else '        '}• ", line)


def _with_bullets(group: list[str]) -> list[str]:
    """Neighbouring lines that begin with the same picture have it for a bullet."""
    signs = [match[1] if (match := _SYMBOL.match(line)) and category(match[1]) == "So" else "" for line in group]
    for place, sign in enumerate(signs):
        if sign and sign in signs[max(place - 1, 0) : place] + signs[place + 1 : place + 2]:
            group[place] = _SYMBOL.sub("• ", group[place])
    return group


def _is_wrapped(groups: Sequence[Sequence[_Line]]) -> bool:
    """A text was not wrapped when a fifth of its lines is too wide for that, or most end where sentences end."""
    lines = [line.text for group in groups for line in group if len(line.text) >= _NARROWEST_WRAP]
    wide = sum(1 for text in lines if len(text) > _WIDEST_WRAP)
    whole = sum(1 for text in lines if ends_sentence(text))
    return wide * 5 <= len(lines) and whole * 4 < len(lines) * 3


def _unwrapped(group: Sequence[_Line], words: frozenset[str]) -> list[_Line]:
    """The group with each line joined to the one before when its first word would not have fitted there."""
    width = max(len(line.text) + line.indent for line in group)
    if width < _NARROWEST_WRAP or width > _WIDEST_WRAP:
        return list(group)
    rows: list[list[_Line]] = []
    for line in group:
        if rows and _continues(rows[-1][-1], line, width):
            rows[-1].append(line)
        else:
            rows.append([line])
    texts = [reduce(lambda one, other: rejoined(one, other, words), (line.text for line in row)) for row in rows]
    return [_Line(text, row[0].indent, apart=len(rows) == 1) for text, row in zip(texts, rows, strict=True)]


def _continues(before: _Line, line: _Line, width: int) -> bool:
    if _BULLET.match(line.text) or _NUMBER.match(line.text):
        return False
    return before.indent + len(before.text) + 1 + len(line.text.split(" ", 1)[0]) > 0.88 * width


def _blocks_of(group: Sequence[_Line]) -> Iterator[Block]:
    """The blocks of lines that stand together; a bullet alone on its line belongs to the line after it."""
    depths: list[int] = []
    short: list[_Line] = []
    for line in _with_their_bullets(list(_with_their_labels(group))):
        bullet, number = _BULLET.match(line.text), _NUMBER.match(line.text)
        if not (bullet or number) and _is_short(line):
            short.append(line)
            continue
        yield from _short_lines(short, above_text=True)
        tight = bool(short) and max(len(short[-1].text), len(line.text)) <= _LONGEST_VERSE
        short = []
        if bullet:
            yield _bullet(line.text[bullet.end() :], _depth(depths, line.indent))
        elif number:
            yield _numbered(line, number)
        else:
            yield paragraph(line.text, apart=line.apart, tight=tight)
    yield from _short_lines(short, above_text=False)


def _with_their_labels(group: Sequence[_Line]) -> Iterator[_Line]:
    """The lines, a number or a label ("Part 1") alone on its line with the words right below it."""
    lines = iter(zip(group, [*group[1:], None], strict=True))
    for line, below in lines:
        number, label = _LONE_NUMBER.fullmatch(line.text), _LABEL.fullmatch(line.text)
        if below and number and count_words(below.text) >= 4:
            yield replace(below, text=f"{number[1]}. {below.text}")
        elif below and label and _is_short(below) and not _LABEL.fullmatch(below.text):
            yield replace(below, text=f"{line.text} {below.text}", apart=len(group) == 2)
        else:
            yield line
            continue
        next(lines)


def _with_their_bullets(group: Sequence[_Line]) -> Iterator[_Line]:
    """The lines, a bullet alone with the line after it, and what is indented below an item with the item."""
    item: _Line | None = None
    for line in group:
        marked = _BULLET.match(line.text) or _NUMBER.match(line.text)
        if item and not marked and (line.indent > item.indent or not item.text.strip("•●▪◦‣·-*+– ")):
            item = replace(item, text=f"{item.text} {line.text}")
            continue
        if item:
            yield item
        item = line if marked else None
        if not marked:
            yield line
    if item:
        yield item


def _is_short(line: _Line) -> bool:
    words = count_words(line.text)
    says = words >= 6 and ends_sentence(line.text) and not line.text.endswith("?")
    return words <= 14 and len(line.text) <= 100 and not says


def _short_lines(lines: Sequence[_Line], *, above_text: bool) -> Iterator[Block]:
    """Short lines that stand together: a heading right above its text, or lines that mean to be lines."""
    for place, line in enumerate(lines, start=1):
        heads = above_text and place == len(lines) <= 2
        yield paragraph(line.text, apart=heads or line.apart, tight=place > 1 and not heads)


def _depth(depths: list[int], indent: int) -> int:
    """How many lists this indent lies within; `depths` remembers the indents that are open."""
    while depths and depths[-1] > indent:
        depths.pop()
    if not depths or depths[-1] < indent:
        depths.append(indent)
    return min(len(depths), 6) - 1


def _bullet(text: str, depth: int) -> Block:
    return Block(Kind.LIST, text, f"{'  ' * depth}- {literal(text)}")


def _numbered(line: _Line, number: re.Match[str]) -> Block:
    text = line.text[number.end() :]
    label = f"{number[1]}."
    return Block(Kind.NUMBERED, text, f"{label} {literal(text)}", number=label, apart=line.apart)
