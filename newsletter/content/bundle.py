"""Several articles pasted into one text: where the next one begins."""

from __future__ import annotations

import re
from itertools import pairwise

from newsletter.content.blocks import ends_sentence
from newsletter.content.wording import count_words

_RULE = re.compile(r"^[ \t]*(?:([-=*_#~])[ \t]*)(?:\1[ \t]*){2,200}$", re.MULTILINE)
_TOP = re.compile(
    r"^[ \t]*(?:(?:skip|jump) to (?:the )?(?:main )?content|open in app|top of page|(?:direkt )?zum inhalt"
    r"(?: springen)?|aller au contenu(?: principal)?|(?:saltar|ir) al contenido(?: principal)?)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_FEWEST_WORDS = 40  # what is shorter is a part of an article, not one
_MOST = 40


def bundled(text: str) -> list[str]:
    """The pasted articles, one text each; the whole text when nothing says that there are several.

    What says so is the top of another page, or a rule across the text with a title below it. Whether the pieces
    are articles, with sections of their own, is for their reader to judge.
    """
    tops = [found.start() for found in _TOP.finditer(text)]
    if len(tops) >= 2:
        return _pieces(text, [0, *tops[1:], len(text)])
    rules = [found.end() for found in _RULE.finditer(text) if _is_title_below(text, found.end())]
    return _pieces(text, [0, *rules, len(text)]) if rules else [text]


def _pieces(text: str, places: list[int]) -> list[str]:
    pieces = [text[start:end] for start, end in pairwise(places)]
    large = all(count_words(piece) >= _FEWEST_WORDS for piece in pieces)
    return pieces if large and len(pieces) <= _MOST else [text]


def _is_title_below(text: str, end: int) -> bool:
    """Whether the first line below a rule is short, says no sentence, and stands apart from what follows."""
    lines = text[end : end + 600].lstrip("\n").split("\n")
    title = lines[0].strip()
    apart = len(lines) > 1 and (not lines[1].strip() or count_words(lines[1]) > 14)
    return bool(title) and count_words(title) <= 14 and not ends_sentence(title.rstrip("?")) and apart
