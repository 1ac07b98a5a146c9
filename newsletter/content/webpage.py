"""An article as HTML, a whole page or a fragment (Markdown comes this way too): elements -> blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PreformattedString
from markdown_it import MarkdownIt

from newsletter.content.blocks import LeftOut, Page
from newsletter.content.pagefurniture import strip_furniture
from newsletter.content.scribe import Scribe
from newsletter.content.wording import ArticleError, squeezed

_DEEPEST = 1_000  # real pages nest some 60 elements deep, more where paragraphs are never closed
_MOST_TAGS = 100_000  # real pages have some 5,000; html.parser takes ten seconds for a million
_MOST_BRACKETS = 5_000  # markdown-it looks for a link behind each, to the end of the paragraph
_ELEMENTS = re.compile(
    r"<(?:!doctype html|html|head|body|div|p|h[1-6]|article|main|section|span|br|ul|ol|li|strong|em|b|i|a|table"
    r"|blockquote|img|script|nav|header|footer|aside|figure|center|font|dl)(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_BLOCK_ELEMENT = re.compile(
    r"<(?:!doctype html|html|body|div|p|h[1-6]|article|main|section|ul|ol|table|blockquote|br)(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---\n(.{0,5000}?)\n(?:---|\.\.\.)\n", re.DOTALL)
_ATX = re.compile(r"^ {0,3}#{1,6} +\S[^\n]{0,150}$", re.MULTILINE)
_SETEXT = re.compile(r"^(?=\S)[^\n]{1,150}\n(?:={3,}|-{3,}) *$", re.MULTILINE)
_INLINE_MARKS = re.compile(r"\[[^\]\n]{1,200}\]\((?:https?:|mailto:|/|#)[^)\n]{0,500}\)|(?<!\S)\*\*\S[^*\n]{0,300}\*\*")
_BOLD_LINE = re.compile(r"^(?:\*\*|__)[^*_\n]{1,150}(?:\*\*|__) *$", re.MULTILINE)
_BULLET_SIGNS = re.compile(r"^(\s*)[•·▪◦‣●]\s+", re.MULTILINE)

_markdown = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])


def is_html(text: str) -> bool:
    """Whether the text is HTML: it opens with a tag, or block elements occur in it beside others."""
    if re.match(r"\s*<(?:!doctype html|html|head|body)\b", text, re.IGNORECASE):
        return True
    prose = _FENCE.sub("", text[:200_000])
    if not _BLOCK_ELEMENT.search(prose):
        return False
    return bool(_ELEMENTS.match(prose.lstrip())) or len(_ELEMENTS.findall(prose)) >= 4


def is_markdown(text: str) -> bool:
    """Whether the text is Markdown: it has headings as Markdown writes them, or front matter, or bold lines.

    One "# line" in running text may be a pasted number sign, so it takes a heading at the very start, two
    of them, or one beside links or bold words.
    """
    if text.count("[") > _MOST_BRACKETS:
        return False
    heads = len(_ATX.findall(text)) + len(_SETEXT.findall(text))
    starts = _ATX.match(text.lstrip()) or _SETEXT.match(text.lstrip()) or _FRONT_MATTER.match(text.lstrip())
    marks = len(_INLINE_MARKS.findall(text))
    return bool(starts) or heads >= 2 or (heads == 1 and marks > 0) or len(_BOLD_LINE.findall(text)) >= 2 or marks >= 1


def read_markdown(text: str) -> Page:
    """The blocks of a Markdown document; a title in its front matter counts as its title."""
    front = _FRONT_MATTER.match(text.lstrip())
    title, left_out = "", []
    if front:
        left_out = [LeftOut(squeezed(front[1]), "front matter")]
        text = text.lstrip()[front.end() :]
        named = re.search(r"^title:[ \t]*[\"']?(.{1,200}?)[\"']?[ \t]*$", front[1], re.MULTILINE)
        title = named[1] if named else ""
    html = _markdown.render(_BULLET_SIGNS.sub(r"\1- ", text))
    page = read_html(html)
    return Page(page.blocks, title, (*left_out, *page.left_out))


def read_html(html: str) -> Page:
    """The blocks of an HTML page or fragment, without what its elements say is not the article.

    Raises ArticleError when elements nest so deeply that no person can have made the page.
    """
    if html.count("<") > _MOST_TAGS:
        raise ArticleError("the page has too many elements; save only the article itself.")
    soup = BeautifulSoup(_closed(html), "html.parser")
    _refuse_too_deep(soup)
    title = _title_of(soup)
    root, left_out = strip_furniture(soup, title)
    scribe = Scribe()
    for event, node in _events(root):
        if event == "text":
            scribe.write(str(node))
        elif event == "open" and isinstance(node, Tag):
            scribe.open(node)
        elif isinstance(node, Tag):
            scribe.close(node)
    blocks = scribe.finished()
    return Page(tuple(blocks), title, (*left_out, *scribe.left_out))


def _closed(html: str) -> str:
    """The page with the signs behind its last tag as words: html.parser reads on to the end for each of them.

    Measured on CPython 3.11.7: a page that ends in 1.5 million of "<a " was not read after nine minutes.
    """
    end = html.rfind(">") + 1
    return html[:end] + html[end:].replace("<", "&lt;")


def _refuse_too_deep(soup: BeautifulSoup) -> None:
    depth: dict[int, int] = {}
    for node in soup.descendants:
        if isinstance(node, Tag):
            depth[id(node)] = depth.get(id(node.parent), 0) + 1
            if depth[id(node)] > _DEEPEST:
                raise ArticleError("the page's elements are nested too deeply; save only the article itself.")


def _events(root: Tag) -> Iterator[tuple[str, Tag | NavigableString]]:
    """Every element opened and closed, and every text, in document order."""
    stack = [(root, iter(root.contents))]
    while stack:
        tag, children = stack[-1]
        node = next(children, None)
        if node is None:
            stack.pop()
            if stack:
                yield "close", tag
        elif isinstance(node, Tag):
            yield "open", node
            stack.append((node, iter(node.contents)))
        elif isinstance(node, NavigableString) and not isinstance(node, (Comment, PreformattedString)):
            yield "text", node


def _title_of(soup: BeautifulSoup) -> str:
    """The title: the page's first-rank heading, as its meta data or its place confirm; else the meta data's."""
    meta = soup.find("meta", attrs={"property": "og:title"})
    graph = squeezed(str(meta.get("content") or "")) if isinstance(meta, Tag) else ""
    element = soup.find("title")
    named = squeezed(element.get_text()) if element else ""
    heads = [head for head in soup.find_all("h1") if squeezed(head.get_text())]
    for head in heads:
        words = squeezed(head.get_text())
        if words in (graph, named) or (named.startswith(words) and len(words) * 3 >= len(named)):
            return words
    inside = [head for head in heads if head.find_parent(["article", "main"])]
    if inside or heads:
        return squeezed((inside or heads)[0].get_text()) if named or graph or len(heads) == 1 else ""
    return graph or _without_site(named)


def _without_site(named: str) -> str:
    """A <title> without the site's name behind the last separator."""
    head, _, _ = named.rpartition(
        next((sign for sign in (" | ", " » ", " · ", " – ", " — ", " - ") if sign in named), "\n")
    )
    return head if len(head.split()) >= 2 else named
