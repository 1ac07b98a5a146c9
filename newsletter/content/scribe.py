"""Writes down an HTML document element by element: words gathered into paragraphs, items, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bs4 import Tag

from newsletter.content.blocks import BOLD_LINE, Block, Kind, LeftOut, ends_sentence, merged_lists
from newsletter.content.inline import Run, is_strong, lines_of, markdown_of, plain, safe_link
from newsletter.content.wording import count_words, literal, squeezed

_STRONG = {"strong", "b", "th", "dt", "summary"}
_EMPHASIS = {"em", "i", "cite", "dfn"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol", "menu", "dl"}
_ITEMS = {"li", "dt"}
_INLINE = re.compile(
    r"(?:a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strike"
    r"|strong|sub|sup|time|tt|u|var|wbr|img)\Z"
)
_NUMBER = re.compile(r"^(\d{1,3})[.)]\s+(?=\S)")
_BULLET = re.compile(r"^[•·▪◦‣●]\s*")


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
    _styles: list[str] = field(default_factory=list)
    _links: list[str] = field(default_factory=list)
    _lists: list[_List] = field(default_factory=list)
    _list_text: list[str] = field(default_factory=list)
    _list_markdown: list[str] = field(default_factory=list)
    _quotes: int = 0
    _preformatted: int = 0
    _heading: int = 0

    def open(self, tag: Tag) -> None:
        """An element begins."""
        name = tag.name
        if name == "br":
            self._runs.append(Run("\n"))
            return
        if name == "img":
            self._leave_out(str(tag.get("alt") or ""), "a picture's description")
            return
        if not _INLINE.match(name):
            self._begin_block(tag)
        self._styles.append(name)
        if name == "a":
            self._links.append(safe_link(str(tag.get("href") or "")))

    def _begin_block(self, tag: Tag) -> None:
        name = tag.name
        if name in ("td", "th") and self._runs:
            self._runs.append(Run(" | "))
            return
        if name == "dd" and self._runs:
            self._runs.append(Run("\n"))
            return
        self._flush()
        if name in _HEADINGS:
            self._heading = _HEADINGS[name]
        elif name == "blockquote":
            self._quotes += 1
        elif name == "pre":
            self._preformatted += 1
        elif name in _LISTS:
            self._lists.append(_List(name == "ol", _start_of(tag)))
        elif name in _ITEMS and self._lists:
            self._begin_item()

    def _begin_item(self) -> None:
        current = self._lists[-1]
        current.marker = f"{current.number}. " if current.ordered else "- "
        current.width = len(current.marker)
        current.number += 1
        current.items += 1

    def write(self, text: str) -> None:
        """Words, as they stand between the tags."""
        style = {
            "strong": any(name in _STRONG for name in self._styles),
            "emphasis": any(name in _EMPHASIS for name in self._styles),
            "code": "code" in self._styles,
        }
        link = self._links[-1] if self._links else ""
        lines = text.split("\n") if self._preformatted else [text]
        for place, line in enumerate(lines):
            if place:
                self._runs.append(Run("\n"))
            self._runs.append(Run(line, **style, link=link))

    def close(self, tag: Tag) -> None:
        """An element ends."""
        name = tag.name
        if name in ("br", "img"):
            return
        if self._styles:
            self._styles.pop()
        if name == "a" and self._links:
            self._links.pop()
        if _INLINE.match(name) or name in ("td", "th", "dt"):
            return
        self._flush()
        if name in _HEADINGS:
            self._heading = 0
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
        self._list_text, self._list_markdown = [], []
        if ended.ordered and ended.items == 1 and "\n" not in markdown:
            self._add(Block(Kind.NUMBERED, text, markdown, number=f"{ended.number - 1}."))
        else:
            self._add(Block(Kind.LIST, text, markdown))

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
        if not any(lines):
            return
        if self._heading:
            text = squeezed(" ".join(plain(line) for line in lines))
            self._add(Block(Kind.HEADING, text, literal(text), level=self._heading))
        elif self._lists:
            self._write_item([line for line in lines if line])
        else:
            for stanza in _stanzas(lines):
                self._write_paragraph(stanza)

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

    def _write_paragraph(self, lines: list[list[Run]]) -> None:
        words = squeezed(" ".join(plain(line) for line in lines))
        if len(lines) == 1 and is_strong(lines[0]) and not self._quotes and _may_head(words):
            self._add(Block(Kind.HEADING, words, literal(words), level=BOLD_LINE))
        elif len(lines) == 1 and (number := _NUMBER.match(words)) and not self._quotes:
            text = words[number.end() :]
            self._add(Block(Kind.NUMBERED, text, f"{number[1]}. {literal(text)}", number=f"{number[1]}."))
        elif all(_BULLET.match(plain(line)) for line in lines):
            items = [_BULLET.sub("", plain(line)) for line in lines]
            self._add(Block(Kind.LIST, "\n".join(items), "\n".join(f"- {literal(item)}" for item in items)))
        else:
            self._add(Block(Kind.PARAGRAPH, words, "\\\n".join(markdown_of(line) for line in lines)))

    def _add(self, block: Block) -> None:
        if self._quotes and block.kind is not Kind.HEADING:
            quoted = "\n".join(f"> {line}".rstrip() for line in block.markdown.split("\n"))
            block = Block(Kind.QUOTE, block.text, quoted)
        self.blocks.append(block)

    def _leave_out(self, text: str, why: str) -> None:
        if text.strip():
            self.left_out.append(LeftOut(squeezed(text), why))


def _start_of(tag: Tag) -> int:
    start = str(tag.get("start") or "1")
    return int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1


def _stanzas(lines: list[list[Run]]) -> list[list[list[Run]]]:
    """Lines parted by line breaks: an empty line ends a paragraph; so do long lines, and a bold line of its own."""
    wordy = any(count_words(plain(line)) > 14 for line in lines)
    stanzas: list[list[list[Run]]] = [[]]
    for line in lines:
        bullet = bool(_BULLET.match(plain(line)))
        alone = (wordy and not bullet) or (is_strong(line) and _may_head(plain(line)))
        last = stanzas[-1][-1] if stanzas[-1] else line
        if alone or not line or bool(_BULLET.match(plain(last))) is not bullet:
            stanzas.append([])
        if line:
            stanzas[-1].append(line)
        if alone:
            stanzas.append([])
    return [stanza for stanza in stanzas if stanza]


def _may_head(text: str) -> bool:
    """Whether a bold line reads as a heading and not as a sentence that is stressed."""
    if count_words(text) > 14 or not count_words(text) or text.endswith((",", ";")):
        return False
    return text.endswith("?") or not ends_sentence(text) or bool(re.match(r"\d{1,3}[.)] ", text))
