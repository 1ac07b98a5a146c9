"""The page behind a letter's question: two buttons, and the way to take an answer back; looking changes nothing."""

from flask import Blueprint, Response, abort, make_response, render_template, request

from newsletter.domain.tokens import Purpose
from newsletter.usecases import answering
from newsletter.web import guards
from newsletter.web.guards import house

door = Blueprint("answering", __name__)


@door.get("/answer/<token>")
@guards.by_token
def ask(token: str) -> Response:
    """The question of a letter."""
    return _page(Purpose.ANSWER, token)


@door.post("/answer/<token>")
@guards.by_token
def answer(token: str) -> Response:
    """Yes, no, or the answer taken back."""
    return _answered(Purpose.ANSWER, token)


@door.get("/read/<token>/answer")
@guards.by_token
def ask_discreetly(token: str) -> Response:
    """The same beside a discreet letter, as long as that can be read."""
    return _page(Purpose.DISCREET, token)


@door.post("/read/<token>/answer")
@guards.by_token
def answer_discreetly(token: str) -> Response:
    """Yes, no, or the answer taken back."""
    return _answered(Purpose.DISCREET, token)


def _answered(purpose: Purpose, token: str) -> Response:
    """The page itself, without an address of its own: no log or history tells what was said."""
    said = request.form.get("said", "")
    is_known = said in answering.SAYS
    if is_known and not answering.answer(house(), purpose, token, said):
        abort(404)
    return _page(purpose, token, is_done=is_known, error="" if is_known else "Please press one of the buttons.")


def _page(purpose: Purpose, token: str, *, is_done: bool = False, error: str = "") -> Response:
    with house().store.reading() as tx:
        found = answering.look(house(), tx, purpose, token)
    if found is None:
        abort(404)
    care = house().composer.care(found.zone)
    shown = render_template("answer.html", found=found, is_done=is_done, error=error, care=care)
    return make_response(shown, 400 if error else 200)
