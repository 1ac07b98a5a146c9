"""An article as HTML, a whole page or a fragment: elements -> blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PreformattedString

from newsletter.content.blocks import Page
from newsletter.content.pagefurniture import strip_furniture
from newsletter.content.scribe import Scribe
from newsletter.content.wording import ArticleError, squeezed

_DEEPEST = 1_000  # real pages nest some 60 elements deep, more where paragraphs are never closed
_MOST_TAGS = 100_000  # real pages have some 5,000; html.parser takes ten seconds for a million
_ELEMENTS = re.compile(
    r"<(?:!doctype html|html|head|body|div|p|h[1-6]|article|main|section|span|br|ul|ol|li|strong|em|b|i|a|table"
    r"|blockquote|img|script|nav|header|footer|aside|figure|center|font|dl)(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_BLOCK_ELEMENT = re.compile(
    r"<(?:!doctype html|html|body|div|p|h[1-6]|article|main|section|ul|ol|table|blockquote|br)(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)

_TITLE_CLASS = re.compile(r"\A(?:post|entry|article|story)-?_?(?:title|headline)\Z", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"(?:(?:untitled|unbenannt\w*|sans titre|sin título|new|no)(?: (?:document|dokument|page|tab|title|titel))?"
    r"|document|dokument|page|title)(?: ?\(?\d{1,3}\)?)?",
    re.IGNORECASE,
)


def is_page(text: str) -> bool:
    """Whether the text is a whole HTML page: it opens as one."""
    return bool(re.match(r"\s*<(?:\?xml|!doctype html|html|head|body)\b", text, re.IGNORECASE))


def is_html(text: str) -> bool:
    """Whether the text is HTML: it opens with a tag, or block elements occur in it beside others."""
    prose = FENCE.sub("", text[:200_000])
    if not _BLOCK_ELEMENT.search(prose):
        return False
    return bool(_ELEMENTS.match(prose.lstrip())) or len(_ELEMENTS.findall(prose)) >= 4


def read_html(html: str) -> Page:
    """The blocks of an HTML page or fragment, without what its elements say is not the article.

    Raises ArticleError when elements nest so deeply that no person can have made the page.
    """
    if html.count("<") > _MOST_TAGS:
        raise ArticleError("the page has too many elements; save only the article itself.")
    soup = BeautifulSoup(_closed(html), "html.parser")
    _refuse_too_deep(soup)
    title, is_named = _title_of(soup), bool(soup.find(["title", "meta"]) or soup.find(_called_title))
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
    return Page(tuple(blocks), title if is_named else "", (*left_out, *scribe.left_out))


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


def _called_title(tag: Tag) -> bool:
    """Whether a theme calls the element the title of a post."""
    return any(_TITLE_CLASS.match(str(name)) for name in tag.get("class") or [])


def _title_of(soup: BeautifulSoup) -> str:
    """The title: what is called so; the first-rank heading, as meta data or its place confirm; else the meta data's."""
    meta = soup.find("meta", attrs={"property": "og:title"})
    graph = squeezed(str(meta.get("content") or "")) if isinstance(meta, Tag) else ""
    element = soup.find("title")
    named = squeezed(element.get_text()) if element else ""
    called = [squeezed(tag.get_text()) for tag in soup.find_all(_called_title)]
    if len(called) == 1 and 0 < len(called[0]) <= 160:
        return called[0]
    heads = [head for head in soup.find_all("h1") if squeezed(head.get_text())]
    for head in heads:
        words = squeezed(head.get_text())
        if words in (graph, named) or (named.startswith(words) and len(words) * 3 >= len(named)):
            return words
    inside = [head for head in heads if head.find_parent(["article", "main"])]
    if inside or heads:
        return squeezed((inside or heads)[0].get_text()) if named or graph or len(heads) == 1 else ""
    return graph or ("" if _NO_TITLE.fullmatch(named) else named)
