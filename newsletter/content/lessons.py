"""A folder of Markdown files with front matter <-> a course, one file a letter, in file-name order.

    01-welcome.md:  ---
                    key: welcome
                    role: opening          (opening, weekly or closing)
                    title: Welcome
                    subject: A first letter
                    preheader: One letter, a few minutes.
                    ask: Shall there be two letters about grief?      (optional: to be answered with yes or no)
                    source: [Introduction]
                    ---
                    The letter, in Markdown.

                    ## Practice            (optional, as is the next one)
                    ## Reflection

`course.yaml` beside them may hold `slug` and `title`; without it the folder's name serves for both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from newsletter.domain.course import CourseText, Lesson, Role

_MAX_BYTES = 1_000_000
_REQUIRED = ("key", "role", "title", "subject", "preheader")
_KNOWN = (*_REQUIRED, "ask", "source")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FILE_NAME = re.compile(r"(\d+)-.+\.md")
_FENCE = re.compile(r"---[ \t]*")
_SPLIT = re.compile(r"^## (Practice|Reflection)[ \t]*$", re.MULTILINE)
# A heading of these words inside a letter is written "## Practice #", which Markdown shows the same.
_INNER = re.compile(r"^(## (?:Practice|Reflection)(?: #)*)([ \t]*)$", re.MULTILINE)
_INNER_WRITTEN = re.compile(r"^(## (?:Practice|Reflection)(?: #)*) #([ \t]*)$", re.MULTILINE)


class LessonError(ValueError):
    """A course folder that cannot be read or written; the message names the file and what to do."""


def read_folder(path: Path) -> CourseText:
    """The course that a folder holds.

    Raises LessonError with one sentence that names the file at fault and what to do about it.
    """
    if not path.is_dir():
        raise LessonError(f"{path} is not a folder; name the folder that holds the lessons.")
    files = _lesson_files(path)
    slug, title = _course_names(path)
    lessons = tuple(_read_lesson(file) for file in files)
    course = CourseText(slug, title, lessons)
    _check(course, [file.name for file in files], str(path))
    return course


def write_folder(course: CourseText, path: Path, *, replace: bool = False) -> list[Path]:
    """Writes the course into a folder and returns the files, lessons first, course.yaml last.

    All is checked before the first byte is written. A folder that is not empty is refused, unless `replace`
    is given: then its old lesson files go, once all new ones are written, and any other file stays.
    Reading the folder afterwards gives the same course; only blank lines around a text are not kept.
    Raises LessonError.
    """
    width = max(2, len(str(len(course.lessons))))
    names = [f"{place:0{width}d}-{lesson.key}.md" for place, lesson in enumerate(course.lessons, start=1)]
    _check(course, names, f"course '{course.slug}'")
    texts = {name: _written(lesson) for name, lesson in zip(names, course.lessons, strict=True)}
    texts["course.yaml"] = _yaml({"slug": course.slug, "title": course.title})
    for name, text in texts.items():
        _check_survives(name, text)
    if path.exists() and not path.is_dir():
        raise LessonError(f"{path} is a file; name a folder for the lessons.")
    if path.is_dir() and any(path.iterdir()) and not replace:
        raise LessonError(f"{path} is not empty; name a new folder, or say that it may be replaced.")
    return _put(texts, path)


def _put(texts: Mapping[str, str], path: Path) -> list[Path]:
    """Writes each file beside its place and moves it in when all are written, so that none is ever half there."""
    path.mkdir(parents=True, exist_ok=True)
    drafts = [(path / f".{name}.draft", path / name) for name in texts]
    try:
        for (draft, _), text in zip(drafts, texts.values(), strict=True):
            draft.write_bytes(text.encode("utf-8"))
        for old in path.glob("*.md"):
            if _FILE_NAME.fullmatch(old.name) and old.name not in texts:
                old.unlink()
        for draft, file in drafts:
            draft.replace(file)
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
    return [file for _, file in drafts]


def _lesson_files(path: Path) -> list[Path]:
    """The lessons' files in order: by their number, then by their name."""
    files = [file for file in path.glob("*.md") if file.is_file() and not file.name.startswith(".")]
    lessons = []
    for file in files:
        match = _FILE_NAME.fullmatch(file.name)
        if match:
            lessons.append((int(match[1]), file.name, file))
        elif file.stem.casefold() != "readme":
            better = _with_its_place(file.name)
            raise LessonError(f"{file.name}: begin its name with its place in the course and a hyphen, like {better}.")
    if not lessons:
        raise LessonError(f"{path} holds no lessons; put files like 01-welcome.md there.")
    return [file for _, _, file in sorted(lessons)]


def _with_its_place(name: str) -> str:
    """A name like this one that says its place: the number it begins with, if it does, and a hyphen."""
    number, rest = re.match(r"(\d*)[\W_]*(.*)", name).groups()  # type: ignore[union-attr]  # it matches any name
    return f"{number or '01'}-{rest if rest not in ('', 'md') else 'welcome.md'}"


def _course_names(path: Path) -> tuple[str, str]:
    """Slug and title from course.yaml, or made of the folder's name."""
    name = path.resolve().name
    slug = "-".join(re.findall(r"[a-z0-9]+", name.casefold())) or "course"
    names = {"slug": slug, "title": slug.replace("-", " ").capitalize()}
    file = path / "course.yaml"
    if file.is_file():
        given = _mapping(_text_of(file), file.name, ("slug", "title"), first_line=1)
        names |= {key: _line_of(given, key, file.name) for key in given}
    return names["slug"], names["title"]


def _read_lesson(file: Path) -> Lesson:
    head, text = _parted(_text_of(file), file.name)
    given = _mapping(head, file.name, _KNOWN, first_line=2)
    missing = [key for key in _REQUIRED if key not in given]
    if missing:
        raise LessonError(f"{file.name}: add '{missing[0]}:' to the lines between the two '---'.")
    parts = _body_parts(text, file.name)
    return Lesson(
        key=_line_of(given, "key", file.name),
        role=_role_of(given, file.name),
        title=_line_of(given, "title", file.name),
        subject=_line_of(given, "subject", file.name),
        preheader=_line_of(given, "preheader", file.name),
        body=parts["Body"],
        practice=parts.get("Practice", ""),
        reflection=parts.get("Reflection", ""),
        ask=_line_of(given, "ask", file.name) if "ask" in given else "",
        sources=_sources_of(given, file.name),
    )


def _text_of(file: Path) -> str:
    if file.stat().st_size > _MAX_BYTES:
        raise LessonError(f"{file.name} is larger than 1 MB; a lesson is a letter of text.")
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise LessonError(f"{file.name} is not UTF-8 text; save it as UTF-8.") from problem
    if "\x00" in text:
        raise LessonError(f"{file.name} is not text; save the lesson as Markdown in UTF-8.")
    return text.replace("\r\n", "\n")


def _parted(text: str, name: str) -> tuple[str, str]:
    """The front matter and what follows it."""
    lines = text.split("\n")
    fences = [place for place, line in enumerate(lines) if _FENCE.fullmatch(line)]
    if not fences or fences[0] != 0:
        raise LessonError(f"{name}: begin with a line '---', then key, role, title, subject, preheader, then '---'.")
    if len(fences) < 2:
        raise LessonError(f"{name}: close the front matter with a second line '---'.")
    return "\n".join(lines[1 : fences[1]]), "\n".join(lines[fences[1] + 1 :])


def _mapping(text: str, name: str, known: Sequence[str], *, first_line: int) -> dict[str, object]:
    """The keys and values of a small YAML text that stands in a file from `first_line` on."""
    try:
        found = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + first_line if problem.problem_mark else first_line
        raise LessonError(
            f"{name}, line {line}: this is not YAML ({problem.problem}); put the value in quotes."
        ) from problem
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        raise LessonError(f"{name}: the front matter is not YAML; write 'key: value' lines.") from problem
    if not isinstance(found, dict) or not isinstance(node, yaml.MappingNode):
        raise LessonError(f"{name}: write one 'key: value' a line, as in 'title: Welcome'.")
    for key, count in Counter(str(one.value) for one, _ in node.value).items():
        if count > 1:
            raise LessonError(f"{name}: '{key}:' stands there twice; keep one of them.")
    unknown = [key for key in found if key not in known]
    if unknown:
        raise LessonError(f"{name}: '{unknown[0]}' is not a known key; use {', '.join(known)}.")
    return found


def _line_of(given: Mapping[str, object], key: str, name: str) -> str:
    value = given[key]
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise LessonError(f"{name}: '{key}' must be text; put {value!r} in quotes.")
    return value


def _role_of(given: Mapping[str, object], name: str) -> Role:
    try:
        return Role(_line_of(given, "role", name))
    except ValueError as problem:
        if isinstance(problem, LessonError):
            raise
        raise LessonError(f"{name}: role '{given['role']}' is unknown; use opening, weekly or closing.") from problem


def _sources_of(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = given.get("source")
    rows = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise LessonError(f"{name}: 'source' must be a list of texts; put each one in quotes.")
    return tuple(rows)


def _body_parts(text: str, name: str) -> dict[str, str]:
    """The letter under "Body", and its last sections under their headings."""
    pieces = _SPLIT.split(text)
    parts = {"Body": pieces[0]}
    for heading, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if heading in parts:
            raise LessonError(f"{name}: '## {heading}' stands there twice; keep one of them.")
        parts[heading] = piece
    return {heading: _INNER_WRITTEN.sub(r"\1\2", piece.strip("\n")) for heading, piece in parts.items()}


def _written(lesson: Lesson) -> str:
    head: dict[str, object] = {
        "key": lesson.key,
        "role": lesson.role.value,
        "title": lesson.title,
        "subject": lesson.subject,
        "preheader": lesson.preheader,
    }
    if lesson.ask:
        head["ask"] = lesson.ask
    if lesson.sources:
        head["source"] = list(lesson.sources)
    return "\n".join(["---", _yaml(head).rstrip("\n"), "---", "", *_sections_of(lesson)])


def _sections_of(lesson: Lesson) -> Iterator[str]:
    yield f"{_guarded(lesson.body)}\n"
    if lesson.practice:
        yield f"## Practice\n\n{_guarded(lesson.practice)}\n"
    if lesson.reflection:
        yield f"## Reflection\n\n{_guarded(lesson.reflection)}\n"


def _guarded(text: str) -> str:
    return _INNER.sub(r"\1 #\2", text)


def _yaml(values: Mapping[str, object]) -> str:
    """YAML that reads back as these values: plain where that works, escaped where PyYAML would fold a U+0085."""
    text = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=100)
    try:
        faithful = yaml.safe_load(text) == values
    except yaml.YAMLError:
        faithful = False
    return text if faithful else yaml.safe_dump(dict(values), sort_keys=False, default_style='"', width=100)


def _check(course: CourseText, files: Sequence[str], where: str) -> None:
    """What makes a folder of lessons a course. Raises LessonError for the first thing that does not hold."""
    if not course.lessons:
        raise LessonError(f"{where} has no lessons; a course needs at least one.")
    if not _SLUG.fullmatch(course.slug) or not course.title.strip():
        raise LessonError(f"{where}: give it a title, and a slug of lower-case letters, digits and hyphens.")
    first: dict[str, str] = {}
    for lesson, file in zip(course.lessons, files, strict=True):
        _check_lesson(lesson, file)
        for one, what in ((lesson.key, "key"), (lesson.role.value, "role")):
            if one in first and not (what == "role" and lesson.role is Role.WEEKLY):
                raise LessonError(f"{file}: {what} '{one}' is taken by {first[one]}; only one lesson may have it.")
        first |= {lesson.key: file, lesson.role.value: file}


def _check_lesson(lesson: Lesson, file: str) -> None:
    if not _SLUG.fullmatch(lesson.key):
        raise LessonError(f"{file}: key '{lesson.key}' must be lower-case letters, digits and hyphens.")
    for name in ("title", "subject"):
        if not getattr(lesson, name).strip():
            raise LessonError(f"{file}: '{name}' is empty; write a line there.")
    if not lesson.body.strip():
        raise LessonError(f"{file} has no text; write the letter below the front matter.")


def _check_survives(name: str, text: str) -> None:
    """Text that a file cannot hold is refused before anything is written."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as problem:
        raise LessonError(f"{name}: it holds half a character (a lone surrogate); take it out.") from problem
    if size > _MAX_BYTES:
        raise LessonError(f"{name} would be larger than 1 MB; make it several lessons.")
