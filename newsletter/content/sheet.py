"""A letter laid out once for many readers: its personal values are blanks, filled in for each of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from newsletter.content.lines import clean_text, fold, one_line
from newsletter.content.placeholders import Value
from newsletter.domain.message import Written

# Two noncharacters (Unicode 23.7: "for internal use") fence the key of a blank. They pass untouched
# through Jinja2, markdown-it, nh3 and css-inline, and `clean_text` keeps them out of what people write.
_OPEN, _SHUT = "\ufdd0", "\ufdd1"
_MANY_BREAKS = re.compile(r"\n{3,}")
_BLANK = re.compile(f"{_OPEN}([a-z0-9_]+){_SHUT}")


def blank(key: str) -> str:
    """The mark that stands for a personal value until it is filled in."""
    return f"{_OPEN}{key}{_SHUT}"


def has_blank(text: str) -> bool:
    """Whether a text waits for a personal value."""
    return _OPEN in text


def without_blanks(text: str) -> str:
    """A text as it is for a reader whose values are all empty."""
    return _BLANK.sub("", text)


@dataclass(slots=True)
class Names:
    """The ways in which one letter says its reader's name; each way is a blank of its own."""

    values: dict[Value, str] = field(default_factory=dict)

    def hold(self, value: Value) -> str:
        """The blank for a value, the same for the same value."""
        return blank(self.values.setdefault(value, f"name{len(self.values)}"))

    def said_to(self, name: str) -> dict[str, str]:
        """What stands in each blank for a reader of this name."""
        return {key: value.said_to(name) for value, key in self.values.items()}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text cut at its blanks: words, key, words, key, ..., words."""

    pieces: tuple[str, ...]

    @classmethod
    def cut(cls, text: str) -> "Pattern":
        """Cut a text at its blanks."""
        return cls(tuple(_BLANK.split(text)))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with each blank replaced by its value."""
        if len(self.pieces) == 1:
            return self.pieces[0]
        return "".join(values[piece] if odd % 2 else piece for odd, piece in enumerate(self.pieces))

    def row(self, values: Mapping[str, str]) -> str:
        """A line of a text part, wrapped if it has a blank; one without is wrapped already."""
        return self.pieces[0] if len(self.pieces) == 1 else fold(self.fill(values))


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The four parts of a letter with blanks. Text lines that hold none are wrapped already."""

    subject: Pattern
    preheader: Pattern
    text: tuple[Pattern, ...]
    html: Pattern
    names: Names

    @classmethod
    def of(cls, written: Written) -> "Sheet":
        """A letter without blanks."""
        parts = (Pattern((part,)) for part in (written.subject, written.preheader, written.html))
        subject, preheader, html = parts
        return cls(subject, preheader, (Pattern((clean_text(written.text).strip("\n"),)),), html, Names())


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter to one reader: the sheet that it shares with others, and what goes into the blanks for her."""

    sheet: Sheet
    name: str
    values: Mapping[str, str]

    def said(self) -> dict[str, str]:
        """What stands in each blank. Values are data: one line each, never Markdown, to be escaped in HTML."""
        said = {key: one_line(words) for key, words in self.values.items()}
        for key, words in self.sheet.names.said_to(self.name).items():
            said[key] = one_line(words)
        return said

    @property
    def subject(self) -> str:
        """The subject as she reads it."""
        return one_line(self.sheet.subject.fill(self.said()))

    @property
    def preheader(self) -> str:
        """What her inbox shows beside the subject."""
        return one_line(self.sheet.preheader.fill(self.said()))

    @property
    def text(self) -> str:
        """The plain-text part, its lines wrapped for her."""
        said = self.said()
        return "\n".join(line.row(said) for line in self.sheet.text) + "\n"

    @property
    def html(self) -> str:
        """The HTML part."""
        return self.sheet.html.fill({key: escape(words) for key, words in self.said().items()})


def lay_out(subject: str, preheader: str, text: str, page: str, names: Names) -> Sheet:
    """Cut the parts of a letter at their blanks, and wrap the lines that are the same for everybody."""
    lines: list[Pattern] = []
    for waits, run in groupby(_MANY_BREAKS.sub("\n\n", text.strip()).split("\n"), key=has_blank):
        rows = list(run)
        lines += [Pattern.cut(row) for row in rows] if waits else [Pattern(("\n".join(map(fold, rows)),))]
    return Sheet(Pattern.cut(subject), Pattern.cut(preheader), tuple(lines), Pattern.cut(page), names)
