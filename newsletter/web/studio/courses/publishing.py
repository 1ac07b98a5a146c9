"""From the draft to the readers: what would change, for how many people; or the draft thrown away."""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.store import whereabouts
from newsletter.usecases import lessons, publishing
from newsletter.usecases.courses import CourseError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.courses.room import door, find, page


@door.get("/<slug>/publish")
@guards.signed_in("editor")
def ask_to_publish(slug: str) -> Any:
    """What publishing changes, and for whom; asks once."""
    return _agreement(slug)


@door.post("/<slug>/publish")
@guards.signed_in("editor")
def publish(slug: str) -> Any:
    """Publish the draft that was looked at; another one is shown first."""
    with house().store.reading() as tx:
        find(tx, slug)
    try:
        number = publishing.publish(house(), slug, seen=request.form.get("seen", ""))
    except CourseError as error:
        return _agreement(slug, str(error)), 409
    if number is None:
        return _agreement(slug, "The draft is another one by now. Please look at it once more."), 409
    return go_to(url_for("courses.one", slug=slug, done="published"), 303)


@door.get("/<slug>/discard")
@guards.signed_in("editor")
def ask_to_discard(slug: str) -> Any:
    """Say what would be lost, and ask once."""
    with house().store.reading() as tx:
        course = find(tx, slug)
    if not (course.is_draft and course.published):
        return go_to(url_for("courses.one", slug=slug), 303)
    return page("course_discard.html", one=course, titles=_titles(course))


@door.post("/<slug>/discard")
@guards.signed_in("editor")
def discard(slug: str) -> Any:
    """Throw the draft away."""
    with house().store.reading() as tx:
        find(tx, slug)
    try:
        lessons.discard(house(), slug)
    except CourseError as error:
        return go_to(url_for("courses.one", slug=slug, note=str(error)), 303)
    return go_to(url_for("courses.one", slug=slug, done="discarded"), 303)


def _agreement(slug: str, error: str = "") -> Any:
    with house().store.reading() as tx:
        course = find(tx, slug)
        runs = whereabouts.runs(tx, course.course.id).get(course.course.id, {})
    if not course.is_draft and not error:
        return go_to(url_for("courses.one", slug=slug), 303)
    return page(
        "course_publish.html",
        one=course,
        titles=_titles(course),
        inside=runs.get("active", 0),
        finished=runs.get("finished", 0),
        error=error,
    )


def _titles(course: lessons.Manuscript) -> dict[str, str]:
    return {one.text.key: one.text.title for one in (*course.published, *course.lessons)}
