"""Which blocks of a page are furniture while it is being read: a reason a block, none while it passes for article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsletter.content import phrases
from newsletter.content.blocks import Block, Kind, LeftOut, ends_sentence, is_prose
from newsletter.content.wording import count_words, squeezed

MENU = "a menu"
DETAILS = "the post's own details"
FOOTER = "the page's footer"
BIOGRAPHY = "the author's biography"
LINKS = "links to other pages"
BEHIND = "behind the article's end"


class Marks:
    """The blocks of one page and what is known of each: `whys` holds a reason, "" for the article's own."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.whys = [""] * len(blocks)
        self.authors: set[str] = set()  # as they are written, lower-cased
        self._plain: dict[int, str] = {}
        self.cut_off: list[LeftOut] = []  # words taken from a block that stays

    def mark(self, place: int, why: str) -> None:
        """Give a reason, unless there is one already."""
        self.whys[place] = self.whys[place] or why

    def text(self, place: int) -> str:
        return self.blocks[place].text

    def plain(self, place: int) -> str:
        """The words of a block as phrases and names are compared."""
        if place not in self._plain:
            self._plain[place] = phrases.plainly(self.blocks[place].text)
        return self._plain[place]

    def is_line(self, place: int) -> bool:
        """Whether the block is there, is the article's so far, and is a paragraph or heading without number."""
        if not 0 <= place < len(self.blocks) or self.whys[place] or self.blocks[place].number:
            return False
        return self.blocks[place].kind in (Kind.PARAGRAPH, Kind.HEADING)

    def prose_at(self, place: int) -> bool:
        """Whether the block is there and is the article's prose, as far as is known."""
        return 0 <= place < len(self.blocks) and not self.whys[place] and is_prose(self.blocks[place])

    def prose_places(self) -> list[int]:
        return [place for place in range(len(self.blocks)) if self.prose_at(place)]

    def prose_words(self, start: int, end: int | None = None) -> int:
        """Words of the article's prose in a stretch of blocks."""
        end = len(self.blocks) if end is None else end
        return sum(count_words(self.text(place)) for place in range(start, end) if self.prose_at(place))

    def may_head(self, place: int) -> bool:
        """Whether the block reads as a heading of the article."""
        block = self.blocks[place]
        if block.kind in (Kind.HEADING, Kind.NUMBERED):
            return not self.whys[place]
        short = block.kind is Kind.PARAGRAPH and not is_prose(block) and not ends_sentence(block.text)
        return short and not self.whys[place] and not phrases.is_weak(block.text)

    def next_rank(self, place: int) -> int:
        """Where the next real heading of this block's rank stands that is not furniture; else the end."""
        level = self.blocks[place].level
        for later in range(place + 1, len(self.blocks)):
            block = self.blocks[later]
            if level and block.kind is Kind.HEADING and block.level <= level and not self.whys[later]:
                return later
        return len(self.blocks)

    def parted(self) -> tuple[tuple[Block, ...], tuple[LeftOut, ...]]:
        """What is the article's, and what is left out with the reason for each."""
        pairs = list(zip(self.blocks, self.whys, strict=True))
        before = ["", *self.whys]
        kept = tuple(
            replace(block, tight=block.tight and not above)
            for (block, why), above in zip(pairs, before, strict=False)
            if not why
        )
        left_out = [LeftOut(squeezed(f"{block.number} {block.text}"), why) for block, why in pairs if why]
        return kept, (*self.cut_off, *left_out)
