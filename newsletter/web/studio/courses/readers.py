"""Who gets a course: how people come into it and out of it, and conditions on its letters."""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain.ways import OF_A_LIST, OF_A_TAG, WayKind
from newsletter.store import courses, drafts, lists, tags
from newsletter.usecases import conditions, entries
from newsletter.usecases.courses import CourseError
from newsletter.web import guards
from newsletter.web.guards import house, visitor
from newsletter.web.studio.courses.room import door, find, page

_WORDS = {
    WayKind.LIST: "It begins when somebody confirms the list",
    WayKind.DATE: "It begins on a day for everybody who is on the list",
    WayKind.AFTER_COURSE: "It begins a step after the end of the course",
    WayKind.TAG: "It begins when you give somebody the tag",
    WayKind.UNTIL_LIST: "It ends when somebody confirms the list",
    WayKind.UNTIL_COURSE: "It ends when somebody begins the course",
    WayKind.UNTIL_TAG: "It ends when you give somebody the tag",
}


@door.get("/<slug>/readers")
@guards.signed_in("viewer")
def readers(slug: str) -> str:
    """The ways into a course and out of it, and the condition of each letter."""
    return _shown(slug)


@door.post("/<slug>/readers")
@guards.signed_in("owner")
def add_way(slug: str) -> Any:
    """Say one more way."""
    kind = request.form.get("kind", "")
    if kind not in list(WayKind):
        return _shown(slug, error="Please choose what lets it begin or end.", field="kind"), 400
    what = request.form.get(_field_of(WayKind(kind)), "")
    day = request.form.get("day", "")
    try:
        entries.add(house(), slug, WayKind(kind), what, day)
    except CourseError as error:
        field = "day" if kind == WayKind.DATE else "tag" if WayKind(kind) in OF_A_TAG else "kind"
        return _shown(slug, error=str(error), field=field), 400
    return go_to(url_for("courses.readers", slug=slug, done="added"), 303)


@door.post("/<slug>/readers/<number>/remove")
@guards.signed_in("owner")
def remove_way(slug: str, number: str) -> Any:
    """Take a way back."""
    with house().store.reading() as tx:
        find(tx, slug)
    entries.remove(house(), slug, int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0)
    return go_to(url_for("courses.readers", slug=slug, done="removed"), 303)


@door.post("/<slug>/readers/condition/<key>")
@guards.signed_in("editor")
def set_condition(slug: str, key: str) -> Any:
    """Say in the draft who gets a letter."""
    text = request.form.get("condition", "")
    try:
        conditions.set_condition(house(), slug, key, text)
    except CourseError as error:
        return _shown(slug, error=str(error), field=key, typed=text), 400
    return go_to(url_for("courses.readers", slug=slug, done="condition", _anchor=f"condition-{key}"), 303)


def _field_of(kind: WayKind) -> str:
    """The field of the form that says which list, tag or course is meant."""
    return "list" if kind in OF_A_LIST else "tag" if kind in OF_A_TAG else "course"


def _shown(slug: str, *, error: str = "", field: str = "", typed: str = "") -> str:
    who = visitor()
    is_owner = who is not None and who.role == "owner"
    with house().store.reading() as tx:
        course = find(tx, slug)
        draft = drafts.newest(tx, course.course.id)
        order = courses.order_of(tx, draft.id if draft else None)
        return page(
            "course_readers.html",
            one=course,
            is_owner=is_owner,
            ways=entries.known(tx, slug),
            words=_WORDS,
            field_of=_field_of,
            titles={
                "list": {one.slug: one.title for one in lists.named(tx)},
                "course": {one.slug: one.title for one in courses.everything(tx)},
                "tag": {tag: tag for tag in tags.known(tx)},
            },
            conditions={lesson.key: lesson.condition for lesson in order},
            main_lists=[to for to, begun in house().begins.items() if begun == slug],
            error=error,
            field=field,
            typed=typed,
            form=request.form,
            done=request.args.get("done", ""),
        )
