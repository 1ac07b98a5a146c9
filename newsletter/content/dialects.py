"""An article as Markdown, with what site generators and notebooks add to it: text -> HTML -> blocks."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from newsletter.content.blocks import LeftOut, Page
from newsletter.content.webpage import FENCE, read_html
from newsletter.content.wording import squeezed

_MOST_BRACKETS = 5_000  # markdown-it looks for a link behind each, to the end of the paragraph
_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.{0,9000}?)\n(?:\1|\.\.\.)[ \t]*\n", re.DOTALL)
_TITLE_LINE = re.compile(r"^title[ \t]*[:=][ \t]*([\"']?)(.{1,200}?)\1[ \t]*$", re.MULTILINE | re.IGNORECASE)
_ATX = re.compile(r"^ {0,3}#{1,6} +\S[^\n]{0,150}$", re.MULTILINE)
_SETEXT = re.compile(r"^(?=\S)[^\n]{1,150}\n(?:={3,}|-{3,}) *$", re.MULTILINE)
_INLINE_MARKS = re.compile(r"\[[^\]\n]{1,200}\]\((?:https?:|mailto:|/|#)[^)\n]{0,500}\)|(?<!\S)\*\*\S[^*\n]{0,300}\*\*")
_BOLD_LINE = re.compile(r"^(?:\*\*|__)[^*_\n]{1,150}(?:\*\*|__) *$", re.MULTILINE)
_BULLET_SIGNS = re.compile(r"^(\s*)[•·▪◦‣●]\s+", re.MULTILINE)
_HTML_BLOCK = re.compile(r"<(?:p|div|h[1-6]|li|article|section)\b", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^([\w-]{1,30})\](:?)")
# Hugo's shortcodes, Liquid's and Jinja's tags; kramdown's attribute lists; places for a table of contents.
_GENERATED = re.compile(
    r"\{\{[<%].{0,500}?[>%]\}\}|\{%.{0,500}?%\}|^[*-] TOC\n\{:toc\}$|^\[\[?toc\]\]?$"
    r"|[ \t]*\{[:#][^{}\n]{1,200}\}[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)

_markdown = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])


def is_markdown(text: str) -> bool:
    """Whether the text is Markdown: it has headings as Markdown writes them, or front matter, or bold lines.

    One "# line" in running text may be a pasted number sign, so it takes a heading at the very start, two
    of them, or one beside links or bold words. Where HTML has as many blocks as Markdown has headings, it is HTML.
    """
    if text.count("[") > _MOST_BRACKETS:
        return False
    prose = FENCE.sub("", text[:500_000])
    heads = len(_ATX.findall(prose)) + len(_SETEXT.findall(prose))
    start = prose.lstrip()
    starts = _FRONT_MATTER.match(start)
    if not starts and len(_HTML_BLOCK.findall(prose)) >= max(heads, 1):
        return False
    starts = starts or _ATX.match(start) or _SETEXT.match(start)
    marks = len(_INLINE_MARKS.findall(prose))
    return bool(starts) or heads >= 2 or (heads == 1 and marks > 0) or len(_BOLD_LINE.findall(prose)) >= 2 or marks >= 1


def read_markdown(text: str) -> Page:
    """The blocks of a Markdown document; a title in its front matter counts as its title."""
    text = text.lstrip()
    front = _FRONT_MATTER.match(text)
    title, left_out = "", []
    if front:
        left_out = [LeftOut(squeezed(front[2]), "front matter")]
        text = text[front.end() :]
        named = _TITLE_LINE.search(front[2])
        title = named[2] if named else ""
        text = _without_generated(text, left_out)
    html = _markdown.render(_FOOTNOTE.sub(r"\\[\1\\]\2", _BULLET_SIGNS.sub(r"\1- ", text)))
    page = read_html(html)
    return Page(page.blocks, title or page.title, (*left_out, *page.left_out))


def _without_generated(text: str, left_out: list[LeftOut]) -> str:
    """The text without the marks that only its site generator reads; they are added to what was left out."""

    def taken(found: re.Match[str]) -> str:
        left_out.append(LeftOut(squeezed(found[0]), "a site generator's mark"))
        return ""

    return _GENERATED.sub(taken, text)
