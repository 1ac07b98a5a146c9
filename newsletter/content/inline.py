"""Words inside a paragraph with their emphasis and links, set as Markdown that shows exactly these words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import parse_qs, urlsplit

from markdown_it import MarkdownIt

from newsletter.content.wording import literal, squeezed

_SAFE_LINK = re.compile(r"^(?:https?://|mailto:|tel:)[^\s<>{}]+$", re.IGNORECASE)
_NO_CODE = re.compile(r"`|\{[{%#]")  # code spans know no backslash
_reader = MarkdownIt("commonmark")


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one style; "\\n" alone is a line break."""

    text: str
    strong: bool = False
    emphasis: bool = False
    code: bool = False
    link: str = ""
    linked: bool = False  # inside a link, wherever that leads


def safe_link(href: str) -> str:
    """The address when a letter may link to it (http, https, mailto, tel), else ""."""
    href = _unwrapped(href.strip())
    return href.replace("(", "%28").replace(")", "%29").replace("\\", "%5C") if _SAFE_LINK.match(href) else ""


def _unwrapped(href: str) -> str:
    """The address behind a redirect that Google Docs puts around every link."""
    parts = urlsplit(href) if href.startswith("https://www.google.com/url?") else None
    target = parse_qs(parts.query).get("q", [""])[0] if parts else ""
    return target if _SAFE_LINK.match(target) else href


def lines_of(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs split at line breaks, white space squeezed; an empty line stays as an empty list."""
    lines: list[list[Run]] = [[]]
    for run in runs:
        if run.text == "\n":
            lines.append([])
        else:
            lines[-1].append(run)
    return [list(_squeezed_runs(line)) for line in lines]


def plain(line: Sequence[Run]) -> str:
    """The words of one line."""
    return "".join(run.text for run in line)


def is_strong(line: Sequence[Run]) -> bool:
    """Whether every word of the line is bold."""
    return bool(line) and all(run.strong or not run.text.strip() for run in line)


def is_linked(line: Sequence[Run]) -> bool:
    """Whether every word of the line is part of a link."""
    return all(run.linked or not run.text.strip() for run in line)


def markdown_of(line: Sequence[Run]) -> str:
    """One line as Markdown; emphasis that Markdown cannot express at its place is dropped, never the words."""
    words = plain(line)
    for candidate in (line, [replace(run, strong=False, emphasis=False) for run in line]):
        if not any(run.strong or run.emphasis or run.code or run.link for run in candidate):
            break
        marked = "".join(_marked(candidate))
        if _shown(marked) == words:
            return marked
    return literal(words)


def _squeezed_runs(line: Iterable[Run]) -> Iterator[Run]:
    """Neighbours of one style joined, single spaces, none at the ends."""
    joined = [
        replace(first, text="".join([first.text, *(run.text for run in rest)]))
        for first, *rest in (list(group) for _, group in groupby(line, key=lambda run: replace(run, text="")))
    ]
    spaced = False
    result: list[Run] = []
    for run in joined:
        text = re.sub(r"\s+", " ", run.text)
        if text.startswith(" ") and (spaced or not result):
            text = text[1:]
        if text:
            result.append(replace(run, text=text))
            spaced = text.endswith(" ")
    if result and spaced:
        last = replace(result[-1], text=result[-1].text.rstrip())
        result[-1:] = [last] if last.text else []
        if result:
            result[-1] = replace(result[-1], text=result[-1].text.rstrip())
    yield from result


def _marked(line: Sequence[Run]) -> Iterator[str]:
    """Pieces of Markdown, white space moved out of the marks as CommonMark wants it."""
    starts = True
    for run in line:
        core = run.text.strip()
        if not core:
            yield run.text
            continue
        before, after = run.text[: run.text.index(core)], run.text[run.text.index(core) + len(core) :]
        marked = f"`{core}`" if run.code and not _NO_CODE.search(core) else literal(core, starts_line=starts)
        if run.emphasis:
            marked = f"*{marked}*"
        if run.strong:
            marked = f"**{marked}**"
        if run.link:
            marked = f"[{marked}]({run.link})"
        yield f"{before}{marked}{after}"
        starts = False


def _shown(markdown: str) -> str:
    """The words that a reader of this Markdown line sees; "" when it is not one paragraph."""
    tokens = _reader.parse(markdown)
    if len(tokens) != 3 or tokens[0].type != "paragraph_open":
        return ""
    words = [child.content for child in tokens[1].children or []]
    return squeezed("".join(words))
