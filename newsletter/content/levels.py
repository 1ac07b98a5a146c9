"""How deep each heading lies, and what number stands in front of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from newsletter.content.blocks import Block, Kind

INSIDE = 4
"""The level of headings that stay inside their section: the title is 1, sections are 2, their parts 3."""

_LEADING_NUMBER = re.compile(r"^\(?((?:\d{1,3}|[IVX]{1,5}(?=\.))[.):]|\d{1,2}(?:\.\d{1,2})+\.?)\s+(?=\S)")
_BARE_NUMBER = re.compile(r"^(\d{1,2})\s+(?=[^\W\d_a-z])")


def levelled(blocks: Sequence[Block]) -> list[Block]:
    """The headings with their levels counted from 2 without gaps, their numbers apart, labels inside their sections."""
    return _labels_inside(_bare_numbers_apart([_numbering_apart(block) for block in _levels(blocks)]))


def _numbering_apart(block: Block) -> Block:
    """A heading with the number in front of it ("2. ", "IV. ") moved into `number`."""
    match = _LEADING_NUMBER.match(block.text)
    if block.kind is not Kind.HEADING or block.number or not match:
        return block
    return replace(block, text=block.text[match.end() :], number=match[1])


def _levels(blocks: Sequence[Block]) -> Iterator[Block]:
    """Levels counted from 2 without gaps; a numbered line is one below the last heading without such a number.

    Where no heading stands above the first number, one between two numbers that count on lies inside the first.
    """
    levels = sorted({b.level for b in blocks if b.kind is Kind.HEADING and not b.number})
    inside = _between_numbers(blocks)
    below = 2
    for place, block in enumerate(blocks):
        if block.kind is not Kind.HEADING:
            yield block
        elif block.number:
            yield replace(block, level=below)
        elif place in inside:
            yield replace(block, level=3)
        else:
            number = _LEADING_NUMBER.match(block.text)
            level = levels.index(block.level) + 2
            if number and not levels[1:]:
                level += number[1].rstrip(".").count(".")
            below = level if number and number[1][0].isdigit() else level + 1
            yield replace(block, level=level)


def _between_numbers(blocks: Sequence[Block]) -> set[int]:
    """Headings of the only level without a number, between numbered ones that begin the article's row of headings."""
    heads = [place for place, block in enumerate(blocks) if block.kind is Kind.HEADING]
    numbers = [place for place in heads if blocks[place].number]
    plain = {blocks[place].level for place in heads if not blocks[place].number}
    counts = [int(blocks[place].number[:-1]) for place in numbers]
    if not numbers or numbers[0] != heads[0] or len(plain) != 1 or counts != list(range(1, len(counts) + 1)):
        return set()
    return {place for place in heads if not blocks[place].number and place < numbers[-1]}


def _labels_inside(blocks: Sequence[Block]) -> list[Block]:
    """Headings that come again and again ("Practice", "Question of the week") are labels inside their sections."""
    texts = Counter(block.text.casefold() for block in blocks if block.kind is Kind.HEADING)
    again = {text for text, count in texts.items() if count >= 3}
    if len(again) == len(texts):
        return list(blocks)
    first = next((p for p, b in enumerate(blocks) if b.kind is Kind.HEADING and b.text.casefold() not in again), 0)
    return [
        replace(block, level=INSIDE)
        if block.kind is Kind.HEADING and block.text.casefold() in again and place > first
        else block
        for place, block in enumerate(blocks)
    ]


def _bare_numbers_apart(blocks: Sequence[Block]) -> list[Block]:
    """Headings that begin with 1, 2, 3 and no sign behind it: the number goes apart when it counts on."""
    found = [(p, m) for p, b in enumerate(blocks) if b.kind is Kind.HEADING and (m := _BARE_NUMBER.match(b.text))]
    if len(found) < 2 or [int(match[1]) for _, match in found] != list(range(1, len(found) + 1)):
        return list(blocks)
    rows = list(blocks)
    for place, match in found:
        rows[place] = replace(rows[place], text=rows[place].text[match.end() :], number=f"{match[1]}.")
    return rows
