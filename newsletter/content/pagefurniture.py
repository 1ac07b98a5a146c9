"""What the elements of an HTML page say is not the article: navigation, sidebars, forms, named boxes."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from newsletter.content.blocks import LeftOut
from newsletter.content.wording import count_words, squeezed

_MACHINERY = re.compile(
    r"\A(?:script|style|noscript|template|svg|iframe|object|embed|video|audio|canvas|map|select|textarea|input|button"
    r"|head|math|dialog)\Z"
)
# Names that themes and plugins give to boxes: a whole class or id, or a hyphenated part of one.
_NAMED_SURE = re.compile(
    r"""(?:^|[\s_-])(?:
    breadcrumbs? | sharedaddy | share-daddy | sharing | share-?(?:buttons?|bar|links?|this) | addtoany
    | social-?(?:icons?|links?|share|media|nav) | cookies?-?(?:notice|banner|bar|consent|law) | gdpr
    | comments?(?:-?(?:area|list|form|section|respond))? | respond | disqus(?:_thread)?
    | related-?(?:posts?|articles?|content|reading) | jp-relatedposts | yarpp | post-?nav(?:igation)?
    | nav-?(?:links|menu|bar)
    | pagination | pager | site-?(?:header|footer|nav) | skip-?link | screen-?reader-?text | sr-only | visually-?hidden
    | toc
    | table-of-contents | ez-toc-container | author-?(?:bio|box|info|card) | about-?author | post-?author-?box
    | entry-?(?:meta|footer) | post-?(?:meta|info|date|tags) | byline
    | newsletter-?(?:signup|form|box|subscribe|cta|banner)
    | subscribe-?(?:box|form|widget|cta) | signup-?form | mc4wp-form | optin | popup | modal | advert(?:isement|s)?
    | ad-?(?:slot|banner) | search-?form | back-to-top | scroll-?(?:to-?)?top | wp-caption-text | main-?menu
    | mobile-?menu
    | post-?(?:share|sharing|author) | you-?(?:may|might)-?(?:also-?)?like | more-?from | up-?next | read-?next
    | tags?-?(?:list|links|cloud) | promo
    | menu-?item | menu | sidebar
    )(?=$|[\s_-])""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADING = re.compile(r"\Ah[1-6]\Z")
_ROLES = re.compile(r"(?:navigation|banner|contentinfo|search|complementary|(?:alert)?dialog|menu(?:bar)?)\Z")
_BOXES = ["nav", "aside", "form", "footer", "header", "figcaption"]
_WHOLE = ["html", "body", "main", "article"]


def strip_furniture(soup: BeautifulSoup, title: str) -> tuple[Tag, list[LeftOut]]:
    """Takes the furniture out of the page; the element that holds the article, and what was taken out.

    An element named like furniture stays when it holds the title or a third of the words of the page:
    then the name lies (themes call their outermost box "has-sidebar").
    """
    for tag in soup.find_all(_MACHINERY):
        tag.decompose()
    page = soup.find("body") or soup
    heading = next((head for head in page.find_all(_HEADING) if squeezed(head.get_text()) == title), None)
    left_out = [_taken_out(tag, _suspicion(tag) or "outside the article") for tag in _outside(page, heading)]
    total = max(_words(page), 1)
    for tag in page.find_all(True):
        if tag.decomposed:
            continue
        why = _suspicion(tag)
        if why and _may_go(tag, heading, total):
            left_out.append(_taken_out(tag, why))
    return page, [item for item in left_out if item.text]


def _taken_out(tag: Tag, why: str) -> LeftOut:
    text = squeezed(tag.get_text(" "))
    tag.decompose()
    return LeftOut(text if len(text) <= 300 else f"{text[:300].rpartition(' ')[0]} …", why)


def _outside(page: Tag, heading: Tag | None) -> list[Tag]:
    """The elements beside the page's main part or its one article, without the one that holds the title."""
    inner = page
    for name in ("main", "article"):
        largest = max(inner.find_all(name), key=_words, default=None)
        if largest and _words(largest) * 2 >= _words(inner):
            inner = largest
    beside = []
    while inner is not page and inner.parent is not None:
        beside.extend([*inner.previous_siblings, *inner.next_siblings])
        inner = inner.parent
    return [tag for tag in beside if isinstance(tag, Tag) and not _holds(tag, heading)]


def _holds(tag: Tag, heading: Tag | None) -> bool:
    """Whether the heading is this element or lies in it; bs4's `in` would compare whole contents."""
    return heading is not None and any(one is tag for one in (heading, *heading.parents))


def _words(tag: Tag) -> int:
    return count_words(tag.get_text(" "))


def _suspicion(tag: Tag) -> str:
    """Why an element is thought to be furniture by its name, its role or its class; "" when it is not."""
    if tag.has_attr("hidden") or "display:none" in str(tag.get("style") or "").replace(" ", "").casefold():
        return "hidden on the page"
    if tag.name in _BOXES:
        return _box(tag)
    if _ROLES.match(str(tag.get("role") or "").casefold()):
        return f"page furniture: {tag.get('role')}"
    names = " ".join([*_classes(tag), str(tag.get("id") or "")])
    found = _NAMED_SURE.search(names) if names.strip() and tag.name not in _WHOLE else None
    return f"page furniture: {found[0].strip(' _-')}" if found else ""


def _classes(tag: Tag) -> list[str]:
    value: object = tag.get("class") or []
    return value if isinstance(value, list) else [str(value)]


def _box(tag: Tag) -> str:
    """Why an element of the furniture kind goes; those that lie in the article and hold its words stay."""
    match tag.name:
        case "figcaption":
            figure = tag.find_parent("figure")
            return "" if figure and figure.find(["blockquote", "table", "pre"]) else "a picture's caption"
        case "header" if tag.find_parent(["article", "main", "section"]):
            return ""
        case "footer" if tag.find_parent("blockquote"):
            return ""
        case "aside" if tag.find_parent("article") and _is_callout(tag):
            return ""
    return f"page furniture: {tag.name}"


def _is_callout(tag: Tag) -> bool:
    """An aside with sentences of its own and few links belongs to the article: a tip, a quotation."""
    text = squeezed(tag.get_text(" "))
    linked = sum(len(link.get_text()) for link in tag.find_all("a"))
    names = " ".join([*_classes(tag), str(tag.get("id") or "")])
    return count_words(text) >= 10 and linked * 3 < len(text) and not _NAMED_SURE.search(names) and not tag.find("form")


def _may_go(tag: Tag, heading: Tag | None, total: int) -> bool:
    if tag.find(["main", "article"]) and not _is_comments(tag) and tag.name != "aside":
        return False
    if _holds(tag, heading):
        return tag.name == "nav"
    return _is_comments(tag) or _words(tag) * 3 < total


def _is_comments(tag: Tag) -> bool:
    return bool(re.search(r"comment|respond|disqus", " ".join([*_classes(tag), str(tag.get("id") or "")])))
