"""A folder of lessons is read as it was written, and says plainly what is wrong with it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.lessons import LessonError, read_folder, write_folder
from newsletter.domain.course import CourseText, Lesson, Role

HEAD = "key: {key}\nrole: {role}\ntitle: A title\nsubject: A subject\npreheader: A few minutes.\n"


def lesson_file(folder: Path, name: str, *, key: str = "one", role: str = "weekly", body: str = "Words.") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"---\n{HEAD.format(key=key, role=role)}---\n{body}\n", encoding="utf-8")
    return file


def refusal(folder: Path) -> str:
    with pytest.raises(LessonError) as caught:
        read_folder(folder)
    return str(caught.value)


def test_a_folder_becomes_a_course_in_the_order_of_its_file_names(tmp_path: Path) -> None:
    folder = tmp_path / "harbour-lights"
    lesson_file(folder, "10-later.md", key="later")
    lesson_file(folder, "02-sooner.md", key="sooner", role="opening")
    lesson_file(folder, "100-last.md", key="last", role="closing")
    course = read_folder(folder)
    assert (course.slug, course.title) == ("harbour-lights", "Harbour lights")
    assert [lesson.key for lesson in course.lessons] == ["sooner", "later", "last"]
    assert [lesson.role for lesson in course.lessons] == [Role.OPENING, Role.WEEKLY, Role.CLOSING]


def test_course_yaml_names_the_course(tmp_path: Path) -> None:
    lesson_file(tmp_path, "01-one.md")
    (tmp_path / "course.yaml").write_text("slug: tides\ntitle: The tides, and us\n", encoding="utf-8")
    course = read_folder(tmp_path)
    assert (course.slug, course.title) == ("tides", "The tides, and us")


def test_practice_and_reflection_are_split_off_the_end(tmp_path: Path) -> None:
    body = "The letter.\n\n## A heading inside\n\nMore.\n\n## Practice\n\nDo this.\n\n## Reflection\n\nAsk that.\n"
    lesson_file(tmp_path, "01-one.md", body=body)
    lesson = read_folder(tmp_path).lessons[0]
    assert lesson.body == "The letter.\n\n## A heading inside\n\nMore."
    assert (lesson.practice, lesson.reflection) == ("Do this.", "Ask that.")


def test_other_headings_about_practice_stay_in_the_letter(tmp_path: Path) -> None:
    lesson_file(tmp_path, "01-one.md", body="A.\n\n## Practice makes\n\nB.\n\n### Reflection\n\nC.")
    lesson = read_folder(tmp_path).lessons[0]
    assert lesson.body.endswith("### Reflection\n\nC.")
    assert (lesson.practice, lesson.reflection) == ("", "")


def test_windows_line_ends_a_byte_order_mark_and_a_readme_do_no_harm(tmp_path: Path) -> None:
    file = lesson_file(tmp_path, "01-one.md", body="One.\n\nTwo.\n\n## Practice\n\nThree.")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    (tmp_path / "README.md").write_text("about these lessons", encoding="utf-8")
    lesson = read_folder(tmp_path).lessons[0]
    assert (lesson.body, lesson.practice) == ("One.\n\nTwo.", "Three.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no front matter", "begin with a line '---'"),
        ("---\nkey: one\n", "close the front matter"),
        (
            f"---\n{HEAD.format(key='one', role='weekly').replace('subject', 'sujet')}---\nx",
            "'sujet' is not a known key",
        ),
        ("---\nkey: one\nrole: weekly\ntitle: T\npreheader: p\n---\nx", "add 'subject:'"),
        ("---\nkey: one\nrole: weekly\ntitle: 'T\nsubject: s\n---\nx", "line"),
        (f"---\n{HEAD.format(key='one', role='weekly')}title: again\n---\nx", "'title:' stands there twice"),
        (f"---\n{HEAD.format(key='one', role='daily')}---\nx", "role 'daily' is unknown"),
        (f"---\n{HEAD.format(key='Not a slug', role='weekly')}---\nx", "key 'Not a slug'"),
        (f"---\n{HEAD.format(key='2024', role='weekly')}---\nx", "'key' must be text"),
        (f"---\n{HEAD.format(key='one', role='weekly')}---\n \n", "has no text"),
        (f"---\n{HEAD.format(key='one', role='weekly')}source: [1, 2]\n---\nx", "'source' must be a list of texts"),
        (
            f"---\n{HEAD.format(key='one', role='weekly')}---\nx\n\n## Practice\na\n\n## Practice\nb",
            "stands there twice",
        ),
        ("---\n- a\n- b\n---\nx", "'key: value'"),
        ("---\n" + "[" * 5000 + "\n---\nx", "YAML"),
    ],
)
def test_a_faulty_lesson_is_named_with_what_to_do(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "01-one.md").write_text(text, encoding="utf-8")
    message = refusal(tmp_path)
    assert "01-one.md" in message
    assert says in message
    assert "\n" not in message


def test_bad_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "01-one.md").write_text("---\nkey: one\ntitle: a: b\n---\nx", encoding="utf-8")
    assert "01-one.md, line 3" in refusal(tmp_path)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\xff\xfe", b"---\nkey: caf\xe9\n---\n", b"---\nkey: a\x00\n---\n"]
)
def test_what_is_not_utf8_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "01-one.md").write_bytes(content)
    assert "01-one.md" in refusal(tmp_path)


def test_a_key_or_an_opening_given_twice_is_refused_with_both_files(tmp_path: Path) -> None:
    lesson_file(tmp_path / "keys", "01-one.md")
    lesson_file(tmp_path / "keys", "02-two.md")
    message = refusal(tmp_path / "keys")
    assert "02-two.md" in message
    assert "01-one.md" in message
    lesson_file(tmp_path / "roles", "01-one.md", role="closing")
    lesson_file(tmp_path / "roles", "02-two.md", key="two", role="closing")
    assert "role 'closing' is taken by 01-one.md" in refusal(tmp_path / "roles")


def test_a_folder_without_lessons_or_with_an_unnumbered_one_is_refused(tmp_path: Path) -> None:
    assert "holds no lessons" in refusal(tmp_path)
    assert "is not a folder" in refusal(tmp_path / "nowhere")
    lesson_file(tmp_path, "welcome.md")
    assert "01-welcome.md" in refusal(tmp_path)


def a_course(*bodies: str) -> CourseText:
    lessons = [Lesson(f"k{place}", Role.WEEKLY, "T", "S", "", body) for place, body in enumerate(bodies)]
    return CourseText("tides", "Tides", tuple(lessons))


def test_a_full_folder_is_not_overwritten_unless_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(LessonError, match="is not empty"):
        write_folder(a_course("one", "two"), tmp_path)
    write_folder(a_course("one", "two"), tmp_path, replace=True)
    written = write_folder(a_course("other"), tmp_path, replace=True)
    assert [file.name for file in written] == ["01-k0.md", "course.yaml"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["01-k0.md", "course.yaml", "notes.txt"]


@pytest.mark.parametrize(
    "course", [CourseText("tides", "Tides", ()), a_course("  "), a_course("\ud800"), a_course("x" * 2**20)]
)
def test_a_course_that_could_not_be_read_back_is_not_written(tmp_path: Path, course: CourseText) -> None:
    with pytest.raises(LessonError):
        write_folder(course, tmp_path / "new")
    assert not (tmp_path / "new").exists()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=30)
LINE = st.one_of(
    TEXT, st.sampled_from(["yes", "2024", "a: b", "- x", "# y", "'", '"', "---", "null", "é", "\u2028", "\ufeff"])
)
HEADED = st.sampled_from(
    ["## Practice", "## Reflection", "## Practice #", "## Reflection  ", "---", "text", "  ## Practice"]
)
BODY = st.lists(st.one_of(TEXT, HEADED), max_size=6).map("\n".join).map(lambda text: text.strip("\n"))
SLUG = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)


@st.composite
def courses(draw: st.DrawFn) -> CourseText:
    keys = draw(st.lists(SLUG, min_size=1, max_size=4, unique=True))
    filled = LINE.filter(lambda text: bool(text.strip()))
    lessons = tuple(
        Lesson(
            key=key,
            role=Role.OPENING if place == 0 else Role.WEEKLY,
            title=draw(filled),
            subject=draw(filled),
            preheader=draw(LINE),
            body=draw(BODY.filter(lambda text: bool(text.strip()))),
            practice=draw(BODY),
            reflection=draw(BODY),
            ask=draw(LINE),
            sources=tuple(draw(st.lists(LINE, max_size=3))),
        )
        for place, key in enumerate(keys)
    )
    return CourseText(draw(SLUG), draw(filled), lessons)


@settings(max_examples=60, deadline=None)
@given(course=courses())
def test_a_course_written_and_read_is_the_same_course(
    tmp_path_factory: pytest.TempPathFactory, course: CourseText
) -> None:
    folder = tmp_path_factory.mktemp("course")
    write_folder(course, folder)
    assert read_folder(folder) == course


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("01x-n1.md", "01-x-n1.md"),
        ("n1.md", "01-n1.md"),
        ("3.md", "3-welcome.md"),
        ("07_garden.md", "07-garden.md"),
        ("2 - garden.md", "2-garden.md"),
    ],
)
def test_a_file_whose_place_cannot_be_read_is_told_a_name_that_can(tmp_path: Path, name: str, better: str) -> None:
    lesson_file(tmp_path, name)
    assert refusal(tmp_path) == (f"{name}: begin its name with its place in the course and a hyphen, like {better}.")
    (tmp_path / name).rename(tmp_path / better)
    assert len(read_folder(tmp_path).lessons) == 1
