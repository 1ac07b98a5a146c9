"""What every letter of a course owes its reader, looked for in the letter itself, in both of its parts.

Its templates may be an owner's own. A letter that misses one of these lines is not sent to anybody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.content.sheet import Composed

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_HIDES = re.compile(r"display:\s*none|visibility:\s*hidden|font-size:\s*0|opacity:\s*0(?![.\d])|mso-hide:\s*all")


@dataclass(frozen=True, slots=True)
class Duties:
    """What is looked for: the care line, the name in the reason for the letter, and the links to leave and to pause."""

    care: str
    reason: str
    unsubscribe: str
    pause: str


def missing(letter: Composed, duties: Duties) -> list[str]:
    """What a letter does not say, as ends of a sentence: "the line for people in distress in the text part"."""
    from bs4 import BeautifulSoup  # dear, and seldom needed

    page = BeautifulSoup(letter.html, "html.parser")
    _take_out_what_is_hidden(page)
    seen, links = _one_line(page.get_text(" ")), set(_links(page))
    text = _one_line(letter.text)
    in_both = {"the line for people in distress": duties.care, "the reason why she gets it": duties.reason}
    ways = {"the way to unsubscribe": duties.unsubscribe, "the way to pause": duties.pause}
    found = [f"{what} in the HTML part" for what, words in in_both.items() if _one_line(words) not in seen]
    found += [f"{what} in the HTML part" for what, link in ways.items() if link not in links]
    everything = {**in_both, **ways}
    return found + [f"{what} in the text part" for what, words in everything.items() if _one_line(words) not in text]


def _take_out_what_is_hidden(page: "BeautifulSoup") -> None:
    from bs4 import Comment

    for note in page.find_all(string=lambda text: isinstance(text, Comment)):
        note.extract()
    for tag in page.find_all(["head", "script", "style"]):
        tag.decompose()
    for tag in page.find_all(_is_hidden):
        tag.decompose()


def _is_hidden(tag: "Tag") -> bool:
    return tag.has_attr("hidden") or bool(_HIDES.search(str(tag.get("style") or "").lower()))


def _links(page: "BeautifulSoup") -> Iterator[str]:
    """Where the links lead that have words to press."""
    for link in page.find_all("a", href=True):
        if link.get_text(strip=True):
            yield str(link["href"])


def _one_line(text: str) -> str:
    return " ".join(text.split())
