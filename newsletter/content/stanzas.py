"""Lines parted by line breaks: which of them make a paragraph, a list, a heading."""

from __future__ import annotations

import re
from dataclasses import replace

from newsletter.content.blocks import ends_sentence
from newsletter.content.inline import Run, is_strong, plain
from newsletter.content.wording import count_words

_BULLET = re.compile(r"^[•·▪◦‣●]\s*")
_DASH = re.compile(r"^[*–-]\s+(?=\S)")


def bullet_of(lines: list[list[Run]]) -> re.Pattern[str] | None:
    """What the lines begin with when all of them are items; a dash needs two, for one may open a line of talk."""
    words = [plain(line) for line in lines]
    if all(_BULLET.match(line) for line in words):
        return _BULLET
    return _DASH if len(words) > 1 and all(_DASH.match(line) for line in words) else None


def without_bullet(line: list[Run], sign: re.Pattern[str]) -> list[Run]:
    found = sign.match(plain(line))
    rest = len(found[0]) if found else 0
    row: list[Run] = []
    for run in line:
        cut = min(rest, len(run.text))
        rest -= cut
        row.extend([replace(run, text=run.text[cut:])] if run.text[cut:] else [])
    return row


def stanzas(lines: list[list[Run]]) -> list[list[list[Run]]]:
    """Lines parted by line breaks: an empty line ends a paragraph; so do long lines, and a bold line of its own."""
    wordy = any(count_words(plain(line)) > 14 for line in lines)
    stanzas: list[list[list[Run]]] = [[]]
    for line in lines:
        bullet = _is_item(line)
        alone = (wordy and not bullet) or (is_strong(line) and may_head(plain(line)))
        last = stanzas[-1][-1] if stanzas[-1] else line
        if alone or not line or _is_item(last) is not bullet:
            stanzas.append([])
        if line:
            stanzas[-1].append(line)
        if alone:
            stanzas.append([])
    return [stanza for stanza in stanzas if stanza]


def _is_item(line: list[Run]) -> bool:
    return bool(_BULLET.match(plain(line)) or _DASH.match(plain(line)))


def may_head(text: str) -> bool:
    """Whether a bold line reads as a heading and not as a sentence that is stressed."""
    if count_words(text) > 14 or not count_words(text) or text.endswith((",", ";")):
        return False
    return text.endswith("?") or not ends_sentence(text) or bool(re.match(r"\d{1,3}[.)] ", text))
