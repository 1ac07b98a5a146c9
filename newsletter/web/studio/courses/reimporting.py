"""An article imported again: what it says now becomes the draft; and what a draft changes, word by word."""

from typing import Any

from flask import redirect as go_to
from flask import request, url_for

from newsletter.domain import differences
from newsletter.usecases import importing
from newsletter.usecases.courses import CourseError
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.courses.importing import articles_in
from newsletter.web.studio.courses.room import door, find, page


@door.get("/<slug>/import")
@guards.signed_in("editor")
def ask_to_import(slug: str) -> Any:
    """Paste the article as it is now, or choose its file."""
    return _ask(slug)


@door.post("/<slug>/import")
@guards.signed_in("editor")
def import_again(slug: str) -> Any:
    """Make what the article says now the draft; nobody gets it before it is published."""
    from newsletter.content.articles import ArticleError, to_course  # the readers of articles cost a process 0.3 s

    pasted = request.form.get("pasted", "")
    with house().store.reading() as tx:
        course = find(tx, slug)
    try:
        made, _ = to_course(articles_in(pasted), slug=slug, title=course.course.title)
        proposal = importing.propose(house(), made)
    except (ArticleError, CourseError) as error:
        return _ask(slug, pasted, str(error)), 400
    done = "same" if proposal.is_empty else "imported"
    return go_to(url_for("courses.compare", slug=slug, done=done), 303)


@door.get("/<slug>/differences")
@guards.signed_in("viewer")
def compare(slug: str) -> str:
    """What the draft changes, word by word."""
    with house().store.reading() as tx:
        course = find(tx, slug)
    texts = [one.text for one in course.published], [one.text for one in course.lessons]
    told = differences.between(*texts) if course.is_draft and course.published else []
    return page(
        "course_differences.html",
        one=course,
        told=[one for one in told if one.state != "same"],
        same=sum(one.state == "same" for one in told),
        done=request.args.get("done", ""),
    )


def _ask(slug: str, pasted: str = "", error: str = "") -> str:
    with house().store.reading() as tx:
        course = find(tx, slug)
    return page("course_import.html", one=course, pasted=pasted, error=error)
