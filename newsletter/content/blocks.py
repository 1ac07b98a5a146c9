"""A document as a row of blocks: headings, paragraphs, lists and quotations, each as words and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from newsletter.content.wording import count_words, literal, squeezed

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")

BOLD_LINE = 7  # the level of a bold line that stands alone: a heading below all that the format knows


class Kind(StrEnum):
    """What a block is to its reader."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    NUMBERED = "numbered"  # one numbered line of its own: a sub-heading or a list item, decided by its company
    LIST = "list"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Block:
    """One block: `text` holds the words alone (a list: an item a line), `markdown` the same words marked up."""

    kind: Kind
    text: str
    markdown: str
    level: int = 0  # headings: 1 is the title's own level
    number: str = ""  # "3." in front of a heading or a numbered line
    apart: bool = True  # blank space on both sides, as headings have
    tight: bool = False  # right below the short line before it, as in verse and addresses
    linked: bool = False  # every word is part of a link


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Words that are not the article's own, and why they were taken for that."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a reader of one format hands on: the blocks in order, a title if the format knows one."""

    blocks: tuple[Block, ...]
    title: str = ""
    left_out: tuple[LeftOut, ...] = ()


def paragraph(text: str, *, apart: bool = True, tight: bool = False) -> Block:
    """A paragraph of literal words."""
    return Block(Kind.PARAGRAPH, text, literal(text), apart=apart, tight=tight)


def is_prose(block: Block) -> bool:
    """Whether this reads as running text: a sentence of some length, or a list that has one."""
    if block.kind in (Kind.HEADING, Kind.NUMBERED):
        return False
    if block.kind is Kind.LIST:
        return any(count_words(item) >= 8 for item in block.text.split("\n"))
    words = count_words(block.text)
    return words >= 20 or (words >= 10 and (ends_sentence(block.text) or block.text.endswith(":")))


def ends_sentence(text: str) -> bool:
    """Whether the words end as a sentence does."""
    return bool(_SENTENCE_END.search(text))


def merged_lists(blocks: Sequence[Block]) -> list[Block]:
    """The same blocks with neighbouring list pieces made one list."""
    result: list[Block] = []
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        pieces = list(run)
        if kind is Kind.LIST and len(pieces) > 1:
            text = "\n".join(piece.text for piece in pieces)
            markdown = "\n".join(piece.markdown for piece in pieces)
            linked = all(piece.linked for piece in pieces)
            pieces = [replace(pieces[0], text=text, markdown=markdown, linked=linked)]
        result.extend(pieces)
    return result


def as_markdown(blocks: Iterable[Block]) -> str:
    """The blocks as one Markdown text; a quotation of several paragraphs stays one quotation."""
    parts: list[str] = []
    before = None
    for block in blocks:
        if parts and block.tight and before is block.kind is Kind.PARAGRAPH:
            parts.append("\\\n")
        elif parts:
            parts.append("\n>\n" if before is block.kind is Kind.QUOTE else "\n\n")
        parts.append(block.markdown)
        before = block.kind
    return "".join(parts)


def numbered(block: Block) -> str:
    """A heading's words with its number, as somebody would quote it."""
    return squeezed(f"{block.number} {block.text}")
