"""How an HTML element makes its words look: by its name, by its style attribute, by a word processor's class."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4 import Tag

_STRONG = {"strong", "b", "dt", "summary"}
_EMPHASIS = {"em", "i", "cite", "dfn"}
_WEIGHT = re.compile(r"font-weight:(?:(bold|bolder|[6-9]\d\d)|\w+)")
_SLANT = re.compile(r"font-style:(?:(italic|oblique)|\w+)")
_TITLE_CLASSES = {"msotitle": 1, "title": 1, "msosubtitle": 0, "subtitle": 0}  # as Word and Google Docs name them


@dataclass(frozen=True)
class Style:
    """How words look inside the elements that are open."""

    strong: bool = False
    emphasis: bool = False
    code: bool = False


def styled(outer: Style, tag: Tag) -> Style:
    """The style inside an element: what it inherits, what its name says, and what its style attribute says."""
    css = str(tag.get("style") or "").replace(" ", "").casefold()
    weight, slant = _WEIGHT.search(css), _SLANT.search(css)
    return Style(
        strong=bool(weight[1]) if weight else outer.strong or tag.name in _STRONG,
        emphasis=bool(slant[1]) if slant else outer.emphasis or tag.name in _EMPHASIS,
        code=outer.code or tag.name == "code",
    )


def title_rank(tag: Tag) -> int | None:
    """1 for a paragraph that a word processor has styled as title, 0 for its subtitle, None for any other."""
    names = [str(name) for name in tag.get("class") or []]
    ranks = [_TITLE_CLASSES[name.casefold()] for name in names if name.casefold() in _TITLE_CLASSES]
    return ranks[0] if ranks else None
