"""Articles of many shapes, each with the course it makes beside it: what changes is seen in the diff of that file.

The articles are ours; their shapes are those of pages, prints and word processors, furniture included.
"""

import os
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.content.articles import Article, ArticleError, read_article, read_articles, to_course
from newsletter.content.lessons import read_folder, write_folder
from tests.content.conftest import RENEW

SHAPES = Path(__file__).with_name("articles")
ARTICLES = sorted(file for file in SHAPES.iterdir() if file.suffix in (".txt", ".md", ".html"))
PASTED = [file for file in ARTICLES if file.suffix == ".txt"]
MARKED_UP = [file for file in ARTICLES if file.suffix != ".txt"]


def named(file: Path) -> str:
    return file.name


def read(file: Path) -> Article:
    return read_article(file.read_bytes(), name=file.name)


def as_told(article: Article) -> str:
    """The course of one article as a page to read: letters with their roles and sources, then what was left out."""
    course, _ = to_course([article], slug="a-course", title="A course")
    rows = []
    for lesson in course.lessons:
        rows += [f"=== {lesson.role}: {lesson.title}", f"    {' + '.join(lesson.sources)}", "", lesson.body, ""]
    rows += ["=== left out", *(f"{item.why}: {item.text}" for item in article.left_out)]
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("file", ARTICLES, ids=named)
def test_every_shape_makes_the_course_that_was_read_and_found_right(file: Path) -> None:
    golden = SHAPES / f"{file.name}.course"
    told = as_told(read(file))
    if os.environ.get(RENEW):
        golden.write_text(told, encoding="utf-8")

    assert told == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ARTICLES, ids=named)
def test_the_folder_of_every_shape_reads_back_as_the_same_course(file: Path, tmp_path: Path) -> None:
    course, _ = to_course([read(file)], slug="a-course", title="A course")
    write_folder(course, tmp_path / "course")

    assert read_folder(tmp_path / "course") == course
    total = len(course.lessons)
    assert [lesson.subject for lesson in course.lessons] == [f"Letter {n} of {total}" for n in range(1, total + 1)]


def letters_of(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def words_in(file: Path) -> str:
    """The source, without the letters that Word makes of its inner bullets."""
    return re.sub(r"^o\t", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)


def title_in(article: Article, source: str) -> str:
    """The title when it is the article's own; a text without one is called after its file."""
    return article.title if letters_of(article.title) in letters_of(source) else ""  # "1)" has become "1."


@pytest.mark.parametrize("file", PASTED, ids=named)
def test_no_letter_of_a_pasted_text_is_lost_invented_or_doubled(file: Path) -> None:
    article, source = read(file), words_in(file)
    kept = [
        title_in(article, source),
        article.introduction,
        *(f"{s.number}{s.heading}{s.body}" for s in article.sections),
    ]
    told = letters_of("".join([*kept, *(item.text for item in article.left_out)]))

    assert Counter(told) == Counter(letters_of(source))


@pytest.mark.parametrize("file", PASTED, ids=named)
def test_the_words_of_a_pasted_text_stay_in_their_order(file: Path) -> None:
    article = read(file)
    source = letters_of(words_in(file))
    place = 0
    for paragraph in [article.introduction, *(section.body for section in article.sections)]:
        for line in paragraph.split("\n"):
            wanted = letters_of(line)[:40]
            assert wanted in source[place:], line
            place = source.index(wanted, place)


def torn(lines: list[str], how: str, chance: Random) -> list[str]:
    """The lines as a careless copy leaves them."""
    match how:
        case "without blank lines":
            return [line for line in lines if line.strip()]
        case "with blank lines":
            return [part for line in lines for part in ([line, ""] if chance.random() > 0.5 else [line])]
        case "with lines missing":
            return [line for line in lines if chance.random() > 0.2]
        case "shuffled":
            return chance.sample(lines, len(lines))
        case _:
            return [" " * chance.choice([0, 0, 2, 4]) + line for line in lines]


HOW = ["without blank lines", "with blank lines", "with lines missing", "shuffled", "indented"]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(PASTED), st.sampled_from(HOW), st.randoms(use_true_random=False))
def test_whatever_is_made_of_a_torn_text_no_letter_of_it_is_lost_or_invented(
    file: Path, how: str, chance: Random
) -> None:
    source = "\n".join(torn(words_in(file).split("\n"), how, chance))
    try:
        articles = read_articles(source, name="zzz.txt")
    except ArticleError:
        return  # nothing but furniture is left of it
    course, _ = to_course(articles, slug="a-course", title="A course")
    told = "".join(
        "".join([title_in(one, source), one.introduction, *(f"{s.number}{s.heading}{s.body}" for s in one.sections)])
        + "".join(item.text for item in one.left_out)
        for one in articles
    )
    bodies = "".join("".join([one.introduction, *(section.body for section in one.sections)]) for one in articles)

    assert Counter(letters_of(told)) == Counter(letters_of(source))
    assert not Counter(letters_of(bodies)) - Counter(letters_of("".join(one.body for one in course.lessons)))


class Words(HTMLParser):
    """The words that a browser shows, and those of pictures' descriptions."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style", "head", "button", "title")
        self.text += [f" {value} " for name, value in attrs if name == "alt" and value]

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style", "head", "button", "title")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.text.append(f" {data} ")


def shown(markdown: str) -> str:
    return " ".join(Words(MarkdownIt("commonmark", {"html": False}).render(markdown)).text)


@pytest.mark.parametrize("file", MARKED_UP, ids=named)
def test_no_word_of_a_marked_up_text_is_lost_invented_or_doubled(file: Path) -> None:
    article = read(file)
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        source = re.sub(
            r"\* TOC$|\{[%{:][^}]*\}+|\A(---|\+\+\+)\n.*?\n\1\n", "", source, flags=re.DOTALL | re.MULTILINE
        )
        source = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source)
    kept = [
        title_in(article, source),
        article.introduction,
        *(f"{s.number.rstrip('.')} {s.heading}\n\n{s.body}" for s in article.sections),
    ]
    fore = ("front matter", "a site generator's mark")
    told = " ".join([shown("\n\n".join(kept)), *(item.text for item in article.left_out if item.why not in fore)])

    lists = str.maketrans("", "", "0123456789")  # numbers of list items, which HTML does not write
    assert Counter(letters_of(told).translate(lists)) == Counter(
        letters_of(" ".join(Words(source).text)).translate(lists)
    )
