"""Several campaigns in one mail: each a letter of its own under its subject, and nothing of one in another."""

import pytest
from bs4 import BeautifulSoup

from newsletter.content.one_mail import Part, announced
from newsletter.content.sheet import Composed
from newsletter.domain.message import Links, Reader
from tests.content.samples import LETTERHEAD, composer_of


def in_one_mail(*parts: tuple[str, str]) -> Composed:
    subject, body = announced(len(parts))
    several = tuple(Part(*part) for part in parts)
    reader = Reader("Maria", "Europe/Berlin", Links(unsubscribe="https://letters.example.org/unsubscribe/x"))
    return composer_of(LETTERHEAD).campaign(reader, subject=subject, body=body, list_title="Letters", parts=several)


def headings(letter: Composed) -> list[tuple[str, str]]:
    page = BeautifulSoup(letter.html, "html.parser")
    return [(one.name, one.get_text()) for one in page.find_all(["h1", "h2", "h3", "h4", "h5", "h6"])]


@pytest.mark.parametrize("marks", [("# ", "## ", "### "), ("## ", "### ", "##### "), ("# ", "#### ", "###### ")])
def test_the_headings_of_a_campaign_lie_below_its_title_in_steps_of_one(marks: tuple[str, str, str]) -> None:
    first, second, third = marks
    body = f"{first}Spring\n\nWords.\n\n{second}What to bring\n\n{third}A hat\n\n{first}The end"
    letter = in_one_mail(("The garden", body), ("Evenings", "No heading."))

    assert headings(letter) == [
        ("h1", "The garden"),
        ("h2", "Spring"),
        ("h3", "What to bring"),
        ("h4", "A hat"),
        ("h2", "The end"),
        ("h1", "Evenings"),
    ]


def test_an_underlined_heading_and_one_in_a_quotation_lie_below_it_too() -> None:
    letter = in_one_mail(("The garden", "Spring\n======\n\n> # Quoted"), ("Evenings", "```\n# no heading\n```"))
    assert headings(letter) == [("h1", "The garden"), ("h2", "Spring"), ("h2", "Quoted"), ("h1", "Evenings")]


def test_in_plain_text_a_title_has_another_line_under_it_than_a_heading_and_no_line_is_longer() -> None:
    long = "A subject that goes on and on, until it is broken into two lines by every mail program there is"
    lines = in_one_mail(("For {{ name }}: news", "# Spring, {{ name }}"), (long, "Words.")).text.split("\n")

    for place, line in enumerate(lines):
        if line and set(line) <= {"=", "-"}:
            assert 3 <= len(line) <= max(len(lines[place - 1]), len(lines[place - 2]))
    assert set(lines[lines.index("For Maria: news") + 1]) == {"="}
    assert set(lines[lines.index("Spring, Maria") + 1]) == {"-"}


def test_no_letter_changes_another() -> None:
    first = "See [here][1].\n\n[1]: https://example.org/garden\n\n```\ncode that nobody closes"
    letter = in_one_mail(
        ("The garden", first), ("Evenings *and* more", "See [there][1].\n\n[1]: https://example.org/hall")
    )

    links = [one["href"] for one in BeautifulSoup(letter.html, "html.parser").find_all("a")]
    assert links[:2] == ["https://example.org/garden", "https://example.org/hall"]
    assert ("h1", "Evenings *and* more") in headings(letter)
    assert "there (https://example.org/hall)" in letter.text
