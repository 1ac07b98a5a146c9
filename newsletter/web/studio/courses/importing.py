"""A course made of articles: pasted or uploaded, looked through section by section, and only then kept."""

import re
from typing import TYPE_CHECKING, Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.content.wording import slug_of
from newsletter.domain.course import MOST_LESSONS, CourseText, Role
from newsletter.usecases import lessons, proofreading
from newsletter.usecases.courses import CourseError
from newsletter.web import guards
from newsletter.web.guards import ROLES, house, visitor
from newsletter.web.studio.courses.room import door, page
from newsletter.web.studio.courses.sheaf import Leaf, Sheaf

if TYPE_CHECKING:
    from newsletter.content.articles import Article

LARGEST_UPLOAD = 6 * 1024 * 1024
"""Octets of all articles of one course together."""

_MOST_FILES = 50
_MOST_FIELDS = 8 * MOST_LESSONS + 200
_LARGE = ("courses.review", "courses.keep", "courses.import_again")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_SLUG = 60


@door.url_value_preprocessor
def _allow_articles(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # Before the CSRF check, which reads the form; and only for somebody who may keep what she sends.
    # Also after her session has ended: what she typed must reach the page on which she signs in again.
    who = visitor() or guards.last_visitor() if endpoint in _LARGE else None
    if who is not None and ROLES.index(who.role) >= ROLES.index("editor"):
        request.max_content_length = request.max_form_memory_size = LARGEST_UPLOAD
        request.max_form_parts = _MOST_FIELDS


@door.get("/+")
@guards.signed_in("editor")
def new() -> str:
    """Paste an article or choose files."""
    return page("course_new.html", error="", sheaf=Sheaf(), pasted="")


@door.post("/+")
@guards.signed_in("editor")
def review() -> Any:
    """What the articles would become, section by section; nothing is kept yet."""
    from newsletter.content.articles import ArticleError  # the readers of articles cost a web process 0.3 s

    pasted, title = request.form.get("pasted", ""), " ".join(request.form.get("title", "").split())
    sheaf = Sheaf(title=title, slug=request.form.get("slug", "").strip())
    try:
        sheaf = _read(sheaf, pasted)
    except ArticleError as error:
        return page("course_new.html", error=str(error), sheaf=sheaf, pasted=pasted), 400
    return _look_through(sheaf)


@door.post("/+/letters")
@guards.signed_in("editor")
def keep() -> Any:
    """Join two letters, or keep what is chosen as a draft; until then all of it travels in the form."""
    sheaf = Sheaf.from_form(request.form)
    if (number := request.form.get("join", type=int)) is not None:
        return _look_through(sheaf.joined(number), focus=max(number - 1, 0))
    problems = _problems(sheaf)
    if problems:
        return _look_through(sheaf, problems=problems), 400
    try:
        lessons.begin(house(), sheaf.course())
    except CourseError as error:
        return _look_through(sheaf, problems={"slug": str(error)}), 409
    return go_to(url_for("courses.one", slug=sheaf.slug, done="made"), 303)


def _read(sheaf: Sheaf, pasted: str) -> Sheaf:
    """The letters in what was pasted and uploaded. Raises ArticleError with a sentence."""
    from newsletter.content.articles import ArticleError, to_course

    articles = articles_in(pasted)
    title = sheaf.title or articles[0].title
    slug = sheaf.slug or slug_of(title) or "course"
    made, report = to_course(articles, slug=slug, title=title)
    if len(made.lessons) > MOST_LESSONS:
        raise ArticleError(f"This makes {len(made.lessons)} letters; a course has {MOST_LESSONS} at most.")
    return Sheaf.of(made, report)


def articles_in(pasted: str) -> "list[Article]":
    """The articles in what was pasted and uploaded. Raises ArticleError with a sentence."""
    from newsletter.content.articles import ArticleError, read_articles

    files = [file for file in request.files.getlist("files") if file.filename]
    if len(files) > _MOST_FILES:
        raise ArticleError(f"These are {len(files)} files; {_MOST_FILES} at once are the most.")
    articles = read_articles(pasted, name="The pasted text") if pasted.strip() else []
    for file in files:
        with file.stream as stream:
            articles.extend(read_articles(stream.read(), name=file.filename or "A file"))
    if not articles:
        raise ArticleError("There is nothing to read yet. Paste an article, or choose a file.")
    return articles


def _problems(sheaf: Sheaf) -> dict[str, str]:
    """What stands in the way of keeping it, by the name of the field."""
    found: dict[str, str] = {}
    if not _SLUG.fullmatch(sheaf.slug) or len(sheaf.slug) > _LONGEST_SLUG:
        found["slug"] = "The short name has small letters, digits and hyphens only, such as “quiet-letters”."
    if not sheaf.title or len(sheaf.title) > proofreading.LONGEST_LINE:
        found["title"] = f"A course needs a title, at most {proofreading.LONGEST_LINE} characters."
    if not sheaf.chosen:
        found["leaves"] = "Every letter is left out. Keep at least one."
    return found | _problems_of_letters(sheaf, sheaf.course())


def _problems_of_letters(sheaf: Sheaf, course: CourseText) -> dict[str, str]:
    found: dict[str, str] = {}
    taken: dict[Role, str] = {}
    for number, lesson in zip(sheaf.chosen, course.lessons, strict=True):
        for field, problem in proofreading.problems(house(), lesson).items():
            found[f"{field}-{number}"] = problem
        if lesson.role is not Role.WEEKLY and lesson.role in taken:
            found[f"role-{number}"] = f"“{taken[lesson.role]}” is the {lesson.role} letter already."
        taken.setdefault(lesson.role, lesson.title)
    return found


def _look_through(sheaf: Sheaf, *, problems: dict[str, str] | None = None, focus: int | None = None) -> str:
    leaves: list[Leaf] = list(sheaf.leaves)
    return page("course_letters.html", sheaf=sheaf, leaves=leaves, problems=problems or {}, focus=focus)
