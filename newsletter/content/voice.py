"""How one letter speaks to one kind of reader, those whose name we know or the others."""

import re
from dataclasses import dataclass, field

from markupsafe import Markup

from newsletter.content import markdown
from newsletter.content.placeholders import Value, parse, resolve
from newsletter.content.sheet import Names, has_blank

PREVIEW = 110
"""Characters of a preheader that inboxes show at most."""

_GREETS = re.compile(r"(?:dear|hello|hi|hey|good (?:morning|day|evening))\b", re.IGNORECASE)
_SENTENCES = re.compile(rf".{{20,{PREVIEW - 1}}}[.!?…](?=\s|$)")


@dataclass(frozen=True, slots=True)
class Voice:
    """What a template calls to say an owner's words; names it meets become blanks of `names`."""

    named: bool
    names: Names = field(default_factory=Names)

    def prose(self, source: str, below: int = 0) -> Markup:
        """An owner's Markdown as HTML, its headings below a level."""
        return Markup(markdown.to_html(self._resolved(source), below=below))  # noqa: S704 - sanitised there

    def plain(self, source: str, below: int = 0) -> str:
        """An owner's Markdown as plain text, one line a paragraph, its headings below a level."""
        return markdown.to_lines(self._resolved(source), below=below)

    def title(self, source: str) -> str:
        """An owner's words as a title in plain text, above headings."""
        return markdown.underlined(self.line(source), "=")

    def line(self, source: str) -> str:
        """An owner's words on one line, with no Markdown in them: a subject, a preheader, a title."""
        return " ".join(self._resolved(source).split())

    def dear(self) -> str:
        """The greeting without its comma: "Dear Maria", "Dear reader"."""
        return "Dear " + self.names.hold(Value())

    def greets(self, source: str) -> bool:
        """Whether an owner's text greets by itself, so that the frame need not."""
        first = self.plain(source).partition("\n")[0]
        return bool(_GREETS.match(first)) or has_blank(first)

    def opening(self, source: str) -> str:
        """The first words after the greeting, whole sentences if they fit, as a preheader for who brings none."""
        paragraphs = markdown.to_words(self._resolved(source))
        if len(paragraphs) > 1 and self.greets(source):
            paragraphs = paragraphs[1:]
        first = paragraphs[0] if paragraphs else ""
        whole = _SENTENCES.match(first)
        return whole.group() if whole else _shortened(first)

    def _resolved(self, source: str) -> str:
        return resolve(parse(source), named=self.named, hold=self.names.hold)


def _shortened(words: str) -> str:
    if len(words) <= PREVIEW:
        return words
    return words[:PREVIEW].rpartition(" ")[0].rstrip(",;:") + "…"
