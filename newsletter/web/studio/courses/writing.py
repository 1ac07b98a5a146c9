"""One lesson: its text in a form that loses nothing, with what is wrong said beside each field."""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain.address import AddressError
from newsletter.domain.course import Lesson, Role
from newsletter.store.courses import RevisedLesson
from newsletter.usecases import lessons, proofreading, testing
from newsletter.usecases.courses import CourseError
from newsletter.usecases.lessons import Kept, Manuscript, Overtaken, Refused
from newsletter.usecases.testing import TrialError
from newsletter.web import guards
from newsletter.web.guards import house, visitor
from newsletter.web.studio.courses.room import door, empty_lesson, find, find_lesson, page

_TYPED = ("title", "subject", "preheader", "body", "practice", "reflection", "ask")


@door.get("/<slug>/lessons/<key>")
@guards.signed_in("viewer")
def write(slug: str, key: str) -> str:
    """The text of a lesson, and beside it the letter it makes."""
    with house().store.reading() as tx:
        course = find(tx, slug)
    found = find_lesson(course, key)
    lesson = found.text if found else empty_lesson()
    return _form(course, lesson, seen=found.digest if found else "")


@door.post("/<slug>/lessons/<key>")
@guards.signed_in("editor")
def save(slug: str, key: str) -> Any:
    """Keep the text in the draft; with `then=test`, owe a test of it to whoever is signed in."""
    with house().store.reading() as tx:
        course = find(tx, slug)
    lesson, seen = typed(key), request.form.get("seen", "")
    try:
        answer = lessons.save(house(), slug, lesson, seen=seen)
    except CourseError as error:
        return _form(course, lesson, seen=seen, error=str(error)), 409
    match answer:
        case Kept(kept, revision):
            done = _send_test(revision) if request.form.get("then") == "test" else "saved"
            return go_to(url_for("courses.write", slug=slug, key=kept, done=done), 303)
        case Overtaken(theirs, now):
            return _form(course, lesson, seen=now, overtaken=True, theirs=theirs), 409
        case Refused(problems):
            return _form(course, lesson, seen=seen, problems=problems), 400


@door.post("/<slug>/lessons/<key>/check")
@guards.signed_in("viewer")
def check(slug: str, key: str) -> Any:
    """What is wrong with the text as typed, and what its writer may want to think over, by field; keeps nothing."""
    lesson = proofreading.cleaned(typed(key))
    return {"problems": proofreading.problems(house(), lesson), "remarks": proofreading.remarks(house(), lesson)}


def typed(key: str) -> Lesson:
    """The lesson in the form."""
    form = request.form
    asked = form.get("role", "")
    role = Role(asked) if asked in list(Role) else Role.WEEKLY
    title, subject, preheader, body, practice, reflection, ask = (form.get(name, "") for name in _TYPED)
    return Lesson(key, role, title, subject, preheader, body, practice, reflection, ask)


def _send_test(revision: int) -> str:
    who = visitor()
    assert who is not None  # the guard let her in
    try:
        testing.send_test_lesson(house(), revision, who.address)
    except (AddressError, TrialError):
        return "untested"
    return "tested"


def _form(
    course: Manuscript,
    lesson: Lesson,
    *,
    seen: str,
    error: str = "",
    problems: dict[str, str] | None = None,
    overtaken: bool = False,
    theirs: Lesson | None = None,
) -> str:
    place = next((place for place, one in enumerate(course.lessons) if one.text.key == lesson.key), None)
    return page(
        "course_lesson.html",
        one=course,
        lesson=lesson,
        is_changed=_is_changed(course, course.find(lesson.key)),
        seen=seen,
        error=error,
        problems=problems or {},
        remarks=proofreading.remarks(house(), lesson),
        overtaken=overtaken,
        theirs=theirs,
        before=course.lessons[place - 1].text if place else None,
        after=course.lessons[place + 1].text if place is not None and place + 1 < len(course.lessons) else None,
    )


def _is_changed(course: Manuscript, found: RevisedLesson | None) -> bool:
    return found is None or found.revision_id not in {one.revision_id for one in course.published}
