"""The letter that a lesson makes, in every way a reader may have it: what the frame beside the form shows."""

from flask import Response, render_template, request

from newsletter.content.placeholders import TextError
from newsletter.domain.address import AddressError
from newsletter.domain.course import Lesson
from newsletter.usecases import lesson_previews, proofreading
from newsletter.usecases.courses import CourseError
from newsletter.usecases.lesson_previews import PreviewError
from newsletter.usecases.lessons import Manuscript
from newsletter.usecases.previews import Preview
from newsletter.web import guards
from newsletter.web.guards import ROLES, house, visitor
from newsletter.web.letters import mail_page
from newsletter.web.studio.courses.room import door, empty_lesson, find, find_lesson
from newsletter.web.studio.courses.writing import typed


@door.get("/<slug>/lessons/<key>/preview")
@guards.signed_in("viewer")
def look(slug: str, key: str) -> Response:
    """The lesson as it is kept."""
    with house().store.reading() as tx:
        course = find(tx, slug)
    found = find_lesson(course, key)
    return _shown(course, found.text if found else empty_lesson())


@door.post("/<slug>/lessons/<key>/preview")
@guards.signed_in("viewer")
def look_at_typed(slug: str, key: str) -> Response:
    """The lesson as it is typed; nothing is kept."""
    with house().store.reading() as tx:
        course = find(tx, slug)
    return _shown(course, proofreading.cleaned(typed(key)))


def _shown(course: Manuscript, lesson: Lesson) -> Response:
    if not lesson.body.strip():
        return _in_frame("Nothing is written yet. What you type stands here as your readers will get it.")
    try:
        letter = _compose(course, lesson)
    except TextError as error:
        wrong = proofreading.problems(house(), lesson)
        return _in_frame(" ".join(f"{field.capitalize()}: {problem}" for field, problem in wrong.items()) or str(error))
    except (AddressError, PreviewError, CourseError) as error:
        return _in_frame(str(error))
    match request.values.get("show"):
        case "text":
            return _plain(letter.written.text)
        case "headers":
            return _plain(letter.head)
        case "source":
            return _plain(letter.source.decode("utf-8", "replace"))
    return _letter(letter.written.html)


def _compose(course: Manuscript, lesson: Lesson) -> Preview:
    writing = lesson_previews.being_written(lesson, course.weekly)
    slug, reader = course.course.slug, request.values.get("reader", "")
    if reader == "her" and _may_see_people():
        return lesson_previews.to_reader(house(), slug, writing, request.values.get("email", ""))
    return lesson_previews.to_nobody(house(), slug, writing, "Maria" if reader == "named" else "")


def _may_see_people() -> bool:
    """A reader's own letter holds her own links: whoever may change nothing should not have them."""
    who = visitor()
    return who is not None and ROLES.index(who.role) >= ROLES.index("editor")


def _letter(html: str) -> Response:
    # A link opens beside the studio: on top of it, what is typed and not kept yet would be gone.
    return mail_page(html, framed=True, look="dark" if request.values.get("dark") else "", opens="_blank")


def _in_frame(sentence: str) -> Response:
    return _letter(render_template("studio/course_frame.html", sentence=sentence))


def _plain(text: str) -> Response:
    response = Response(text, mimetype="text/plain")
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'self'; sandbox"
    return response
