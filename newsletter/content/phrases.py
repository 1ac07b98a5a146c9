"""Which words are page furniture: whole lines and sentences compared with what pages are known to say."""

from __future__ import annotations

import re

from newsletter.content import phrases_abroad as abroad
from newsletter.content import phrases_english as english
from newsletter.content.datelines import BYLINE, DATE, DAY_OF_YEAR, READING
from newsletter.content.wording import count_words, squeezed

_EDGES = re.compile(r"^[^\w\"'“‘«(\[¿¡#@©+.…←‹-]+|[\s*:»›→←✕×☰⌄▼↑|.!]+$")
_SENTENCES = re.compile(r"(?<=[.!?*])\s+")
_ARROW = re.compile(r"\s*(?:[←‹→›]|«(?![^»]*»)|»)|[^«‹]*[←→»›]$")
_NAV_PART = re.compile(r"\s*[|›»>/•·]\s*")


_Table = dict[str, tuple[str, ...]]


def _compiled(*tables: _Table) -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = [(why, "|".join(f"(?:{one})" for one in phrases)) for table in tables for why, phrases in table.items()]
    return tuple((why, re.compile(pattern)) for why, pattern in rows)


_CERTAIN_ROWS = _compiled(english.CERTAIN, abroad.CERTAIN)
_OPENER_ROWS = _compiled(english.OPENERS, abroad.OPENERS)
_WEAK_WORDS = re.compile(f"{english.NAV}|{english.NETWORK}|{abroad.NAV}")
_COUNT = re.compile(
    r"[\d.,]{1,8}[kKmM]?(?: (?:likes?|claps?|followers?|comments?|restacks?|replies|shares?|views?|responses?|reads?"
    r"|notes?|subscribers?|kommentare?|commentaires?|comentarios?))?"
)


def plainly(text: str) -> str:
    """The text as the phrases are written: lower case, one line, no closing punctuation."""
    return _EDGES.sub("", squeezed(text).replace("’", "'").casefold()).replace("'", "’")


def furniture(text: str) -> str:
    """What page furniture these words are, wherever they stand; "" when they may be the article's."""
    if len(text) > 800:
        return ""
    if _ARROW.match(text) and count_words(text) <= 20:
        return "a link to another post"
    whys = [_line_furniture(sentence) for sentence in [text, *_SENTENCES.split(text)]]
    if whys[0]:
        return whys[0]
    return whys[1] if all(whys[1:]) else ""


def _line_furniture(text: str) -> str:
    line = plainly(text)
    if count_words(line) > 45:
        return ""
    if not line:
        return "a sign without words"
    return next((why for why, pattern in _CERTAIN_ROWS if pattern.fullmatch(line)), "")


def opens(text: str) -> str:
    """What part of a page these words head (related posts, comments, ...); "" for none."""
    line = plainly(text)
    if count_words(line) > 25:
        return ""
    return next((why for why, pattern in _OPENER_ROWS if pattern.fullmatch(line)), "")


def is_weak(text: str) -> bool:
    """Whether the words are a menu's or a share bar's when they stand among others of that kind."""
    return bool(_WEAK_WORDS.fullmatch(plainly(text)))


def is_menu_line(text: str) -> bool:
    """Whether one line is a whole menu or a breadcrumb: "Home > Blog > A title", "About | Contact"."""
    parts = [part for part in _NAV_PART.split(text) if part.strip()]
    known = sum(1 for part in parts if is_weak(part))
    if len(parts) >= 2 and known and (is_weak(parts[0]) or known * 2 >= len(parts)):
        return count_words(text) <= 40
    words = plainly(text).split()
    return 3 <= len(words) <= 15 and sum(1 for word in words if is_weak(word)) * 4 >= len(words) * 3


def is_byline(text: str) -> bool:
    """Whether a line between title and text names who wrote it: "By Jane Doe, LPC", "Von A. N. Beispiel | 5 Min."."""
    if count_words(text) > 14 or not re.search(r"\s[^\W\d_a-z]", text):
        return False
    return bool(re.fullmatch(rf"{BYLINE}(?: ?[|·•/–—-] ?.{{1,60}})?", plainly(text)))


def is_date(text: str) -> bool:
    """Whether a line is a date and nothing else."""
    return bool(re.fullmatch(DATE, plainly(text)))


def is_detail(text: str) -> bool:
    """Whether a line above the text is a date, with its year or without, a reading time or a count of readers."""
    return bool(re.fullmatch(rf"{DATE}|{DAY_OF_YEAR}|{READING}", plainly(text))) or is_count(text)


def is_count(text: str) -> bool:
    """Whether a line only counts likes, comments or readers: "412", "2.1K Followers"."""
    return bool(_COUNT.fullmatch(plainly(text)))
