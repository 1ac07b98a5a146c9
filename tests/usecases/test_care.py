"""Care: no letter of a course goes without what it owes its reader, and its writer hears what may do harm."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.content.compose import Composer
from newsletter.domain.course import Lesson, Role
from newsletter.domain.message import Letterhead
from newsletter.store.engine import Store
from newsletter.usecases import courses, lessons, proofreading, publishing
from newsletter.usecases.courses import CourseError
from newsletter.usecases.house import House
from tests.content.samples import TEMPLATES
from tests.usecases.household import LETTERHEAD, TwoClocks, a_course, a_lesson, build

Spoil = Callable[[Path], None]
CARE, REASON = "the line for people in distress", "the reason why she gets it"
LEAVE, PAUSE = "the way to unsubscribe", "the way to pause"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """An owner's own copy of the templates, to be mended or spoilt."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "emails"))


@pytest.fixture
def own(store: Store, clock: TwoClocks, templates: Path) -> House:
    return build(store, clock, composer=Composer(templates, LETTERHEAD))


def change(file: Path, before: str, after: str) -> None:
    words = file.read_text("utf-8")
    assert before in words
    file.write_text(words.replace(before, after), "utf-8")


SPOILT = {
    f"{CARE} in the HTML part": ("lesson/body.html", '<p class="care">{{ care }}</p>', ""),
    f"{CARE} in the text part": ("lesson/body.txt", "{{ care }}", "Be well."),
    f"{REASON} in the HTML part": ("lesson/body.html", "{{ list_title }}", "our letters"),
    f"{REASON} in the text part": ("lesson/body.txt", "{{ list_title }}", "our letters"),
    f"{LEAVE} in the HTML part": ("frame.html", '<a href="{{ unsubscribe }}">Unsubscribe</a>', ""),
    f"{LEAVE} in the text part": ("frame.txt", "{{ unsubscribe }}", ""),
    f"{PAUSE} in the HTML part": ("frame.html", '<a href="{{ preferences }}">Pause', '<a href="{{ view }}">Pause'),
    f"{PAUSE} in the text part": ("frame.txt", "{{ preferences }}", ""),
}
HIDDEN = {
    "display: none": ("lesson/body.html", '<p class="care">', '<p class="care" style="display: none">'),
    "hidden": ("lesson/body.html", '<p class="care">', '<p class="care" hidden>'),
    "a class of the sheet": ("frame.html", ".care { margin", ".care { display: none; margin"),
    "a comment": ("lesson/body.html", "{{ care }}", "<!-- {{ care }} -->"),
    "the preheader": ("lesson/body.html", '<p class="care">', '<p class="preheader">'),
}


@pytest.mark.parametrize("lack", SPOILT)
def test_a_course_whose_letters_miss_what_they_owe_is_refused(own: House, templates: Path, lack: str) -> None:
    courses.load(own, a_course())
    file, before, after = SPOILT[lack]
    change(templates / file, before, after)
    house = replace(own, composer=Composer(templates, LETTERHEAD))  # as after a restart

    with pytest.raises(CourseError, match=lack) as refused:
        courses.check(house, a_course().lessons)
    assert "lesson-00" in str(refused.value)
    with pytest.raises(CourseError, match=lack):
        publishing.publish(house, "belonging")
    with house.store.reading() as tx:
        found = lessons.read(tx, "belonging")
    assert found is not None and found.is_draft and not found.published
    with pytest.raises(CourseError, match=lack):
        courses.load(house, a_course(weekly=4))


@pytest.mark.parametrize("way", HIDDEN)
def test_a_line_that_nobody_sees_is_missing(own: House, templates: Path, way: str) -> None:
    file, before, after = HIDDEN[way]
    change(templates / file, before, after)
    assert f"{CARE} in the HTML part" in proofreading.missing(own, a_lesson(1))


def test_a_way_out_without_words_to_press_is_missing(own: House, templates: Path) -> None:
    change(templates / "frame.html", ">Unsubscribe</a>", "></a>")
    assert proofreading.missing(own, a_lesson(1)) == [f"{LEAVE} in the HTML part"]


def test_a_letter_as_it_ships_misses_nothing_whatever_its_writer_says(own: House) -> None:
    for words in (
        "Some words.",
        "<!-- a comment that never ends",
        "</div></body></html>",
        '<div style="display:none">\n\nSome words.',
        "```\nan open fence",
        "<textarea>",
        "Hello {{ name }},\n\n> " * 40,
    ):
        for role in Role:
            assert proofreading.missing(own, a_lesson(1, role, words)) == [], words


def test_a_sound_course_is_published(own: House) -> None:
    courses.load(own, a_course())
    courses.check(own, a_course().lessons)
    assert publishing.publish(own, "belonging") == 1


def warned(house: House, **fields: str) -> list[str]:
    fine = {"subject": "One honest sentence", "preheader": "What it is.", "body": "Some words."}
    lesson = Lesson("one", Role.WEEKLY, "One", **{**fine, **fields})
    return courses.warnings(house, [lesson])


@pytest.mark.parametrize(
    ("subject", "word"),
    [
        ("Your loneliness", "loneliness"),
        ("Wege aus der Einsamkeit", "Einsamkeit"),
        ("DEPRESSION", "DEPRESSION"),
        ("Ängste", "Ängste"),
        ("Cómo vivir con ansiedad", "ansiedad"),
        ("Un deuil", "deuil"),
        ("An eating disorder", "eating disorder"),
    ],
)
def test_a_subject_that_tells_is_warned_of_in_several_languages(own: House, subject: str, word: str) -> None:
    for field in ("subject", "preheader"):
        (said,) = warned(own, **{field: subject})
        assert said.startswith(f"one, {field}: “{word}” can be read by whoever sees the phone")


def test_a_neutral_subject_is_not(own: House) -> None:
    for subject in ("This week’s letter: one honest sentence", "A die is cast", "In griffin’s reach", "Shambles"):
        assert warned(own, subject=subject) == []


def test_an_owner_has_words_of_her_own(own: House) -> None:
    told: Letterhead = replace(LETTERHEAD, telling_words="divorc*,  Lebens-Wende , perte d’un proche")
    house = replace(own, letterhead=told)
    assert warned(own, subject="La perte d’un proche") == []
    for subject in ("La perte d’un proche", "Nach der Lebens-wende", "divorcio"):
        assert len(warned(house, subject=subject)) == 1
    assert warned(house, subject="Lebens-Wendeltreppe") == [], "no star, no other ending"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[x](http://shop.org/a)", "not encrypted"),
        ("[x](https://https://shop.org)", "begins twice"),
        ("[x](https://localhost:8000/a)", "names no host"),
        ("[x](https://10.0.0.1/a)", "names no host"),
        ("[x](https://intranet/a)", "names no host"),
        ("[x](https://www.example.com/article)", "example’s"),
        ("[x](https://shop.test/a)", "example’s"),
        ("[x](https://shop.org/a,)", "belong to the sentence"),
        ("[x](mailto:anna)", "names no address"),
        ("[x](tel:call-us)", "names no number"),
        ("[x](https://[::1/a)", "cannot be read|leads nowhere"),
        ("![](https://shop.org/a.png)", "no description"),
        ("[x]()", "is no link yet"),
        ("Read [the article][nowhere] today.", "“.the article..nowhere.” is no link yet"),
        ("Read [the article] (https://shop.org/a).", "is no link yet"),
        ('<img src="https://shop.org/a.png">', "would be printed as it stands"),
        ("Dear {name},", "printed as it stands"),
    ],
)
def test_what_may_be_broken_is_warned_of_with_its_line(own: House, body: str, says: str) -> None:
    for field in ("body", "practice", "reflection"):
        (said,) = warned(own, **{field: f"Some words.\n\n{body}"})
        assert re.search(says, said), said
        assert said.startswith(f"one, {field}: ")
        assert "Line 3" in said or "{name}" in said


@pytest.mark.parametrize(
    "body",
    [
        "[x](https://shop.org/a?b=c#d)",
        "[x](https://xn--bcher-kva.de/)",
        "[x](https://bücher.de/)",
        "[x](https://1.1.1.1/)",
        "[x](mailto:anna@shop.org?subject=Hi)",
        "[x](tel:988)",
        "[x][here]\n\n[here]: https://shop.org/a",
        "`<img>` and [brackets] (with an aside), 3 < 4 > 2",
        "![A table](https://shop.org/a.png)",
    ],
)
def test_what_is_sound_is_not_warned_of(own: House, body: str) -> None:
    assert warned(own, body=body) == []


def test_a_letter_near_the_end_of_what_is_shown_is_warned_of(own: House) -> None:
    assert warned(own, body="Some words.\n\n" * 500) == []
    (said,) = warned(own, body="Some words.\n\n" * 1600)
    assert "kB long; Gmail cuts letters at 100 kB" in said


def test_a_care_line_that_names_no_help_is_warned_of(own: House) -> None:
    empty = replace(own, letterhead=replace(LETTERHEAD, care_line="Be kind to yourself."))
    assert warned(empty) == ["Your care line names no number and no address: “Be kind to yourself.”."]
    for line in ("Call 116 123.", "findahelpline.com knows where help is."):
        assert warned(replace(own, letterhead=replace(LETTERHEAD, care_line=line))) == []
