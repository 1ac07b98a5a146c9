"""Writes down an HTML document element by element: words gathered into paragraphs, items, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bs4 import Tag

from newsletter.content.blocks import BOLD_LINE, Block, Kind, LeftOut, merged_lists
from newsletter.content.inline import Run, is_linked, is_strong, lines_of, markdown_of, plain, safe_link
from newsletter.content.stanzas import bullet_of, may_head, stanzas, without_bullet
from newsletter.content.styles import Style, styled, title_rank
from newsletter.content.wording import literal, squeezed

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol", "menu", "dl"}
_ITEMS = {"li", "dt"}
_TABLE_PARTS = {"thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col"}
_LAYOUT = [
    "table",
    "p",
    "div",
    "ul",
    "ol",
    "br",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
]  # no cell of data has
_INLINE = re.compile(
    r"(?:a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strike"
    r"|strong|sub|sup|time|tt|u|var|wbr|img)\Z"
)
_TITLE_BY = 4  # blocks of a document after which a paragraph called "title" is a card's
_NUMBER = re.compile(r"^(\d{1,3})[.)]\s+(?=\S)")


@dataclass
class _List:
    ordered: bool
    number: int
    marker: str = ""  # of the item that is open, until its first words are written
    width: int = 2
    items: int = 0


@dataclass
class Scribe:
    """Takes events in document order (`open`, `write`, `close`) and has the blocks when it is `finished`."""

    blocks: list[Block] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    _runs: list[Run] = field(default_factory=list)
    _styles: list[Style] = field(default_factory=lambda: [Style()])
    _links: list[str] = field(default_factory=list)
    _tables: list[bool] = field(default_factory=list)  # whether each open table holds data, not the page's layout
    _lists: list[_List] = field(default_factory=list)
    _list_text: list[str] = field(default_factory=list)
    _list_markdown: list[str] = field(default_factory=list)
    _list_linked: bool = True
    _quotes: int = 0
    _preformatted: int = 0
    _heading: int = 0
    _is_subtitle: bool = False
    _pictured: bool = False  # whether a picture stands among the words gathered so far

    def open(self, tag: Tag) -> None:
        """An element begins."""
        name = tag.name
        if name == "br":
            self._runs.append(Run("\n"))
            return
        if name == "img":
            self._leave_out(str(tag.get("alt") or ""), "a picture's description")
            self._pictured = True
            return
        if not _INLINE.match(name):
            self._begin_block(tag)
        self._styles.append(styled(self._styles[-1], tag))
        if name == "a":
            self._links.append(safe_link(str(tag.get("href") or "")))

    def _begin_block(self, tag: Tag) -> None:
        name = tag.name
        if name in _TABLE_PARTS and self._tables and self._tables[-1]:
            self._begin_cell(name)
            return
        if name == "dd" and self._runs:
            self._runs.append(Run("\n"))
            return
        self._flush()
        if name == "table":
            self._tables.append(tag.find(_LAYOUT) is None and tag.get("role") != "presentation")
        elif name == "p" and len(self.blocks) <= _TITLE_BY and (rank := title_rank(tag)) is not None:
            self._heading, self._is_subtitle = rank, not rank
        elif name in _HEADINGS:
            self._heading = _HEADINGS[name]
        elif name == "blockquote":
            self._quotes += 1
        elif name == "pre":
            self._preformatted += 1
        elif name in _LISTS:
            self._lists.append(_List(name == "ol", _start_of(tag)))
        elif name in _ITEMS and self._lists:
            self._begin_item()

    def _begin_cell(self, name: str) -> None:
        """A row of a table is a line of its own, its cells parted by a bar."""
        words = next((run.text for run in reversed(self._runs) if run.text == "\n" or run.text.strip()), "\n")
        if words not in ("\n", " | "):
            self._runs.append(Run(" | " if name in ("td", "th") else "\n"))

    def _begin_item(self) -> None:
        current = self._lists[-1]
        current.marker = f"{current.number}. " if current.ordered else "- "
        current.width = len(current.marker)
        current.number += 1
        current.items += 1

    def write(self, text: str) -> None:
        """Words, as they stand between the tags."""
        style = self._styles[-1]
        link = self._links[-1] if self._links else ""
        lines = text.split("\n") if self._preformatted else [text.replace("\n", " ")]
        for place, line in enumerate(lines):
            if place:
                self._runs.append(Run("\n"))
            self._runs.append(Run(line, style.strong, style.emphasis, style.code, link, bool(self._links)))

    def close(self, tag: Tag) -> None:
        """An element ends."""
        name = tag.name
        if name in ("br", "img"):
            return
        if len(self._styles) > 1:
            self._styles.pop()
        if name == "a" and self._links:
            self._links.pop()
        in_data = name in _TABLE_PARTS and self._tables and self._tables[-1]
        if _INLINE.match(name) or name == "dt" or in_data:
            return
        self._flush()
        if name == "table" and self._tables:
            self._tables.pop()
        elif name in _HEADINGS or name == "p":
            self._heading, self._is_subtitle = 0, False
        elif name == "blockquote":
            self._quotes -= 1
        elif name == "pre":
            self._preformatted -= 1
        elif name in _LISTS and self._lists:
            self._end_list()

    def _end_list(self) -> None:
        ended = self._lists.pop()
        if self._lists or not self._list_text:
            return
        text, markdown = "\n".join(self._list_text), "\n".join(self._list_markdown)
        linked, self._list_linked = self._list_linked, True
        self._list_text, self._list_markdown = [], []
        if ended.ordered and ended.items == 1 and "\n" not in markdown:
            self._add(Block(Kind.NUMBERED, text, markdown, number=f"{ended.number - 1}.", linked=linked))
        else:
            self._add(Block(Kind.LIST, text, markdown, linked=linked))

    def finished(self) -> list[Block]:
        """The blocks, once the last element has ended."""
        self._flush()
        while self._lists:
            self._end_list()
        return merged_lists(self.blocks)

    def _flush(self) -> None:
        """The words gathered so far become what the elements around them say."""
        lines = lines_of(self._runs)
        self._runs = []
        pictured, self._pictured = self._pictured, False
        if not any(lines):
            return
        if pictured and all(run.emphasis for line in lines for run in line if run.text.strip()):
            self._leave_out(" ".join(plain(line) for line in lines), "a picture's caption")
        elif self._heading:
            text = squeezed(" ".join(plain(line) for line in lines))
            self._add(Block(Kind.HEADING, text, literal(text), level=self._heading, linked=_all_linked(lines)))
        elif self._lists:
            self._write_item([line for line in lines if line])
        else:
            for stanza in stanzas(lines):
                self._add(replace(self._paragraph_of(stanza), linked=_all_linked(stanza)))

    def _write_item(self, lines: list[list[Run]]) -> None:
        """Words within a list: an item's first, or a further paragraph of it, indented to where it belongs."""
        current = self._lists[-1]
        indent = " " * sum(outer.width for outer in self._lists[:-1])
        inner = " " * current.width
        rows = f"\\\n{indent}{inner}".join(markdown_of(line) for line in lines)
        words = squeezed(" ".join(plain(line) for line in lines))
        if current.marker or not self._list_text:
            self._list_markdown.append(f"{indent}{current.marker or '- '}{rows}")
            self._list_text.append(words)
        else:
            self._list_markdown.append(f"\n{indent}{inner}{rows}")
            self._list_text[-1] += " " + words
        current.marker = ""
        self._list_linked = self._list_linked and _all_linked(lines)

    def _paragraph_of(self, lines: list[list[Run]]) -> Block:
        """What lines outside of lists are: a bold heading, a numbered line, a list by its signs, a paragraph."""
        words = squeezed(" ".join(plain(line) for line in lines))
        heads = len(lines) == 1 and is_strong(lines[0]) and not self._quotes and not self._is_subtitle
        if heads and may_head(words):
            return Block(Kind.HEADING, words, literal(words), level=BOLD_LINE)
        if len(lines) == 1 and (number := _NUMBER.match(words)) and not self._quotes:
            text = words[number.end() :]
            return Block(Kind.NUMBERED, text, f"{number[1]}. {literal(text)}", number=f"{number[1]}.")
        if sign := bullet_of(lines):
            rows = [without_bullet(line, sign) for line in lines]
            text = "\n".join(squeezed(plain(row)) for row in rows)
            return Block(Kind.LIST, text, "\n".join(f"- {markdown_of(row)}" for row in rows))
        return Block(Kind.PARAGRAPH, words, "\\\n".join(markdown_of(line) for line in lines))

    def _add(self, block: Block) -> None:
        if self._quotes and block.kind is not Kind.HEADING:
            quoted = "\n".join(f"> {line}".rstrip() for line in block.markdown.split("\n"))
            block = Block(Kind.QUOTE, block.text, quoted, linked=block.linked)
        self.blocks.append(block)

    def _leave_out(self, text: str, why: str) -> None:
        if text.strip():
            self.left_out.append(LeftOut(squeezed(text), why))


def _start_of(tag: Tag) -> int:
    start = str(tag.get("start") or "1")
    return int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1


def _all_linked(lines: list[list[Run]]) -> bool:
    return all(is_linked(line) for line in lines)
