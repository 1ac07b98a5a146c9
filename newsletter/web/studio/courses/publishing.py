"""From the draft to the readers: what would change, for how many people; or the draft thrown away."""

from collections.abc import Mapping
from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain.path import Late
from newsletter.store import whereabouts
from newsletter.usecases import conditions, lessons, publishing
from newsletter.usecases.courses import CourseError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.courses.room import door, find, page

_MOST_COUNTED = 10_000
"""Readers of whom a page can tell at once what they get; of more the command line does."""

_WHO = {
    Late.UPCOMING: "Readers who have not come to its place yet",
    Late.FINISHED: "Also those who are past its place or have finished, at their usual hour",
    Late.NOBODY: "Nobody who has begun; only those who begin from now on",
}


@door.get("/<slug>/publish")
@guards.signed_in("editor")
def ask_to_publish(slug: str) -> Any:
    """What publishing changes, for whom and when; asks once."""
    return _agreement(slug, {})


@door.post("/<slug>/publish")
@guards.signed_in("editor")
def publish(slug: str) -> Any:
    """Publish the draft that was looked at; another one is shown first, and so is what other answers come to."""
    with house().store.reading() as tx:
        find(tx, slug)
    choice = _choice(request.form)
    if request.form.get("then") == "look":
        return _agreement(slug, choice)
    try:
        number = publishing.publish(house(), slug, seen=request.form.get("seen", ""), choice=choice)
    except CourseError as error:
        return _agreement(slug, {}, str(error)), 409
    if number is None:
        return _agreement(slug, {}, "The draft is another one by now. Please look at it once more."), 409
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


def _choice(said: Mapping[str, str]) -> dict[str, Late]:
    """Who else gets each new lesson, of fields such as `late-KEY`; what is none of our words is passed over."""
    words = {name.removeprefix("late-"): word for name, word in said.items() if name.startswith("late-")}
    return {key: Late(word) for key, word in words.items() if word in list(Late)}


def _agreement(slug: str, choice: Mapping[str, Late], error: str = "") -> Any:
    with house().store.reading() as tx:
        course = find(tx, slug)
        if not course.is_draft and not error:
            return go_to(url_for("courses.one", slug=slug), 303)
        new = course.changes.new
        choice = {key: who for key, who in choice.items() if key in new}
        runs = whereabouts.runs(tx, course.course.id).get(course.course.id, {})
        inside, finished = runs.get("active", 0), runs.get("finished", 0)
        is_large = inside + finished > _MOST_COUNTED
        told = None if is_large or not course.published else publishing.look_ahead_in(house(), tx, slug, choice)
    return page(
        "course_publish.html",
        one=course,
        titles=_titles(course),
        inside=inside,
        finished=finished,
        told=told,
        is_large=is_large,
        most=_MOST_COUNTED,
        late={key: choice.get(key, Late.UPCOMING) for key in new},
        who=_WHO,
        doubts=conditions.doubts(house(), slug),
        error=error,
    )


def _titles(course: lessons.Manuscript) -> dict[str, str]:
    return {one.text.key: one.text.title for one in (*course.published, *course.lessons)}
