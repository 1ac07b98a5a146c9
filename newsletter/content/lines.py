"""What a line of words may hold, and how long a line of plain text gets."""

import re

WIDTH = 72
"""Columns of a text part: room for two levels of quoting inside 78 (RFC 5322 section 2.1.1)."""

_NO_PLACE_IN_A_LINE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 and C1 controls: CR, LF, NUL, U+0085 among them
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # direction overrides, which make a name read as something else
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+"  # lone surrogates, and the noncharacters that mark our blanks
)
_NO_PLACE_IN_A_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LEAD = re.compile(r"(?:> ?)*(?: *(?:[-*] |\d{1,9}\. ))* *")


def one_line(words: str) -> str:
    """Words that fit a header, a subject or a greeting: one line, single spaces, no control characters."""
    if words.isascii() and words.isprintable():  # most, and links above all: a fourth of the time
        return " ".join(words.split()) if " " in words else words
    return " ".join(_NO_PLACE_IN_A_LINE.sub(" ", words).split())


def clean_text(text: str) -> str:
    """Text of many lines, its line ends made LF, without other control characters (tabs stay)."""
    return _NO_PLACE_IN_A_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def fold(line: str) -> str:
    """Wrap one line at 72 columns, keeping quote marks and hanging the text of a list item.

    Breaks at spaces only, so a link stays whole even where it is longer than the line.
    """
    if len(line) <= WIDTH or " " not in line:
        return line.rstrip()
    lead = _LEAD.match(line)
    first = lead.group() if lead else ""
    hanging = re.sub(r"[^> ]", " ", first)
    rows, row = [], first
    for word in line[len(first) :].split(" "):
        if row in (first, hanging):
            row += word
        elif len(row) + 1 + len(word) <= WIDTH:
            row += " " + word
        else:
            rows.append(row)
            row = hanging + word
    return "\n".join(part.rstrip() for part in [*rows, row])
