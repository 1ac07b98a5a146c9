"""An article as somebody saved it (pasted text, Markdown, HTML) -> title, introduction, headed sections."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.content.blocks import LeftOut, Page
from newsletter.content.bundle import bundled
from newsletter.content.dialects import is_markdown, read_markdown
from newsletter.content.endings import Purpose
from newsletter.content.furniture import cleared
from newsletter.content.headings import resolved
from newsletter.content.pasted import read_pasted
from newsletter.content.sections import Article, Section, sectioned
from newsletter.content.syllabus import Report, to_course
from newsletter.content.webpage import is_html, is_page, read_html
from newsletter.content.wording import ArticleError, decoded, squeezed

__all__ = [
    "Article",
    "ArticleError",
    "LeftOut",
    "Purpose",
    "Report",
    "Section",
    "read_article",
    "read_articles",
    "to_course",
]


_MOST_TEXT = 1_500_000  # characters of text or Markdown: two long novels
_MOST_BLOCKS = 5_000


def read_articles(source: str | bytes, *, name: str) -> list[Article]:
    """The articles in a saved file: mostly one; several where each has a title and sections of its own.

    Raises ArticleError as `read_article` does.
    """
    text = decoded(source, name=name)
    if not (is_page(text) or is_markdown(text) or is_html(text)) and len(text) <= _MOST_TEXT:
        pieces = bundled(text)
        articles = _each(pieces, name) if len(pieces) > 1 else []
        if sum(1 for article in articles if article.sections) * 2 > len(articles):
            return articles
    return [_article(text, name)]


def read_article(source: str | bytes, *, name: str) -> Article:
    """The article in a saved file, its words kept and the page around it left out.

    `name` is the file's, for messages and for an article without a title. Raises ArticleError when the
    source is empty, far too large, not text, or holds nothing but page furniture.
    """
    return _article(decoded(source, name=name), name)


def _each(pieces: Sequence[str], name: str) -> list[Article]:
    """The pieces as articles; none where one of them is no article."""
    try:
        return [_article(piece, name) for piece in pieces]
    except ArticleError:
        return []


def _article(text: str, name: str) -> Article:
    try:
        page = _read(text)
    except ArticleError as problem:
        raise ArticleError(f"{name}: {problem}") from problem
    if len(page.blocks) > _MOST_BLOCKS:
        raise ArticleError(f"{name} has {len(page.blocks)} paragraphs; save only the article itself.")
    title, blocks, left_out = cleared(page.blocks, page.title)
    introduction, sections = sectioned(resolved(blocks))
    if not introduction and not any(section.body for section in sections):
        raise ArticleError(f"{name} holds no article text; save the page's text itself and try again.")
    return Article(name, title or _from(name), introduction, sections, (*page.left_out, *left_out))


def _read(text: str) -> Page:
    if is_page(text):
        return read_html(text)
    markdown = is_markdown(text)
    if not markdown and is_html(text):
        return read_html(text)
    if len(text) > _MOST_TEXT or text.count("\n") > 10 * _MOST_BLOCKS:
        raise ArticleError("this is more text than an article has; save only the article itself.")
    return read_markdown(text) if markdown else read_pasted(text)


def _from(name: str) -> str:
    stem = name.rpartition("/")[2].partition(".")[0]
    return squeezed(stem.replace("-", " ").replace("_", " ")).capitalize() or "Untitled"
