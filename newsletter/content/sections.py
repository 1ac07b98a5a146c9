"""An article as its reader sees it: an introduction, and sections under their headings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsletter.content.blocks import Block, Kind, LeftOut, as_markdown, numbered
from newsletter.content.endings import Purpose, purpose_of
from newsletter.content.levels import INSIDE
from newsletter.content.wording import count_words, heading_markdown


@dataclass(frozen=True, slots=True)
class Section:
    """One headed part of an article; `body` is Markdown and may be empty, `parent` the heading it lies under."""

    heading: str
    body: str
    level: int = 2
    number: str = ""
    parent: str = ""
    purpose: Purpose = Purpose.TEXT

    @property
    def path(self) -> str:
        """Where in the article it stands, as "Parent > 1. Heading"."""
        own = f"{self.number} {self.heading}".strip()
        return f"{self.parent} > {own}" if self.parent else own

    @property
    def words(self) -> int:
        """How many words its body has."""
        return count_words(self.body)


@dataclass(frozen=True, slots=True)
class Article:
    """An article read: its own words as Markdown, and what around it was left out."""

    name: str
    title: str
    introduction: str
    sections: tuple[Section, ...]
    left_out: tuple[LeftOut, ...] = ()


def sectioned(blocks: Sequence[Block]) -> tuple[str, tuple[Section, ...]]:
    """The introduction (what stands before the first heading) and the sections, in order."""
    heads = [p for p, block in enumerate(blocks) if block.kind is Kind.HEADING and block.level < INSIDE]
    introduction = _body(blocks[: heads[0]] if heads else blocks)
    sections: list[Section] = []
    open_heads: list[Block] = []
    for place, end in zip(heads, [*heads[1:], len(blocks)], strict=False):
        head = blocks[place]
        open_heads = _above(open_heads, head, empty=bool(sections) and not sections[-1].body)
        inside = blocks[place + 1 : end]
        sections.append(
            Section(
                heading=head.text,
                body=_body(inside),
                level=head.level,
                number=head.number,
                parent=numbered(open_heads[-1]) if open_heads else "",
                purpose=_purpose(head, inside),
            )
        )
        open_heads.append(head)
    return introduction, tuple(sections)


def _body(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown, headings that are no letter of their own two ranks below the letter's title."""
    return as_markdown(
        replace(block, markdown=heading_markdown(numbered(block), level=block.level - 1))
        if block.kind is Kind.HEADING
        else block
        for block in blocks
    )


def _above(open_heads: Sequence[Block], head: Block, *, empty: bool) -> list[Block]:
    """The headings that this one lies under.

    A heading without text lies above the next one even on its own level, and above the numbers that follow.
    """
    if head.number and open_heads:
        above = [other for other in open_heads if not other.number and other.level <= head.level]
        if above and (above[-1].level < head.level or empty or len(open_heads) > len(above)):
            return above
    if empty and open_heads and open_heads[-1].level == head.level and not open_heads[-1].number:
        return list(open_heads)
    return [other for other in open_heads if other.level < head.level]


def _purpose(head: Block, inside: Sequence[Block]) -> Purpose:
    named = purpose_of(head.text)
    if named is not Purpose.TEXT:
        return named
    items = [item for block in inside if block.kind is Kind.LIST for item in block.text.split("\n")]
    asking = sum(1 for item in items if item.rstrip().endswith("?"))
    return Purpose.PROMPTS if len(items) >= 2 and asking * 3 >= len(items) * 2 else Purpose.TEXT
