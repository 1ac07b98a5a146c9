"""Markdown into safe HTML and into good plain text, both from the same tokens.

CommonMark without raw HTML. A letter fetches nothing, so a picture becomes a link to itself.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLinkText
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import EnvType, OptionsDict

from newsletter.content.lines import fold
from newsletter.content.sheet import without_blanks

SCHEMES = ("http://", "https://", "mailto:", "tel:")
_TAGS = {"a", "p", "br", "hr", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li"} | {
    f"h{level}" for level in range(1, 7)
}
_UNMADE = re.compile(r"\[[^\]\[]{1,80}\](?:\[[^\]\[]{0,80}\]| ?\((?:https?:|www\.)[^)]{0,200}\)?)")
_TAG = re.compile(
    r"</?(?:a|b|br|center|div|em|font|h[1-6]|hr|i|img|p|span|strong|table|td|tr|u)\b[^<>]{0,80}>", re.IGNORECASE
)
_QUOTE = "> "
_CODE = "    "


def to_html(source: str, *, below: int = 0) -> str:
    """Markdown as an HTML fragment that is safe to show: no scripts, no pictures, no classes, no styles.

    Its headings lie below a heading of the level `below`, the highest of them next to it; 0 leaves them as they are.
    """
    parser = _parser()
    html: str = parser.renderer.render(list(_nested(_tokens(source), below)), parser.options, {})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, "*": set()},
        url_schemes={scheme.partition(":")[0] for scheme in SCHEMES},
        url_relative="deny",
        link_rel="noreferrer",
    )


def to_text(source: str) -> str:
    """Markdown as plain text for a mail: wrapped at 72 columns, links once, in brackets after their words."""
    return "\n".join(fold(line) for line in to_lines(source).split("\n"))


def to_lines(source: str, *, below: int = 0) -> str:
    """Plain text with one long line a paragraph, for whoever folds after filling in personal values."""
    return "\n".join(_blocks(SyntaxTreeNode(_nested(_tokens(source), below)).children))


def underlined(words: str, sign: str = "-") -> str:
    """A heading in plain text: its line above a row of signs that is never longer.

    A reader's own value in it counts as nothing, for the row is the same for all.
    """
    longest = max(map(len, fold(without_blanks(words)).split("\n")))
    return f"{words}\n{sign * max(longest, 3)}"


def to_words(source: str) -> list[str]:
    """The words alone, one line a paragraph or heading, as somebody would read them out: no addresses, no marks."""
    blocks = [node for node in SyntaxTreeNode(_tokens(source)).walk() if node.type == "inline"]
    return [words for block in blocks if (words := " ".join(_said(block).split()))]


def _said(node: SyntaxTreeNode) -> str:
    """The words of an inline node; a link that shows nothing but its address says nothing."""
    words = "".join(_said(child) for child in node.children) if node.children else ""
    match node.type:
        case "text" | "code_inline" | "image":
            return node.content
        case "softbreak" | "hardbreak":
            return " "
        case "link" if _is_address(words, str(node.attrs.get("href", ""))):
            return ""
    return words


def link_targets(source: str) -> list[tuple[int, str]]:
    """Every link and picture of a text, as (line, counted from 1, and target) pairs."""
    found = []
    for token in _tokens(source):
        for inner in token.children or ():
            target = inner.attrGet("href") or inner.attrGet("src")
            if target:
                found.append(((token.map or [0])[0] + 1, unquote(str(target))))
    return found


def unmade_links(source: str) -> list[tuple[int, str]]:
    """What was meant as a link and is none, as (line, words) pairs: without an address, or printed as it stands."""
    return [
        ((token.map or [0])[0] + 1, words)
        for token in _tokens(source)
        for words in (*_without_address(token.children or ()), *_UNMADE.findall(_printed(token.children or ())))
    ]


def _without_address(inside: Sequence[Token]) -> Iterator[str]:
    for inner in inside:
        if inner.type in ("link_open", "image") and not (inner.attrGet("href") or inner.attrGet("src")):
            yield "[…]()"


def _printed(inside: Sequence[Token]) -> str:
    return "".join(inner.content if inner.type == "text" else " " for inner in inside)


def printed_tags(source: str) -> list[tuple[int, str]]:
    """HTML in a text, which is printed as it stands, as (line, tag) pairs."""
    return [
        ((token.map or [0])[0] + 1, tag)
        for token in _tokens(source)
        for inner in token.children or ()
        if inner.type == "text"
        for tag in _TAG.findall(inner.content)
    ]


def pictures(source: str) -> list[tuple[int, str]]:
    """Every picture of a text, as (line, counted from 1, and description) pairs."""
    return [
        ((token.map or [0])[0] + 1, inner.content)
        for token in _tokens(source)
        for inner in token.children or ()
        if inner.type == "image"
    ]


@lru_cache(maxsize=4)
def _tokens(source: str) -> Sequence[Token]:
    # Page, text and links are made of the same ones: nearly all the time goes into reading them.
    return tuple(_parser().parse(source))


def _nested(tokens: Sequence[Token], below: int) -> Sequence[Token]:
    """The same with headings below a level, in steps of one."""
    levels = sorted({token.tag for token in tokens if token.type == "heading_open"})
    if not below or not levels:
        return tokens
    tags = {tag: f"h{min(below + place, 6)}" for place, tag in enumerate(levels, start=1)}
    is_heading = ("heading_open", "heading_close")
    return [token.copy(tag=tags[token.tag]) if token.type in is_heading else token for token in tokens]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    parser.add_render_rule("image", _picture_as_link)
    return parser


def _picture_as_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    href = nh3.clean_text(str(token.attrGet("src") or ""))
    return f'<a href="{href}">{nh3.clean_text(token.content or "picture")}</a>'


def _blocks(nodes: Sequence[SyntaxTreeNode], tight: bool = False) -> list[str]:
    lines: list[str] = []
    for node in nodes:
        if lines and not tight:
            lines.append("")
        lines.extend(_block(node))
    return lines


def _block(node: SyntaxTreeNode) -> list[str]:
    match node.type:
        case "heading":
            return underlined(_words(node.children).replace("\n", " ")).split("\n")
        case "blockquote":
            return [(_QUOTE + line).rstrip() for line in _blocks(node.children)]
        case "bullet_list":
            return _list(node, ["- "] * len(node.children))
        case "ordered_list":
            start = int(node.attrs.get("start", 1))
            return _list(node, [f"{start + place}. " for place in range(len(node.children))])
        case "fence" | "code_block":
            return [_CODE + line for line in node.content.rstrip("\n").split("\n")]
        case "hr":
            return ["* * *"]
        case _:
            return _words(node.children).split("\n")


def _list(node: SyntaxTreeNode, marks: list[str]) -> list[str]:
    tight = all(block.hidden for item in node.children for block in item.children if block.type == "paragraph")
    lines: list[str] = []
    for item, mark in zip(node.children, marks, strict=True):
        if lines and not tight:
            lines.append("")
        inside = _blocks(item.children, tight) or [""]
        lines.append((mark + inside[0]).rstrip())
        lines.extend((" " * len(mark) + line).rstrip() for line in inside[1:])
    return lines


def _words(nodes: Sequence[SyntaxTreeNode]) -> str:
    return "".join(_inline(node) for node in nodes)


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "link":
            return _link(_words(node.children), str(node.attrs.get("href", "")))
        case "image":
            return _link(node.content or "picture", str(node.attrs.get("src", "")))
        case _:
            return _words(node.children)


def _link(words: str, href: str) -> str:
    if not href.startswith(SCHEMES):
        return words
    address = href.removeprefix("mailto:").removeprefix("tel:")
    if not words or _is_address(words, href):
        return address
    return f"{words} ({address})"


def _is_address(words: str, href: str) -> bool:
    """Whether a link shows its own address."""
    return _bare(words) in (_bare(href), _bare(normalizeLinkText(href)))


def _bare(link: str) -> str:
    """A link as people say it: `example.org` for `https://example.org/`."""
    return re.sub(r"^(?:https?://|mailto:|tel:)|/$", "", link)
