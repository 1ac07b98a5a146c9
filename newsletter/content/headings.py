"""Which lines are headings, when the format does not say: title, headings, numbered sub-headings, plain lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from newsletter.content.blocks import BOLD_LINE, Block, Kind, ends_sentence, is_prose, merged_lists
from newsletter.content.endings import Purpose, purpose_of
from newsletter.content.wording import count_words, squeezed

_SPEAKS = re.compile(r"[.!?…:][\"'”’)\]]*$")
_LEADING_NUMBER = re.compile(r"^\(?((?:\d{1,3}|[IVX]{1,5}(?=\.))[.):])\s+(?=\S)")
_QUESTION = re.compile(
    r"^(what|why|how|when|where|who|which|is|are|can|could|do|does|should|will|must)\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"@|https?:|www\.|\d{3}[-. )]+\d{3,4}")
_UPPER_START = re.compile(r"^[\"'“‘«(¿]?(?:[^\W_a-z]|\d)")


def titled(blocks: Sequence[Block]) -> tuple[str, tuple[Block, ...]]:
    """The article's title and the blocks without it; an empty title when nothing reads like one."""
    if not blocks:
        return "", ()
    first = blocks[0]
    if first.kind is Kind.HEADING:
        others = [block.level for block in blocks[1:] if block.kind is Kind.HEADING]
        if first.level in (1, BOLD_LINE) or not others or min(others) > first.level:
            return numbered_title(first), tuple(blocks[1:])
        return "", tuple(blocks)
    if first.kind in (Kind.PARAGRAPH, Kind.NUMBERED) and _reads_as_title(first, blocks[1:]):
        return squeezed(f"{first.number} {first.text}"), tuple(blocks[1:])
    return "", tuple(blocks)


def numbered_title(block: Block) -> str:
    """A heading's words with its number, as somebody would quote it."""
    return squeezed(f"{block.number} {block.text}")


def _reads_as_title(block: Block, rest: Sequence[Block]) -> bool:
    if not rest or count_words(block.text) > 20 or len(block.text) > 160:
        return False
    return not (block.text.endswith((".", ",", ";")) and count_words(block.text) > 8)


def numbering_apart(block: Block) -> Block:
    """A heading with the number in front of it ("2. ", "IV. ") moved into `number`."""
    match = _LEADING_NUMBER.match(block.text)
    if block.kind is not Kind.HEADING or block.number or not match:
        return block
    return replace(block, text=block.text[match.end() :], number=match[1])


def resolved(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with every heading a HEADING: lone numbered lines judged, short lines promoted if need be.

    Short lines become headings only when the format brought no headings of its own: a page that has real
    ones says itself what they are.
    """
    has_own = any(block.kind is Kind.HEADING for block in blocks)
    rows = list(_numbers_judged(blocks))
    if not has_own:
        rows = list(_promoted(rows))
    return tuple(merged_lists([numbering_apart(block) for block in _levelled(rows)]))


def _numbers_judged(blocks: Sequence[Block]) -> Iterator[Block]:
    """Numbered lines with text between them are headings; without, they are the items of a list."""
    places = [place for place, block in enumerate(blocks) if block.kind is Kind.NUMBERED]
    heads: set[int] = set()
    for run in _runs(blocks, places):
        led = [place for place in run if _leads_text(blocks, place)]
        if len(led) * 2 > len(run) and all(count_words(blocks[place].text) <= 14 for place in run):
            heads.update(run)
    for place, block in enumerate(blocks):
        if place in heads:
            yield replace(block, kind=Kind.HEADING, level=3)
        elif block.kind is Kind.NUMBERED:
            yield replace(block, kind=Kind.LIST)
        else:
            yield block


def _runs(blocks: Sequence[Block], places: Sequence[int]) -> Iterator[list[int]]:
    """Numbered lines that count on: 1, 2, 3; a new run where the count starts again."""
    run: list[int] = []
    for place in places:
        if run and int(blocks[place].number[:-1]) != int(blocks[run[-1]].number[:-1]) + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _leads_text(blocks: Sequence[Block], place: int) -> bool:
    after = blocks[place + 1] if place + 1 < len(blocks) else None
    if after is None or (after.kind is Kind.LIST and not blocks[place].apart):
        return False
    return after.kind in (Kind.PARAGRAPH, Kind.QUOTE, Kind.LIST)


def _promoted(blocks: Sequence[Block]) -> Iterator[Block]:
    """Short lines set apart above text become headings."""
    listed = _listed_lines(blocks)
    for place, block in enumerate(blocks):
        before = blocks[place - 1] if place else None
        if place not in listed and _heads(block, before, blocks[place + 1 : place + 3]):
            yield replace(block, kind=Kind.HEADING, level=2)
        else:
            yield block


def _listed_lines(blocks: Sequence[Block]) -> set[int]:
    """Three short lines or more in a row are a list without bullets; only the last may head what follows."""
    listed: set[int] = set()
    run: list[int] = []
    for place, block in enumerate([*blocks, Block(Kind.QUOTE, "", "")]):
        if block.kind is Kind.PARAGRAPH and not is_prose(block) and not _SPEAKS.search(block.text):
            run.append(place)
            continue
        led = bool(run) and run[0] > 0 and blocks[run[0] - 1].text.endswith(":")
        if len(run) >= 3:
            listed.update(run if led else run[:-1])
        run = []
    return listed


def _heads(block: Block, before: Block | None, after: Sequence[Block]) -> bool:
    """Whether a paragraph is a heading by its looks and by what stands around it."""
    if block.kind is not Kind.PARAGRAPH or not block.apart or not after:
        return False
    if not _looks_like_heading(block.text) or _signs(before, block.text):
        return False
    heads_text = is_prose(after[0]) or after[0].kind in (Kind.LIST, Kind.HEADING, Kind.QUOTE)
    if block.text.endswith(":"):
        leads_list = after[0].kind is Kind.LIST and purpose_of(block.text) is Purpose.TEXT
        return heads_text and not leads_list and count_words(block.text) <= 6
    if block.text.endswith("?"):
        return is_prose(after[0]) and bool(_QUESTION.match(block.text))
    return heads_text or _is_sentence(after[0]) or _heads_heading(after)


def _heads_heading(after: Sequence[Block]) -> bool:
    return len(after) > 1 and _looks_like_heading(after[0].text) and is_prose(after[1])


def _is_sentence(block: Block) -> bool:
    return block.kind is Kind.PARAGRAPH and ends_sentence(block.text)


def _looks_like_heading(text: str) -> bool:
    if count_words(text) > 14 or len(text) > 100 or not _UPPER_START.match(text) or _ADDRESS.search(text):
        return False
    quoted = text[0] in '“"«' and text[-1] in '”"»'
    return not quoted and (text.endswith("?") or not (ends_sentence(text) or text.endswith((",", ";"))))


def _signs(before: Block | None, text: str) -> bool:
    """Whether the line names whom the words before it come from: a name below a quotation."""
    if before is None or not (before.kind is Kind.QUOTE or before.text.endswith(("”", '"', "»"))):
        return False
    return count_words(text) <= 4 and text.istitle()


def _levelled(blocks: Sequence[Block]) -> Iterator[Block]:
    """Levels counted from 2 without gaps; a numbered line is one below the last heading without number."""
    levels = sorted({b.level for b in blocks if b.kind is Kind.HEADING and not _judged(b)})
    below = 2
    for block in blocks:
        if block.kind is not Kind.HEADING:
            yield block
        elif _judged(block):
            yield replace(block, level=below)
        else:
            level = levels.index(block.level) + 2
            below = level if _LEADING_NUMBER.match(block.text) else level + 1
            yield replace(block, level=level)


def _judged(block: Block) -> bool:
    return bool(block.number)
