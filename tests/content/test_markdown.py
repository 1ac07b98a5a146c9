"""Markdown as safe HTML and as good plain text."""

from html.parser import HTMLParser
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.markdown import link_targets, to_html, to_text


class Inventory(HTMLParser):
    """The tags, attributes and links of a piece of HTML, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


WORDY = "when we talk about belonging we often mean a crowd " * 4


def test_emphasis_links_and_lists_become_html() -> None:
    html = to_html("A *soft* and **loud** [word](https://example.org/a).\n\n- one\n- two")

    assert "<em>soft</em> and <strong>loud</strong>" in html
    assert '<a href="https://example.org/a" rel="noreferrer">word</a>' in html
    assert "<ul>\n<li>one</li>\n<li>two</li>\n</ul>" in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "[press](data:text/html,<script>alert(1)</script>)",
        "[press](vbscript:x)",
        '[press](https://example.org "onclick=alert(1)")',
        "![picture](javascript:alert(1))",
        '![a"onload="b](https://example.org/"onerror="x)',
        "<style>p{}</style>",
        "```<script>\nalert(1)\n```",
    ],
)
def test_nothing_that_runs_gets_into_the_html(hostile: str) -> None:
    found = Inventory()
    found.feed(to_html(hostile))

    assert found.tags <= {"p", "a", "pre", "code"}
    assert found.attributes <= {"href", "rel"}
    assert all(link.startswith("https://example.org") for link in found.links)


def test_a_picture_becomes_a_link_so_that_a_letter_fetches_nothing() -> None:
    source = "![the lake](https://example.org/lake.jpg)"

    assert to_html(source) == '<p><a href="https://example.org/lake.jpg" rel="noreferrer">the lake</a></p>\n'
    assert to_text(source) == "the lake (https://example.org/lake.jpg)"


def test_paragraphs_wrap_at_72_columns() -> None:
    lines = to_text(WORDY).split("\n")

    assert len(lines) == 3
    assert max(map(len, lines)) <= 72
    assert " ".join(lines) == WORDY.strip()


def test_a_list_item_hangs_under_its_own_words() -> None:
    bullets = to_text(f"- {WORDY}\n- short").split("\n")
    numbers = to_text(f"9. {WORDY}\n10. short").split("\n")

    assert [line[:2] for line in bullets] == ["- ", "  ", "  ", "- "]
    assert [line[:3] for line in numbers] == ["9. ", "   ", "   ", "10."]
    assert all(line[2] != " " for line in bullets)


def test_lists_keep_their_nesting_and_their_air() -> None:
    assert to_text("- a\n  - b\n- c") == "- a\n  - b\n- c"
    assert to_text("- a\n\n  more\n\n- c") == "- a\n\n  more\n\n- c"


def test_quotes_are_marked_on_every_line() -> None:
    quoted = to_text(f"> {WORDY}\n>\n> - and a list").split("\n")

    assert all(line.startswith(">") for line in quoted)
    assert quoted[-2:] == [">", "> - and a list"]


def test_a_heading_is_underlined() -> None:
    assert to_text("# Soup *forgives*") == "Soup forgives\n-------------"


def test_emphasis_leaves_no_stars() -> None:
    assert to_text("a *soft*, **loud** and `plain` word, 2 \\* 3") == "a soft, loud and plain word, 2 * 3"


def test_hard_breaks_stay_and_soft_ones_go() -> None:
    assert to_text("Warmly,  \nAna\\\nBrook\nand all") == "Warmly,\nAna\nBrook and all"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("[read it](https://example.org/a)", "read it (https://example.org/a)"),
        ("<https://example.org/a>", "https://example.org/a"),
        ("[https://example.org](https://example.org/)", "https://example.org/"),
        ("[example.org](https://example.org)", "https://example.org"),
        ("<https://example.org/ü>", "https://example.org/%C3%BC"),
        ("[write](mailto:ana@example.org)", "write (ana@example.org)"),
        ("<ana@example.org>", "ana@example.org"),
        ("[988](tel:988)", "988"),
        ("[nowhere](/about)", "nowhere"),
    ],
)
def test_a_link_stands_once(source: str, text: str) -> None:
    assert to_text(source) == text


def test_a_long_link_is_never_broken() -> None:
    link = "https://example.org/" + "a" * 120

    assert link in to_text(f"{WORDY} [here]({link}) {WORDY}")


def test_a_rule_and_code_have_a_plain_form() -> None:
    assert to_text("a\n\n---\n\n```\nx = 1\n\ny\n```") == "a\n\n* * *\n\n    x = 1\n\n    y"


def test_links_are_found_with_their_lines() -> None:
    assert link_targets("a\n\n[b](/c)\n\n![d](https://e.example)") == [(3, "/c"), (5, "https://e.example")]


@given(st.text(alphabet="ab *_`[]()<>!#>-+1.\\\n\t&:/\"'", max_size=200))
def test_any_text_is_rendered_without_trailing_spaces_and_without_scripts(source: str) -> None:
    assert all(line == line.rstrip() for line in to_text(source).split("\n"))

    found = Inventory()
    found.feed(to_html(source))
    assert not found.tags & {"img", "script", "style"}


@pytest.mark.parametrize(
    "monster", ["[" * 60_000, "*a " * 20_000, "> " * 30_000, "![a](" * 10_000, "a\n" * 30_000, "`" * 60_000]
)
def test_monsters_take_seconds_at_most(monster: str) -> None:
    begun = perf_counter()
    to_html(monster)
    to_text(monster)

    assert perf_counter() - begun < 20
