"""A text too long for one letter, parted between its paragraphs."""

from __future__ import annotations

import re

LARGEST = 60_000
"""Octets of HTML that a letter's text may make, roughly reckoned: Gmail cuts mails at 102 kB, frame included."""

_MARKUP = 160  # octets of elements and inlined styles around a line, measured on the belonging course
_PARAGRAPHS = re.compile(r"\n\n(?=[^ ])")  # a further paragraph of a list item is indented
_SENTENCES = re.compile(r"(?<=[.!?…]) ")


def portions(text: str) -> list[str]:
    """The Markdown text whole, or in as few parts of nearly equal size as fit; nothing of it is changed."""
    total = _size(text)
    if total <= LARGEST:
        return [text]
    wanted = total / -(-total // LARGEST)
    parts: list[str] = []
    room = 0.0
    for gap, piece in _pieces(text):
        size = _size(piece)
        if parts and room >= size / 2:
            parts[-1] += gap + piece
            room -= size
        else:
            parts.append(piece)
            room = wanted - size
    return parts


def _pieces(text: str) -> list[tuple[str, str]]:
    """Paragraphs, and the sentences of such as are too long themselves; with the white space before each."""
    found: list[tuple[str, str]] = []
    for paragraph in _PARAGRAPHS.split(text):
        inner = _SENTENCES.split(paragraph) if _size(paragraph) > LARGEST / 2 else [paragraph]
        found.extend(("\n\n" if place == 0 else " ", piece) for place, piece in enumerate(inner))
    return found


def _size(text: str) -> int:
    return len(text.encode("utf-8")) + _MARKUP * (text.count("\n") + 1)
