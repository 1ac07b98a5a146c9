"""Letters that wait for the owner's word: whose, why, and to hold all lessons, let them go on, or end them."""

from typing import Any

from flask import Blueprint, Response, abort, make_response, request, url_for
from flask import redirect as go_to

from newsletter.store import directory, held_word, holds, tallies
from newsletter.store.engine import Transaction
from newsletter.usecases import generations, holding, standstill
from newsletter.usecases.holding import HoldError
from newsletter.web import guards
from newsletter.web.guards import house, visitor
from newsletter.web.studio.saying import page

door = Blueprint("held", __name__, url_prefix="/admin/held")

_MOST_SHOWN = 50
_WORDS = {"release": holding.begin_release, "skip": holding.begin_skip, "acknowledge": generations.acknowledge}


@door.get("/")
@guards.signed_in("viewer")
def overview() -> str:
    """Whose letters wait, and why."""
    with house().store.reading() as tx:
        joined_early, late = tallies.held_people(tx), tallies.held_enrollments(tx)
        shown = directory.page(tx, directory.Wanted(held=True), sort="newest", limit=_MOST_SHOWN)
        behind = tallies.held_courses(tx, _MOST_SHOWN)
        switch, copied_at = holds.switch(tx), generations.copied_at(tx)
        going = _going(tx)
    return page(
        "held.html",
        **going,
        joined_early=joined_early,
        late=late,
        shown=shown,
        behind=behind,
        switch=switch,
        is_copy=copied_at is not None,
        copied_at=copied_at,
        by_switch=holds.REASON,
        done=request.args.get("done", ""),
    )


@door.get("/progress")
@guards.signed_in("viewer")
def fragment() -> Response:
    """How far the word is carried out, for the page that is open; a header says whether it still is."""
    with house().store.reading() as tx:
        going = _going(tx)
    answer = make_response(page("held_progress.html", **going) if going["word"] else "")
    answer.headers["X-Campaign-State"] = going["word"].word if going["word"] else "done"
    return answer


def _going(tx: Transaction) -> dict[str, Any]:
    """What the page shows of a word that is being carried out."""
    seen = tallies.worker_seen_until(tx)
    is_at_work = seen is not None and seen >= house().clock.machine()
    return {"word": held_word.known(tx), "is_at_work": is_at_work, "no_worker": standstill.NO_WORKER}


@door.get("/all")
@guards.signed_in("owner")
def ask_to_hold_all() -> str:
    """Say what holding all lessons means, and ask why."""
    return _ask_why()


@door.post("/all")
@guards.signed_in("owner")
def hold_all() -> Any:
    """Hold all lessons."""
    reason, who = request.form.get("reason", ""), visitor()
    try:
        holding.hold_all(house(), reason, by=who.id if who else None)
    except HoldError as error:
        return _ask_why(reason, str(error)), 400
    return go_to(url_for("held.overview", done="all"), 303)


@door.get("/<word>")
@guards.signed_in("owner")
def ask(word: str) -> str:
    """Say what the word does, and ask once."""
    if word not in _WORDS:
        abort(404)
    with house().store.reading() as tx:
        early, late = sum(tallies.held_people(tx).values()), sum(tallies.held_enrollments(tx).values())
        switch, copied_at = holds.switch(tx), generations.copied_at(tx)
    copy = {"is_copy": copied_at is not None, "copied_at": copied_at, "warning": generations.WARNING}
    return page("held_ask.html", word=word, early=early, late=late, switch=switch, **copy)


@door.post("/<word>")
@guards.signed_in("owner")
def speak(word: str) -> Any:
    """Let what waits go on, or end it: for the first of them at once, for the others soon."""
    if word not in _WORDS:
        abort(404)
    is_said = _WORDS[word](house())
    if is_said:
        holding.carry_on(house())
    return go_to(url_for("held.overview", done=word if is_said else ""), 303)


def _ask_why(reason: str = "", error: str = "") -> str:
    with house().store.reading() as tx:
        switch = holds.switch(tx)
    return page("held_all.html", switch=switch, reason=reason, error=error, longest=holding.LONGEST_REASON)
