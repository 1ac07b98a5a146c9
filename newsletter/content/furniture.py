"""What on a page is not the article: menus, details, boxes, share bars and whatever stands behind the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from newsletter.content import phrases
from newsletter.content.blocks import Block, Kind, LeftOut, ends_sentence, is_prose
from newsletter.content.wording import count_words, squeezed

_MENU = "a menu"
_DETAILS = "the post's own details"
_COMMENT_SIGNS = (
    "says",
    "reply",
    "post comment",
    "comment",
    "cancel reply",
    "your email address will not be published",
)


def cleared(blocks: Sequence[Block]) -> tuple[tuple[Block, ...], tuple[LeftOut, ...]]:
    """The blocks that are the article's, and what was left out with the reason for each.

    Errs on the article's side: prose goes only below a heading that is furniture itself (a comment form, an
    author's biography) or when every sentence of it is furniture; single menu words go only in company.
    """
    marks = _Marks(blocks)
    marks.mark_certain()
    marks.mark_regions()
    marks.mark_weak()
    marks.mark_head()
    marks.mark_tail()
    kept = tuple(block for block, why in zip(blocks, marks.whys, strict=True) if not why)
    left = tuple(
        LeftOut(squeezed(f"{block.number} {block.text}"), why)
        for block, why in zip(blocks, marks.whys, strict=True)
        if why
    )
    return kept, left


class _Marks:
    """Which blocks are furniture: one reason a block, "" while it passes for the article's."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.whys = [""] * len(blocks)

    def prose_at(self, place: int) -> bool:
        """Whether the block is there and is the article's prose, as far as is known."""
        return 0 <= place < len(self.blocks) and not self.whys[place] and is_prose(self.blocks[place])

    def prose_places(self) -> list[int]:
        return [place for place in range(len(self.blocks)) if self.prose_at(place)]

    def mark_certain(self) -> None:
        """What is furniture by its words alone."""
        for place, block in enumerate(self.blocks):
            if block.kind is Kind.LIST:
                self.whys[place] = _list_furniture(block)
            elif block.kind is not Kind.NUMBERED and not block.number:
                self.whys[place] = phrases.furniture(block.text)

    def mark_regions(self) -> None:
        """Furniture headings, and what stands below each of them."""
        for place, block in enumerate(self.blocks):
            if self.whys[place] or block.kind in (Kind.LIST, Kind.NUMBERED) or block.number:
                continue
            why = phrases.opens(block.text)
            if why:
                end = self._region_end(place, why)
                self.whys[place:end] = [self.whys[inner] or why for inner in range(place, end)]

    def _region_end(self, place: int, why: str) -> int:
        """The place after a region's last block; `place` itself when the heading is the article's after all."""
        match why:
            case "comments":
                return self._comments_end(place)
            case "the author's biography":
                return self._biography_end(place)
            case "the table of contents":
                return self._contents_end(place)
            case _:
                return self._teasers_end(place)

    def _comments_end(self, place: int) -> int:
        """Behind a comment form all that follows is comments, up to a heading of the same rank."""
        end = self._next_rank(place)
        below = [phrases.plainly(block.text) for block in self.blocks[place + 1 : end]]
        if any(line in _COMMENT_SIGNS or line.endswith(" says") or line.startswith("your e") for line in below):
            return end
        return place + 1

    def _biography_end(self, place: int) -> int:
        """A biography is one paragraph in mid-article; at the end it is all there is up to the next heading."""
        if not self.prose_at(place + 1):
            return place + 1
        end = self._next_rank(place)
        later = [inner for inner in range(place + 1, end) if self._may_head(inner)]
        if later and self.prose_at(later[0] + 1):
            return min(later[0], place + 2)
        return later[0] if later else (end if end == len(self.blocks) or end - place <= 4 else place + 2)

    def _contents_end(self, place: int) -> int:
        """A table of contents names headings that come again later; a list that does not is the article's."""
        later = [squeezed(f"{block.number} {block.text}").casefold() for block in self.blocks]
        end = place + 1
        while end < len(self.blocks) and self._names_later(self.blocks[end], later[end + 1 :]):
            end += 1
        named = phrases.plainly(self.blocks[place].text) in ("table of contents", "contents")
        return end if end > place + 1 or (named and not self.prose_at(end)) else place

    def _names_later(self, block: Block, later: Sequence[str]) -> bool:
        known = {_unnumbered(line) for line in later}
        lines = [_unnumbered(line.casefold()) for line in block.text.split("\n")]
        return sum(1 for line in lines if line in known) * 3 >= len(lines) * 2

    def _teasers_end(self, place: int) -> int:
        """Titles, dates and clipped beginnings of other posts, up to the first text of some length."""
        end, limit = place + 1, self._next_rank(place)
        while end < limit and self._is_teaser(end) and not (self._may_head(end) and self._has_text_below(end)):
            end += 1
        return limit if limit < len(self.blocks) and self.blocks[place].kind is Kind.HEADING and end >= limit else end

    def _has_text_below(self, place: int) -> bool:
        below = place + 1
        return self.prose_at(below) and not self._is_teaser(below)

    def _is_teaser(self, place: int) -> bool:
        block = self.blocks[place]
        if self.whys[place] or not is_prose(block):
            return bool(self.whys[place]) or not phrases.opens(block.text)
        if block.kind is Kind.LIST:
            return not any(ends_sentence(item) for item in block.text.split("\n"))
        after = self.whys[place + 1] if place + 1 < len(self.blocks) else ""
        clipped = squeezed(block.text).endswith(("…", "...", "[…]", "[...]", "[&hellip;]"))
        return clipped or after == "a link to another post" or block.text.lower().endswith(("read more", "read more »"))

    def _next_rank(self, place: int) -> int:
        """Where the next real heading of this block's rank stands that is not furniture; else the end."""
        level = self.blocks[place].level
        for later in range(place + 1, len(self.blocks)):
            block = self.blocks[later]
            if level and block.kind is Kind.HEADING and block.level <= level and not self.whys[later]:
                return later
        return len(self.blocks)

    def _may_head(self, place: int) -> bool:
        block = self.blocks[place]
        if block.kind in (Kind.HEADING, Kind.NUMBERED):
            return not self.whys[place]
        short = block.kind is Kind.PARAGRAPH and not is_prose(block) and not ends_sentence(block.text)
        return short and not self.whys[place] and not phrases.is_weak(block.text)

    def mark_weak(self) -> None:
        """Menu words in company: two or more together, or next to other furniture."""
        weak = [
            not self.whys[place]
            and not block.number
            and block.kind in (Kind.PARAGRAPH, Kind.HEADING)
            and (phrases.is_weak(block.text) or phrases.is_date(block.text))
            for place, block in enumerate(self.blocks)
        ]
        for place, is_weak in enumerate(weak):
            around = [near for near in (place - 1, place + 1) if 0 <= near < len(weak)]
            company = any(weak[near] or self.whys[near] for near in around)
            heads = self.blocks[place].kind is Kind.HEADING and self.prose_at(place + 1)
            if is_weak and company and not heads:
                self.whys[place] = _DETAILS if phrases.is_date(self.blocks[place].text) else _MENU

    def mark_head(self) -> None:
        """Above the first prose: menus around the title, by-lines and dates after it."""
        first = next(iter(self.prose_places()), len(self.blocks))
        for place in range(first):
            if not self.whys[place] and phrases.is_menu_line(self.blocks[place].text):
                self.whys[place] = _MENU
        self._fill_menu(first)
        lines = [p for p in range(1, first) if self.blocks[p].kind in (Kind.PARAGRAPH, Kind.HEADING)]
        for rule in (self._detail, self._author):
            for place in lines:
                if not self.whys[place] and not self.blocks[place].number:
                    self.whys[place] = rule(place)

    def _fill_menu(self, first: int) -> None:
        """Unknown entries between known ones of a menu above the text; one line stays to be the title."""
        menus = [place for place in range(first) if self.whys[place] == _MENU]
        gaps = [
            range(one + 1, other)
            for one, other in pairwise(menus)
            if 0 < other - one - 1 <= 6 and all(self._may_be_entry(place) for place in range(one + 1, other))
        ]
        filled = [place for gap in gaps for place in gap]
        left = [p for p in range(first) if not self.whys[p] and p not in filled and not self._detail(p)]
        for place in filled if left else filled[:-1]:
            self.whys[place] = self.whys[place] or _MENU

    def _may_be_entry(self, place: int) -> bool:
        block = self.blocks[place]
        light = block.kind is Kind.PARAGRAPH and count_words(block.text) <= 4 and not ends_sentence(block.text)
        return bool(self.whys[place]) or light

    def _detail(self, place: int) -> str:
        """Whether a line between title and text is a by-line or a date, as a reason."""
        text = self.blocks[place].text
        return _DETAILS if phrases.is_byline(text) or phrases.is_date(text) else ""

    def _author(self, place: int) -> str:
        """Whether a line below the title is a name beside such a detail, as a reason."""
        text = self.blocks[place].text
        near = [self.whys[inner] for inner in (place - 1, place + 1) if inner < len(self.whys)]
        untitled = all(self.whys[:place])
        named = text.replace(".", "").istitle() and count_words(text) <= 4 and self.blocks[place].kind is Kind.PARAGRAPH
        return _DETAILS if named and _DETAILS in near and not untitled else ""

    def mark_tail(self) -> None:
        """Behind the last prose: from the first piece of furniture on, whatever is no sentence."""
        last = max(self.prose_places(), default=-1)
        for place in range(max(last + 1, 1), len(self.blocks)):
            text = self.blocks[place].text
            if last >= 0 and not self.whys[place] and (phrases.is_date(text) or phrases.is_menu_line(text)):
                self.whys[place] = "the page's footer"
        start = next((p for p in range(last + 1, len(self.blocks)) if self.whys[p]), len(self.blocks))
        if last < 0:
            return
        for place in range(start, len(self.blocks)):
            if not self.whys[place] and not ends_sentence(self.blocks[place].text):
                self.whys[place] = "behind the article's end"


def _list_furniture(block: Block) -> str:
    """Why a whole list is furniture: all its items are, or it is a menu; one such item makes no list furniture."""
    items = block.text.split("\n")
    if len(items) > 60:
        return ""
    whys = [phrases.furniture(item) for item in items]
    if all(whys):
        return whys[0]
    known = sum(1 for item, why in zip(items, whys, strict=True) if why or phrases.is_weak(item))
    return _MENU if known * 2 >= len(items) and all(count_words(item) <= 6 for item in items) else ""


def _unnumbered(line: str) -> str:
    return line.lstrip("0123456789.)( ").strip()
