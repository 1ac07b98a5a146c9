"""Letters that wait for the owner's word: whose, why, and to let them go or to end them."""

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask import redirect as go_to

from newsletter.store import directory, tallies
from newsletter.usecases import courses
from newsletter.web import guards
from newsletter.web.guards import house
from newsletter.web.studio.saying import page

door = Blueprint("held", __name__, url_prefix="/admin/held")

_MOST_SHOWN = 50
_WORDS = {"release": courses.release, "skip": courses.skip_held}


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """Whose letters wait, and why."""
    with house().store.reading() as tx:
        joined_early, late = tallies.held_people(tx), tallies.held_enrollments(tx)
        shown = directory.page(tx, directory.Wanted(held=True), sort="newest", limit=_MOST_SHOWN)
        behind = tallies.held_courses(tx, _MOST_SHOWN)
    done = request.args.get("done", "")
    return page("held.html", joined_early=joined_early, late=late, shown=shown, behind=behind, done=done)


@door.get("/<word>")
@guards.signed_in("owner")
def ask(word: str) -> str:
    """Say what the word does, and ask once."""
    if word not in _WORDS:
        abort(404)
    with house().store.reading() as tx:
        early, late = sum(tallies.held_people(tx).values()), sum(tallies.held_enrollments(tx).values())
    return page("held_ask.html", word=word, early=early, late=late)


@door.post("/<word>")
@guards.signed_in("owner")
def speak(word: str) -> Any:
    """Let what waits go on, or end it."""
    if word not in _WORDS:
        abort(404)
    many = _WORDS[word](house())
    return go_to(url_for("held.overview", done=word if many else ""), 303)
